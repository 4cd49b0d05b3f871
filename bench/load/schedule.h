// When the requests of an open loop are due: at a constant rate from a start, whatever happens.
//
// Threads: immutable.
#pragma once

#include <chrono>
#include <cstdint>

namespace introspectd::load {

using Nanos = std::uint64_t;  // of the monotonic clock
inline constexpr Nanos kNanosPerSecond = 1'000'000'000;

inline Nanos ReadMonotonic() {
  return static_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch().count());
}

class Schedule {
 public:
  // `rate_per_s` is at least 1.
  Schedule(Nanos start, std::uint64_t rate_per_s) : start_(start), rate_per_s_(rate_per_s) {}

  // When request `i` is due; counted from the start each time, so that errors do not add up.
  // Good for i < 2^64 / 10^9: five hours at a million a second.
  Nanos DueAt(std::uint64_t i) const { return start_ + i * kNanosPerSecond / rate_per_s_; }

 private:
  Nanos start_;
  std::uint64_t rate_per_s_;
};

}  // namespace introspectd::load
