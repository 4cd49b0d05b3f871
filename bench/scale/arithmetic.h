// Work of a certain length in which nothing could be slow: what is slow there is the machine.
//
// Threads: immutable.
#pragma once

#include <algorithm>
#include <cstdint>

#include "scale/timed.h"

namespace introspectd::scale {

// What it usually takes.
template <class Work>
std::uint64_t MedianNanos(Work work) {
  constexpr int kTries = 1000;
  Timed timed;
  for (int i = 0; i < kTries; ++i) timed.Time(work);
  return timed.undisturbed_ns().AtQuantile(0.5);
}

class Arithmetic {
 public:
  explicit Arithmetic(std::uint64_t ns)
      : steps_(std::max<std::uint64_t>(1, StepsPerMicro() * ns / 1000)) {}

  void Do() const { Do(steps_); }

 private:
  static void Do(std::uint64_t steps) {
    std::uint64_t value = 1;
    for (std::uint64_t i = 0; i < steps; ++i) {
      value = value * 6364136223846793005 + 1;
      asm volatile("" : "+r"(value));  // the compiler must not know what comes of it
    }
  }

  static std::uint64_t StepsPerMicro() {
    constexpr std::uint64_t kSteps = 10'000;
    return kSteps * 1000 / std::max<std::uint64_t>(1, MedianNanos([] { Do(kSteps); }));
  }

  const std::uint64_t steps_;
};

}  // namespace introspectd::scale
