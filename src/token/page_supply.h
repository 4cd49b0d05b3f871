// Huge pages that are ready to be used.
//
// Threads: thread-safe; has a thread of its own.
// Limits:  4 pages are kept ready, from when one was asked for until 10 s after the last.
//
// Why: before memory is first used, the kernel clears it. That of a huge page took 0.2 to 5 ms
// here, and 5 ms is longer than a revocation may wait. The thread touches pages before they are
// asked for; when it does not keep up, whoever asks does it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "token/pages.h"

namespace introspectd::token {

class PageSupply {
 public:
  PageSupply() = default;
  ~PageSupply();
  PageSupply(const PageSupply&) = delete;
  PageSupply& operator=(const PageSupply&) = delete;

  // kHugePage bytes at a multiple of that; they hold anything. Never fails.
  char* Take();
  void GiveBack(char* page);

 private:
  static constexpr std::size_t kReady = 4;

  void Run();
  // Some of the work, without the lock; false when there is none.
  bool Work(std::unique_lock<std::mutex>& lock);
  void Rest(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<char*> ready_;
  std::vector<char*> unwanted_;
  bool asked_ = false;  // since the thread looked last
  bool idle_ = false;   // nobody asks: nothing is kept ready
  bool over_ = false;
  std::thread thread_;  // from the first Take on
};

}  // namespace introspectd::token
