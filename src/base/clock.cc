#include "base/clock.h"

#include <time.h>

#include <algorithm>

namespace introspectd::base {

namespace {

timespec ReadClock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return t;
}

}  // namespace

UnixMicros ReadWallMicros() {
  const timespec t = ReadClock(CLOCK_REALTIME);
  return UnixMicros{t.tv_sec} * kMicrosPerSecond + t.tv_nsec / 1000;
}

std::int64_t ReadBootMillis() {
  const timespec t = ReadClock(CLOCK_BOOTTIME);
  return std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

std::int64_t ReadThreadCpuMicros() {
  const timespec t = ReadClock(CLOCK_THREAD_CPUTIME_ID);
  return std::int64_t{t.tv_sec} * kMicrosPerSecond + t.tv_nsec / 1000;
}

Now Clock::Read() {
  last_us_ = std::max({last_us_, ReadWallMicros(), floor_->value()});
  return {last_us_, ReadBootMillis()};
}

}  // namespace introspectd::base
