#include "support/postgres.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "support/loopback_listener.h"
#include "support/sql.h"

namespace introspectd::support {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUser = "postgres";

// Debian puts every version into a folder of its own, outside of the path.
fs::path FindBinaries() {
  fs::path newest;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const fs::path bin = version.path() / "bin";
    if (fs::exists(bin / "postgres") && bin > newest) newest = bin;
  }
  if (newest.empty()) throw std::runtime_error("PostgreSQL is missing: tools/install-deps --tests");
  return newest;
}

// setpriv arranges the parent-death signal anew, which a change of user clears.
std::vector<std::string> AsItsUser(const std::string& program,
                                   const std::vector<std::string>& arguments) {
  std::vector<std::string> all;
  if (geteuid() == 0) {
    all = {"/usr/bin/setpriv",
           std::string("--reuid=") + kUser,
           std::string("--regid=") + kUser,
           "--init-groups",
           "--pdeathsig=KILL",
           "--"};
  }
  all.push_back((FindBinaries() / program).string());
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

void GiveToItsUser(const fs::path& path) {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam(kUser);
  if (user == nullptr || chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("there is no user postgres to run PostgreSQL as");
  }
}

struct Stat {
  char state = 'Z';
  pid_t parent = 0;
};

// A process that is gone is like one that nobody has waited for.
Stat StatOf(pid_t pid) {
  const std::string text = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  Stat stat;
  const std::size_t name_end = text.rfind(')');
  if (name_end != std::string::npos) {
    sscanf(text.c_str() + name_end + 1, " %c %d", &stat.state, &stat.parent);
  }
  return stat;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && StatOf(pid).parent == parent) children.push_back(pid);
  }
  return children;
}

std::size_t Count(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++count;
  return count;
}

void Require(bool happened, const std::string& what, const std::string& log) {
  if (!happened) throw std::runtime_error("PostgreSQL: " + what + "\n" + log);
}

}  // namespace

Postgres::Postgres(Fill) : log_file_(directory_.path() / "log"), port_(LoopbackListener().port()) {
  GiveToItsUser(directory_.path());
}

Postgres::Postgres() : Postgres(Fill::kNothing) {
  RunTool("initdb", {"--pgdata=" + DataDirectory(), "--auth=trust", "--encoding=UTF8", "--locale=C",
                     std::string("--username=") + kUser, "--no-sync"});
  Start();
}

Postgres::~Postgres() { Kill(); }

void Postgres::RunTool(const std::string& program,
                       const std::vector<std::string>& arguments) const {
  const Finished finished = RunToEnd(AsItsUser(program, arguments));
  Require(finished.code == 0, program + " failed", finished.output);
}

std::string Postgres::Url(const std::string& user, const std::string& database) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port_) + "/" + database +
         "?connect_timeout=10";
}

void Postgres::Start() {
  // syncfs: a recovery would sync each of a thousand new files, for five seconds.
  const std::vector<std::string> arguments =
      AsItsUser("postgres", {"-D", DataDirectory(), "-c", "port=" + std::to_string(port_), "-c",
                             "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c",
                             "max_connections=50", "-c", "shared_buffers=32MB", "-c",
                             "recovery_init_sync_method=syncfs"});
  postmaster_ =
      std::make_unique<Child>(arguments, Child::Options{.output = log_file_, .open_files_max = {}});
  WaitUntil([this] { return TakesConnections() || !postmaster_->Running(); }, seconds(60));
  Require(TakesConnections(), "does not start", log());
}

bool Postgres::TakesConnections() const { return PQping(Url().c_str()) == PQPING_OK; }

void Postgres::Stop() {
  postmaster_->Signal(SIGINT);
  Require(postmaster_->Wait(seconds(30)).has_value(), "does not stop", log());
}

std::vector<pid_t> Postgres::Processes() const {
  std::vector<pid_t> processes = ChildrenOf(postmaster_->pid());
  processes.insert(processes.begin(), postmaster_->pid());
  return processes;
}

void Postgres::Kill() {
  if (!postmaster_ || !postmaster_->Running()) return;
  Pause();  // so that no child is started meanwhile
  const std::vector<pid_t> processes = Processes();
  for (const pid_t pid : processes) kill(pid, SIGKILL);
  postmaster_->Wait();
  // They hold the directory and its memory until they are gone.
  WaitUntil([&processes] {
    return std::all_of(processes.begin(), processes.end(),
                       [](pid_t pid) { return StatOf(pid).state == 'Z'; });
  });
}

void Postgres::Pause() {
  postmaster_->Signal(SIGSTOP);
  WaitUntil([this] { return StatOf(postmaster_->pid()).state == 'T'; });
  for (const pid_t pid : Processes()) kill(pid, SIGSTOP);
}

void Postgres::Continue() {
  for (const pid_t pid : Processes()) kill(pid, SIGCONT);
}

void Postgres::CrashBackend() {
  const std::string recovered = "all server processes terminated; reinitializing";
  const std::size_t before = Count(log(), recovered);
  const Sql victim(Url());
  kill(victim.backend_pid(), SIGKILL);
  Require(WaitUntil([&] { return Count(log(), recovered) > before && TakesConnections(); },
                    seconds(60)),
          "does not recover", log());
}

std::unique_ptr<Postgres> Postgres::MakeStandby(bool synchronous) {
  const std::string name = "standby" + std::to_string(++standbys_);
  std::unique_ptr<Postgres> standby(new Postgres(Fill::kNothing));
  RunTool("pg_basebackup", {"--dbname=" + Url() + "&application_name=" + name,
                            "--pgdata=" + standby->DataDirectory(), "--write-recovery-conf",
                            "--checkpoint=fast", "--wal-method=stream", "--no-sync"});
  // What commits here wait for is none of its business.
  std::ofstream(fs::path(standby->DataDirectory()) / "postgresql.auto.conf", std::ios::app)
      << "synchronous_standby_names = ''\n";
  standby->Start();
  Sql sql(Url());
  if (synchronous) {
    sql.Exec("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
    sql.Exec("SELECT pg_reload_conf()");
  }
  const std::string state = "SELECT count(*) FROM pg_stat_replication WHERE application_name = '" +
                            name + "' AND state = 'streaming' AND sync_state = '" +
                            (synchronous ? "sync" : "async") + "'";
  Require(WaitUntil([&] { return sql.Value(state) == "1"; }, seconds(30)),
          name + " does not follow", standby->log());
  return standby;
}

void Postgres::Promote() {
  // What still has to be replayed may cancel a statement: it is said again.
  const auto promoted = [this] {
    try {
      Sql sql(Url());
      if (sql.Value("SELECT pg_is_in_recovery()") == "f") return true;
      sql.Query("SELECT pg_promote(false)");
    } catch (const SqlError&) {
    }
    return false;
  };
  Require(WaitUntil(promoted, seconds(60)), "was not promoted", log());
}

}  // namespace introspectd::support
