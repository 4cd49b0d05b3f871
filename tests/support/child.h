// A program that a test starts and ends, by its process id.
//
// Threads: one owner. The child dies with the thread that started it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/wait_until.h"

namespace introspectd::support {

// A socket that a child gets, borrowed until it runs.
struct PassedOn {
  std::string name;
  int fd;
};

class Child {
 public:
  struct Options {
    std::filesystem::path output;                 // takes standard output and standard error
    std::optional<std::uint64_t> open_files_max;  // RLIMIT_NOFILE
    std::optional<int> conversation;  // becomes standard input and output; borrowed until it runs
    std::vector<PassedOn> passed_on = {};  // becomes descriptors from 3 on (sd_listen_fds)
  };

  // `arguments[0]` is the program.
  Child(const std::vector<std::string>& arguments, const Options& options);
  ~Child();  // SIGKILL when it is still running
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  bool Running();

  // The exit code, 128 + n after signal n; nullopt when it has not ended within `longest`.
  std::optional<int> Wait(milliseconds longest = seconds(10));

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

struct Finished {
  int code = -1;
  std::string output;
};

// Runs it to its end; throws when that takes more than 30 s.
Finished RunToEnd(const std::vector<std::string>& arguments);

}  // namespace introspectd::support
