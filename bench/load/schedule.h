// When the requests of an open loop are due, whatever happens to them.
//
// Threads: thread-confined.
#pragma once

#include <cstdint>
#include <random>

#include "load/clock.h"

namespace introspectd::load {

// One of several threads that share a rate.
struct Part {
  std::size_t number = 0;
  std::size_t of = 1;
};

// At a constant rate from a start.
class Schedule {
 public:
  // `rate_per_s` is that of all parts, and at least 1; the parts' requests alternate.
  Schedule(Nanos start, std::uint64_t rate_per_s, Part part = {})
      : start_(start), rate_per_s_(rate_per_s), part_(part) {}

  // When request `i` is due; counted from the start each time, so that errors do not add up.
  // Good for i < 2^64 / 10^9 over all parts: five hours at a million a second.
  Nanos DueAt(std::uint64_t i) const {
    return start_ + (i * part_.of + part_.number) * kNanosPerSecond / rate_per_s_;
  }

 private:
  Nanos start_;
  std::uint64_t rate_per_s_;
  Part part_;
};

enum class Spacing : std::uint8_t {
  kConstant,
  kPoisson,  // as from very many clients that know nothing of each other
};

// One after the other, from a start.
class Arrivals {
 public:
  Arrivals(Spacing spacing, Nanos start, std::uint64_t rate_per_s, std::uint64_t seed,
           Part part = {})
      : spacing_(spacing),
        schedule_(start, rate_per_s, part),
        start_(start),
        random_(seed + part.number),
        gap_ns_(static_cast<double>(rate_per_s) / static_cast<double>(part.of) / kNanosPerSecond) {}

  Nanos next() const {
    if (spacing_ == Spacing::kConstant) return schedule_.DueAt(count_);
    return start_ + static_cast<Nanos>(since_start_ns_);
  }
  void Advance() {
    ++count_;
    if (spacing_ == Spacing::kPoisson) since_start_ns_ += gap_ns_(random_);
  }

 private:
  Spacing spacing_;
  Schedule schedule_;
  Nanos start_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_ns_;
  std::uint64_t count_ = 0;
  double since_start_ns_ = 0;
};

}  // namespace introspectd::load
