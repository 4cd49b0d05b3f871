// The only place that reads the clocks.
//
// Threads: one Clock per thread; the floor is shared and thread-safe.
#pragma once

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
