#include "cli/program.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/check.h"
#include "support/temp_dir.h"

namespace introspectd::cli {

namespace {

[[noreturn]] void Become(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(INTROSPECT_CLI_BINARY)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

void SetVariables(const std::map<std::string, std::string>& variables) {
  for (const char* const name :
       {"INTROSPECTD_ADMIN_URL", "INTROSPECTD_ADMIN_TOKEN", "INTROSPECTD_ADMIN_TOKEN_FILE"}) {
    unsetenv(name);
  }
  for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
}

void Redirect(int descriptor, const std::string& file, int flags) {
  const int opened = open(file.c_str(), flags, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
}

void Wait(pid_t child, Ran& ran) {
  int status = 0;
  rusage usage{};
  CHECK(wait4(child, &status, 0, &usage) == child);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.memory_kib_max = usage.ru_maxrss;
}

}  // namespace

Ran RunCli(const std::vector<std::string>& arguments, const RunOptions& options) {
  const support::TempDir directory;
  const std::string in = directory.Write("in", options.input).string();
  const std::string out =
      options.output_file.empty() ? (directory.path() / "out").string() : options.output_file;
  const std::string err = (directory.path() / "err").string();
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    SetVariables(options.variables);
    Redirect(STDIN_FILENO, in, O_RDONLY);
    Redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT);
    Redirect(STDERR_FILENO, err, O_WRONLY | O_CREAT);
    Become(arguments);
  }
  Ran ran;
  Wait(child, ran);
  if (options.output_file.empty()) ran.out = support::ReadFile(out);
  ran.err = support::ReadFile(err);
  return ran;
}

Ran RunCliOnTerminal(const std::vector<std::string>& arguments, const std::string& prompt,
                     const std::string& typed) {
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  CHECK(child >= 0);
  if (child == 0) {
    SetVariables({});
    Become(arguments);
  }
  Ran ran;
  bool waiting = true;
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(terminal, buffer, sizeof buffer);
    if (size <= 0) break;
    ran.out.append(buffer, static_cast<std::size_t>(size));
    if (waiting && ran.out.find(prompt) != std::string::npos) {
      CHECK(write(terminal, typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
      waiting = false;
    }
  }
  Wait(child, ran);
  close(terminal);
  return ran;
}

}  // namespace introspectd::cli
