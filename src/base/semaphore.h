// A counting semaphore. Not the standard library's: with GCC 12 one of several waiters can sleep
// for ever although the count is above zero (libstdc++ notifies only when it was zero before).
//
// Threads: thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace introspectd::base {

class Semaphore {
 public:
  explicit Semaphore(std::size_t count) : count_(count) {}

  void Release(std::size_t more = 1) {
    {
      const std::lock_guard lock(mutex_);
      count_ += more;
    }
    raised_.notify_all();
  }

  void Acquire() {
    std::unique_lock lock(mutex_);
    raised_.wait(lock, [this] { return count_ > 0; });
    --count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable raised_;
  std::size_t count_;  // under mutex_
};

}  // namespace introspectd::base
