// The only place that reads the clocks.
//
// Threads: one Clock per thread; the floor is shared and thread-safe.
#pragma once

#include <algorithm>
#include <atomic>

#include "introspectd/time.h"

namespace introspectd::base {

// What every thread's time has reached at least, published by one thread every now and then, so
// that a wall clock that is set back freezes time for all threads instead of reviving tokens.
class WallFloor {
 public:
  UnixMicros value() const { return floor_us_.load(std::memory_order_relaxed); }
  void Raise(UnixMicros wall_us) {
    if (wall_us > value()) floor_us_.store(wall_us, std::memory_order_relaxed);
  }

 private:
  std::atomic<UnixMicros> floor_us_{0};
};

// Unadjusted readings; for noticing that the wall clock was set.
UnixMicros ReadWallMicros();
std::int64_t ReadBootMillis();
// For which the calling thread has had a processor.
std::int64_t ReadThreadCpuMicros();

// From one reading to a later one. The wall clock counts microseconds, but may be set; the boot
// clock cannot, and says to the millisecond what they may be.
inline std::int64_t MicrosBetween(Now then, Now now) {
  const std::int64_t ms = now.boot_ms - then.boot_ms;
  return std::clamp<std::int64_t>(now.wall_us - then.wall_us,
                                  std::max<std::int64_t>(0, ms - 1) * 1000, (ms + 1) * 1000);
}

class Clock {
 public:
  explicit Clock(const WallFloor* floor) : floor_(floor) {}

  // Costs two vDSO calls, about 50 ns.
  Now Read();

 private:
  const WallFloor* floor_;
  UnixMicros last_us_ = 0;
};

}  // namespace introspectd::base
