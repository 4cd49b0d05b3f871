#include "support/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "support/temp_dir.h"

namespace introspectd::support {

namespace {

// Between fork and exec: nothing that allocates.
[[noreturn]] void Become(char* const* argv, const char* output, std::optional<int> conversation,
                         const rlimit* open_files) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int in = open("/dev/null", O_RDONLY);
  dup2(conversation.value_or(in), STDIN_FILENO);
  dup2(conversation.value_or(out), STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0u, 0);
  if (open_files != nullptr) setrlimit(RLIMIT_NOFILE, open_files);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, const Options& options) {
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  rlimit open_files{};
  if (options.open_files_max) open_files = {*options.open_files_max, *options.open_files_max};
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    Become(argv.data(), options.output.c_str(), options.conversation,
           options.open_files_max ? &open_files : nullptr);
  }
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
