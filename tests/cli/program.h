// Runs introspect-cli as a user does, and tells what it wrote and how it ended.
//
// Threads: one caller.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace introspectd::cli {

struct Ran {
  int code = -1;  // the exit code, or 128 + the signal
  std::string out;
  std::string err;
  long memory_kib_max = 0;
};

struct RunOptions {
  std::string input;                             // standard input
  std::string output_file;                       // takes standard output instead of Ran::out
  std::map<std::string, std::string> variables;  // besides those of the test, without INTROSPECTD_*
};

Ran RunCli(const std::vector<std::string>& arguments, const RunOptions& options = {});

// On a terminal: waits for `prompt`, types `typed`, and returns all that the terminal showed.
Ran RunCliOnTerminal(const std::vector<std::string>& arguments, const std::string& prompt,
                     const std::string& typed);

}  // namespace introspectd::cli
