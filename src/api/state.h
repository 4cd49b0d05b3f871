// What the threads share besides the store: read-mostly atomics, and counters that each worker
// writes for itself.
//
// Threads: thread-safe. Readiness is written by the control loop alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/histogram.h"
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
  kRateLimited,
};
inline constexpr std::size_t kCounts = 8;
inline constexpr std::array<const char*, kCounts> kCountNames{
    "active",       "inactive",    "unknown_token", "bad_request",
    "unauthorized", "unavailable", "other",         "rate_limited"};

// Why a client was not let in.
enum class AuthFailure : std::uint8_t {
  kContradiction,  // 400: two mechanisms, or different credentials
  kRefused,        // 401: none, unusable ones, wrong ones, or of a method that is not the client's
  kForbidden,      // 403
  kRateLimited,    // 429
  kUnavailable,    // 503: they could not be verified
};
inline constexpr std::size_t kAuthFailures = 5;
inline constexpr std::array<const char*, kAuthFailures> kAuthFailureNames{
    "contradiction", "refused", "forbidden", "rate_limited", "unavailable"};

// What is wrong with a request that was refused for what it is, whoever sent it.
enum class BadInput : std::uint8_t {
  kMalformed,
  kVersion,
  kHeadTooLarge,
  kTargetTooLong,
  kExpectation,
  kTimeout,
  kPath,
  kMethod,
  kContentType,
  kBodyTooLarge,
  kForm,
  kParameters,
};
inline constexpr std::size_t kBadInputs = 12;
inline constexpr std::array<const char*, kBadInputs> kBadInputNames{
    "malformed", "version", "head_too_large", "target_too_long", "expectation", "timeout",
    "path",      "method",  "content_type",   "body_too_large",  "form",        "parameters"};

// What came of looking at a JWT of a configured issuer.
enum class JwtResult : std::uint8_t {
  kGood,         // its signature was verified
  kRemembered,   // it was found good before
  kBad,          // by its claims, its header or its signature
  kUnavailable,  // nothing could be said: the issuer's keys, or time, were missing
};
inline constexpr std::size_t kJwtResults = 4;
inline constexpr std::array<const char*, kJwtResults> kJwtResultNames{"good", "remembered", "bad",
                                                                      "unavailable"};

// One worker's.
class alignas(64) Counters {
 public:
  // The owner's.
  void Add(Count count) { Raise(values_[static_cast<std::size_t>(count)]); }
  void Add(AuthFailure failure) { Raise(auth_failures_[static_cast<std::size_t>(failure)]); }
  void Add(BadInput input) { Raise(bad_inputs_[static_cast<std::size_t>(input)]); }
  void Add(JwtResult result) { Raise(jwts_[static_cast<std::size_t>(result)]); }
  base::Histogram& answer_times() { return answer_times_; }
  void SetCpu(std::int64_t us) { cpu_us_.store(us, std::memory_order_relaxed); }
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
  std::uint64_t Get(AuthFailure failure) const {
    return auth_failures_[static_cast<std::size_t>(failure)].load(std::memory_order_relaxed);
  }
  std::uint64_t Get(BadInput input) const {
    return bad_inputs_[static_cast<std::size_t>(input)].load(std::memory_order_relaxed);
  }
  std::uint64_t Get(JwtResult result) const {
    return jwts_[static_cast<std::size_t>(result)].load(std::memory_order_relaxed);
  }
  const base::Histogram& answer_times() const { return answer_times_; }
  std::int64_t cpu_us() const { return cpu_us_.load(std::memory_order_relaxed); }
  std::uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }
  std::uint64_t verdict_bytes() const { return verdict_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t connection_bytes() const {
    return connection_bytes_.load(std::memory_order_relaxed);
  }
  std::int64_t turned_ms() const { return turned_ms_.load(std::memory_order_relaxed); }

 private:
  // A plain load and store: nobody else writes.
  static void Raise(std::atomic<std::uint64_t>& value) {
    value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kCounts> values_{};
  std::array<std::atomic<std::uint64_t>, kAuthFailures> auth_failures_{};
  std::array<std::atomic<std::uint64_t>, kBadInputs> bad_inputs_{};
  std::array<std::atomic<std::uint64_t>, kJwtResults> jwts_{};
  base::Histogram answer_times_;
  std::atomic<std::int64_t> cpu_us_{0};  // that its thread has had
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> verdict_bytes_{0};
  std::atomic<std::uint64_t> connection_bytes_{0};
  std::atomic<std::int64_t> turned_ms_{0};  // when its loop turned last
};

}  // namespace introspectd::api
