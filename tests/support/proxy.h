// A TCP proxy between a server under test and what it connects to, that a test can cut.
//
// Threads: thread-safe; a thread of its own carries the bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/loopback_listener.h"

namespace introspectd::support {

class Proxy {
 public:
  explicit Proxy(std::uint16_t target);
  ~Proxy();

  std::uint16_t port() const { return listener_.port(); }

  enum class Mode : std::uint8_t {
    kCarry,
    kCut,      // connections are reset, and new ones too
    kSwallow,  // connections stay open, and nothing comes through
    kTrickle,  // some 25 KB/s each way, and late
    kBreak,    // carries, and resets every connection four times a second
  };
  void SetMode(Mode mode);
  // Where connections go from now on; those that are open are reset.
  void SetTarget(std::uint16_t port);

 private:
  // Two ends; what one sends goes to the other.
  struct Pair {
    int client;
    int server;
  };

  void Run();
  void Accept();
  bool Carries() const;
  bool Carry(int from, int to) const;
  void Misbehave();
  void ResetAll();

  LoopbackListener listener_;
  std::atomic<std::uint16_t> target_;
  std::atomic<Mode> mode_{Mode::kCarry};
  std::atomic<bool> reset_{false};
  std::atomic<bool> stop_{false};
  std::vector<Pair> pairs_;  // the thread's
  std::chrono::steady_clock::time_point broken_at_;
  std::thread thread_;
};

}  // namespace introspectd::support
