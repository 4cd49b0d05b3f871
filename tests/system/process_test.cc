// What the process keeps to itself: no core dump, no secrets that nobody needs, no privileges.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/child.h"
#include "support/wait_until.h"
#include "system/node.h"
#include "system/process_memory.h"
#include "text/base64.h"

namespace introspectd::system_test {
namespace {

using support::Child;
using support::ReadFile;
using testing::ContainsRegex;
using testing::IsEmpty;

constexpr uid_t kNobody = 65534;
constexpr const char* kSetpriv = "/usr/bin/setpriv";

std::string Proc(pid_t pid, std::string_view file) {
  return ReadFile(fmt::format("/proc/{}/{}", pid, file));
}

// How a child ends that is sent `signal`: CLD_KILLED, or CLD_DUMPED.
int EndBy(pid_t pid, int signal) {
  kill(pid, signal);
  siginfo_t info{};
  EXPECT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  return info.si_code;
}

// As long as it lives, children may write core dumps.
class CoreDumpsAllowed {
 public:
  CoreDumpsAllowed() {
    getrlimit(RLIMIT_CORE, &before_);
    const rlimit all{before_.rlim_max, before_.rlim_max};
    setrlimit(RLIMIT_CORE, &all);
  }
  ~CoreDumpsAllowed() { setrlimit(RLIMIT_CORE, &before_); }

 private:
  rlimit before_{};
};

TEST(ProcessTest, LeavesNoCoreDump) {
  const support::TempDir directory;
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const CoreDumpsAllowed allowed;
  support::ServerProcess server(ConfigText{}.Text());
  EXPECT_THAT(Proc(server.pid(), "limits"), ContainsRegex("Max core file size +0 +0 "));
  EXPECT_EQ(EndBy(server.pid(), SIGABRT), CLD_KILLED);
  // Another program does, where the system lets it.
  Child other({"/bin/sleep", "60"}, {.output = directory.path() / "output"});
  support::WaitUntil([&] { return Proc(other.pid(), "comm") == "sleep\n"; });
  const int end = EndBy(other.pid(), SIGABRT);
  std::filesystem::current_path(here);
  if (end != CLD_DUMPED) GTEST_SKIP() << "nobody's core is dumped here";
}

TEST(ProcessTest, CannotGainPrivileges) {
  Node node;
  EXPECT_THAT(Proc(node.process().pid(), "status"), ContainsRegex("NoNewPrivs:\t1\n"));
}

// Runs it as the user nobody, with all that it needs in a directory of that user's.
class NobodysServer {
 public:
  explicit NobodysServer(const ConfigText& config) {
    std::string text = config.Text();
    const std::string placeholder = "@DIR@";
    for (std::size_t at; (at = text.find(placeholder)) != std::string::npos;) {
      text.replace(at, placeholder.size(), directory_.path().string());
    }
    const std::string program = (directory_.path() / "introspectd").string();
    std::filesystem::copy_file(support::ServerBinary(), program);
    const std::string file = directory_.Write("introspectd.toml", text);
    std::vector<std::string> arguments{program, "--config", file};
    if (geteuid() == 0) {
      for (const std::string& path : {directory_.path().string(), program, file}) {
        EXPECT_EQ(chown(path.c_str(), kNobody, kNobody), 0);
      }
      arguments.insert(arguments.begin(), {kSetpriv, "--reuid=65534", "--regid=65534",
                                           "--clear-groups", "--bounding-set=-all", "--"});
    }
    child_.emplace(arguments, Child::Options{.output = log_file_});
    support::WaitUntil(
        [&] { return log().find(" started ") != std::string::npos || !child_->Running(); },
        support::seconds(20));
  }

  std::string log() const { return ReadFile(log_file_); }
  Child& child() { return *child_; }
  const support::TempDir& directory() const { return directory_; }
  std::uint16_t port(Plane plane) const {
    const auto addresses = support::ListeningAddresses(log(), plane);
    return static_cast<std::uint16_t>(
        std::stoi(addresses.at(0).substr(addresses.at(0).rfind(':') + 1)));
  }

