// The clocks of a measurement, in nanoseconds.
#pragma once

#include <time.h>

#include <cerrno>
#include <cstdint>

namespace introspectd::load {

using Nanos = std::uint64_t;  // of CLOCK_MONOTONIC, unless said otherwise
inline constexpr Nanos kNanosPerSecond = 1'000'000'000;

inline Nanos ToNanos(const timespec& t) {
  return static_cast<Nanos>(t.tv_sec) * kNanosPerSecond + static_cast<Nanos>(t.tv_nsec);
}

inline Nanos ReadClock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return ToNanos(t);
}

inline Nanos ReadMonotonic() { return ReadClock(CLOCK_MONOTONIC); }

inline void SleepUntil(Nanos t) {
  const timespec until{.tv_sec = static_cast<time_t>(t / kNanosPerSecond),
                       .tv_nsec = static_cast<long>(t % kNanosPerSecond)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace introspectd::load
