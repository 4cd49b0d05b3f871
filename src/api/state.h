// What the threads share besides the store: read-mostly atomics, and counters that each worker
// writes for itself.
//
// Threads: thread-safe. Readiness is written by the control loop alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "introspectd/time.h"

namespace introspectd::api {

class Readiness {
 public:
  static constexpr std::int64_t kNoDeadline = INT64_MAX;

  // Whether requests can be answered, as long as the lease lasts.
  bool ready() const { return ready_.load(std::memory_order_acquire); }
  // Beyond it, what is in the store may be older than it may be. To be asked for before the store
  // is entered: what is seen there is then at least as new.
  std::int64_t lease_ms() const { return lease_ms_.load(std::memory_order_acquire); }
  bool ready(Now now) const { return ready() && now.boot_ms < lease_ms(); }
  // Whether more of them should be sent here.
  bool wanted(Now now) const { return ready(now) && !draining_.load(std::memory_order_acquire); }
  // Beyond it, nothing can be said of tokens that are not in the store.
  bool feed_fresh(Now now) const {
    return now.boot_ms < feed_deadline_ms_.load(std::memory_order_acquire);
  }

  void SetReady(bool ready) { ready_.store(ready, std::memory_order_release); }
  void SetDraining() { draining_.store(true, std::memory_order_release); }
  void SetLease(std::int64_t boot_ms) { lease_ms_.store(boot_ms, std::memory_order_release); }
  void SetFeedDeadline(std::int64_t boot_ms) {
    feed_deadline_ms_.store(boot_ms, std::memory_order_release);
  }

 private:
  alignas(64) std::atomic<bool> ready_{false};
  std::atomic<bool> draining_{false};
  std::atomic<std::int64_t> lease_ms_{kNoDeadline};
  std::atomic<std::int64_t> feed_deadline_ms_{kNoDeadline};
};

enum class Count : std::uint8_t {
  kActive,
  kInactive,
  kUnknownToken,
  kBadRequest,
  kUnauthorized,
  kUnavailable,
  kOther,
};
inline constexpr std::size_t kCounts = 7;
inline constexpr std::array<const char*, kCounts> kCountNames{
    "active", "inactive", "unknown_token", "bad_request", "unauthorized", "unavailable", "other"};

// One worker's.
class alignas(64) Counters {
 public:
  // The owner's. A plain load and store: nobody else writes.
  void Add(Count count) {
    auto& value = values_[static_cast<std::size_t>(count)];
    value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void SetConnections(std::uint64_t connections) {
    connections_.store(connections, std::memory_order_relaxed);
  }
  void SetVerdictBytes(std::uint64_t bytes) {
    verdict_bytes_.store(bytes, std::memory_order_relaxed);
  }
  void SetConnectionBytes(std::uint64_t bytes) {
    connection_bytes_.store(bytes, std::memory_order_relaxed);
  }
  void Turned(std::int64_t boot_ms) { turned_ms_.store(boot_ms, std::memory_order_relaxed); }

  std::uint64_t Get(Count count) const {
    return values_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
  }
  std::uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }
  std::uint64_t verdict_bytes() const { return verdict_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t connection_bytes() const {
    return connection_bytes_.load(std::memory_order_relaxed);
  }
  std::int64_t turned_ms() const { return turned_ms_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kCounts> values_{};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> verdict_bytes_{0};
  std::atomic<std::uint64_t> connection_bytes_{0};
  std::atomic<std::int64_t> turned_ms_{0};  // when its loop turned last
};

}  // namespace introspectd::api
