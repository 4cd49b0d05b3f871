// A rate with a burst: so many a second on average, and more at once after a rest.
//
// Threads: values.
// Cost:    eight bytes, no clock of its own.
// Source:  the generic cell rate algorithm (ITU-T I.371 annex A.1): what is kept is when the bucket
//          will be full again.
#pragma once

#include <algorithm>
#include <cstdint>

namespace introspectd::base {

struct Rate {
  std::uint32_t per_s;  // more than 0; beyond a million it is no limit
  std::uint32_t burst;  // more than 0: what a full bucket has

  std::int64_t interval_us() const { return 1'000'000 / std::int64_t{per_s}; }
};

class TokenBucket {
 public:
  bool HasOne(std::int64_t now_us, const Rate& rate) const { return WaitUs(now_us, rate) == 0; }
  // False: there is none, and none is taken.
  bool Take(std::int64_t now_us, const Rate& rate) {
    if (!HasOne(now_us, rate)) return false;
    Charge(now_us, rate);
    return true;
  }
  // Takes one, whether it is there or not: the bucket then owes it, and fills up later. For what is
  // known only when it has happened.
  void Charge(std::int64_t now_us, const Rate& rate) {
    full_at_us_ = std::max(full_at_us_, now_us) + rate.interval_us();
  }
  // Until there is one.
  std::int64_t WaitUs(std::int64_t now_us, const Rate& rate) const {
    const std::int64_t room_us = (std::int64_t{rate.burst} - 1) * rate.interval_us();
    return std::max<std::int64_t>(0, full_at_us_ - now_us - room_us);
  }
  // Forgetting it would change nothing.
  bool IsFull(std::int64_t now_us) const { return full_at_us_ <= now_us; }

 private:
  std::int64_t full_at_us_ = 0;
};

}  // namespace introspectd::base
