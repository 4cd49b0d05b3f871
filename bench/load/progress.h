// What a run tells people while it goes on: on a terminal a line that is kept up to date, elsewhere
// a line a second.
//
// Threads: thread-safe.
#pragma once

#include <cstddef>
#include <cstdio>
#include <mutex>
#include <vector>

#include "load/outcome.h"

namespace introspectd::load {

class Progress {
 public:
  // To `out`; of runs of `seconds` whose intervals come from `threads` threads.
  Progress(std::FILE* out, bool is_terminal, std::size_t threads, std::size_t seconds)
      : out_(out), is_terminal_(is_terminal), threads_(threads), seconds_(seconds) {}

  void Take(std::size_t second, const Interval& interval);
  void Say(const Step& step);
  // Ends the line that is kept up to date.
  void End();

 private:
  struct Second {
    std::size_t told = 0;  // by so many threads
    Interval sum;
  };

  void Print(const std::string& line);

  std::FILE* const out_;
  const bool is_terminal_;
  const std::size_t threads_;
  const std::size_t seconds_;
  std::mutex mutex_;
  std::vector<Second> intervals_;  // under mutex_
  bool line_open_ = false;         // under mutex_
};

}  // namespace introspectd::load
