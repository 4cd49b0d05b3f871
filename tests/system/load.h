// Gateways that ask on and on, each in its own way, and count what is not as it must be.
//
// Threads: one owner, who starts and ends a thread a gateway; the counts are thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/wire.h"

namespace introspectd::system_test {

// How one gateway asks.
struct Habit {
  bool keep_alive = true;  // or a connection a request
  int depth = 1;           // requests in one write
  support::milliseconds pause{0};
};

// A request counts as failed when anything but its whole, right answer comes of it once a byte of
// it was sent. That a connection has ended since its last answer is no failure: a gateway sees it
// before it asks.
class Load {
 public:
  Load(std::function<support::Connection()> connect, std::string request, std::string answer)
      : connect_(std::move(connect)), request_(std::move(request)), answer_(std::move(answer)) {}
  ~Load() { End(); }

  void Begin(Habit habit) {
    threads_.emplace_back([this, habit] { Ask(habit); });
  }
  void End();

  std::uint64_t asked() const { return asked_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t connections() const { return connections_; }
  std::vector<std::string> failures();  // the first few, in words

 private:
  void Ask(Habit habit);
  // Whether the connection may be used again.
  bool AskOnce(support::Connection& connection, int depth);
  void Fail(const std::string& how, int answers);

  const std::function<support::Connection()> connect_;
  const std::string request_;
  const std::string answer_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::vector<std::thread> threads_;
};

}  // namespace introspectd::system_test
