#include "support/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "support/temp_dir.h"

namespace introspectd::support {

namespace {

constexpr std::string_view kListenPid = "LISTEN_PID=";

// What a child is made of, made before it is: between fork and exec nothing may allocate.
struct Shape {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string listen_pid = std::string(kListenPid) + std::string(20, '\0');
  std::string listen_fds = "LISTEN_FDS=";
  std::string listen_names = "LISTEN_FDNAMES=";
  std::vector<int> fds;  // out of the way of those that they become
};

void PassOn(const std::vector<PassedOn>& sockets, Shape& shape) {
  constexpr int kOutOfTheWay = 200;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    shape.environment.push_back(*variable);
  }
  if (!sockets.empty()) {
    shape.listen_fds += std::to_string(sockets.size());
    for (const PassedOn& socket : sockets) {
      shape.listen_names += (shape.fds.empty() ? "" : ":") + socket.name;
      shape.fds.push_back(fcntl(socket.fd, F_DUPFD_CLOEXEC, kOutOfTheWay));
    }
    for (std::string* variable : {&shape.listen_pid, &shape.listen_fds, &shape.listen_names}) {
      shape.environment.push_back(variable->data());
    }
  }
  shape.environment.push_back(nullptr);
}

[[noreturn]] void Become(Shape& shape, const char* output, std::optional<int> conversation,
                         const rlimit* open_files) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int in = open("/dev/null", O_RDONLY);
  dup2(conversation.value_or(in), STDIN_FILENO);
  dup2(conversation.value_or(out), STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  int next = STDERR_FILENO + 1;
  for (const int fd : shape.fds) dup2(fd, next++);
  close_range(static_cast<unsigned>(next), ~0u, 0);
  char* const pid = shape.listen_pid.data() + kListenPid.size();
  std::to_chars(pid, pid + 19, getpid());
  if (open_files != nullptr) setrlimit(RLIMIT_NOFILE, open_files);
  execve(shape.argv[0], shape.argv.data(), shape.environment.data());
  _exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, const Options& options) {
  std::vector<std::string> copies = arguments;
  Shape shape;
  for (std::string& argument : copies) shape.argv.push_back(argument.data());
  shape.argv.push_back(nullptr);
  PassOn(options.passed_on, shape);
  rlimit open_files{};
  if (options.open_files_max) open_files = {*options.open_files_max, *options.open_files_max};
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    Become(shape, options.output.c_str(), options.conversation,
           options.open_files_max ? &open_files : nullptr);
  }
  for (const int fd : shape.fds) close(fd);
}

Child::~Child() {
  if (!Running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Child::Signal(int number) const {
  if (!code_) kill(pid_, number);
}

bool Child::Running() {
  int status = 0;
  if (!code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return !code_;
}

std::optional<int> Child::Wait(milliseconds longest) {
  WaitUntil([this] { return !Running(); }, longest);
  return code_;
}

Finished RunToEnd(const std::vector<std::string>& arguments) {
  const TempDir directory;
  const std::filesystem::path output = directory.path() / "output";
  Child child(arguments, {.output = output, .open_files_max = {}});
  const std::optional<int> code = child.Wait(seconds(30));
  if (!code) throw std::runtime_error(arguments[0] + " does not end");
  return {*code, ReadFile(output)};
}

}  // namespace introspectd::support