 private:
  support::TempDir directory_;
  const std::filesystem::path log_file_ = directory_.path() / "log";
  std::optional<Child> child_;
};

TEST(ProcessTest, NeedsNoPrivileges) {
  if (geteuid() == 0 && access(kSetpriv, X_OK) != 0) GTEST_SKIP() << "there is no " << kSetpriv;
  ConfigText config;
  config.directory = "@DIR@/data";
  NobodysServer server(config);
  ASSERT_TRUE(server.child().Running()) << server.log();
  const pid_t pid = server.child().pid();
  EXPECT_THAT(Proc(pid, "status"), ContainsRegex("CapEff:\t0+\n"));

  support::AdminClient admin(server.port(Plane::kAdmin), std::string(support::kAdminToken));
  EXPECT_TRUE(support::WaitUntil([&] { return admin.Get("/readyz").status == 200; }));
  EXPECT_EQ(admin.Push(Upsert(support::kExampleToken, support::ExampleClaims())).applied, 1);
  const std::string answer =
      Connection::ToPort(server.port(Plane::kData)).Ask(Request{}.Bytes()).body;
  EXPECT_EQ(answer, support::ExampleAnswer());
  struct stat data {};
  ASSERT_EQ(stat((server.directory().path() / "data").c_str(), &data), 0);
  EXPECT_EQ(data.st_mode & 0777, 0700u);
  // What is in /proc/PID of a process that must not be dumped belongs to root, whoever runs it.
  struct stat memory {};
  ASSERT_EQ(stat(fmt::format("/proc/{}/mem", pid).c_str(), &memory), 0);
  EXPECT_EQ(memory.st_uid, 0u);

  server.child().Signal(SIGHUP);
  EXPECT_TRUE(
      support::WaitUntil([&] { return server.log().find(" reloaded ") != std::string::npos; }));
  server.child().Signal(SIGTERM);
  EXPECT_EQ(server.child().Wait(support::seconds(30)), 0);
}

class MemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!CanSearchMemory()) GTEST_SKIP() << "its memory cannot be searched";
  }
  std::vector<std::string> Find(std::string_view what) {
    return FindInMemory(node_.process().pid(), what);
  }

  Node node_;
};

TEST_F(MemoryTest, CanBeSearched) { EXPECT_THAT(Find(support::kIssuer), testing::Not(IsEmpty())); }

TEST_F(MemoryTest, HoldsNoSecretOfItsConfiguration) {
  EXPECT_THAT(Find(support::kGatewaySecret), IsEmpty());
  EXPECT_THAT(Find(support::kAdminToken), IsEmpty());
  node_.process().Signal(SIGHUP);
  ASSERT_TRUE(support::WaitUntil(
      [&] { return node_.process().log().find(" reloaded ") != std::string::npos; }));
  EXPECT_THAT(Find(support::kGatewaySecret), IsEmpty()) << "after a reload";
  EXPECT_THAT(Find(support::kAdminToken), IsEmpty()) << "after a reload";
}

// Once the connections are gone; while one is there, its last head is kept to be compared.
TEST_F(MemoryTest, HoldsNothingOfWhoeverHasAsked) {
  const std::string token = "a-token-that-was-asked-about-x7";
  const std::string basic =
      text::EncodeBase64(fmt::format("{}:{}", support::kGateway, support::kGatewaySecret));
  const std::string post = fmt::format("client_id={}&client_secret={}&token={}", support::kGateway,
                                       support::kGatewaySecret, token);
  for (int i = 0; i < 20; ++i) {
    node_.Ask({.body = "token=" + token});
    node_.Ask({.authorization = "", .body = post});
    node_.Ask({.authorization = "", .body = "%" + fmt::format("{:x}", 'c') + post.substr(1)});
    Connection slow = node_.Connect();  // its request comes in two parts
    const std::string request = Request{.body = "token=" + token}.Bytes();
    slow.Send(request.substr(0, request.size() - 3));
    slow.Send(request.substr(request.size() - 3));
    EXPECT_EQ(slow.Read().status, 200);
  }
  support::WaitUntil([&] { return Find(basic).empty(); }, support::seconds(5));
  EXPECT_THAT(Find(basic), IsEmpty());
  EXPECT_THAT(Find(support::kGatewaySecret), IsEmpty());
  EXPECT_THAT(Find(token), IsEmpty());
}

}  // namespace
}  // namespace introspectd::system_test
