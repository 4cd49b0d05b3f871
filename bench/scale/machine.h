// What the bench knows of the machine: cores, clocks, memory.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>

namespace introspectd::scale {

// The cores that this process may use, taken as 0, 1, ... and round again.
void PinTo(unsigned core);

std::uint64_t WallNanos();
// Of the calling thread alone, so that what else the machine does hardly shows. Interrupts, and
// what a hypervisor takes away, do.
std::uint64_t CpuNanos();

inline double Micros(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

struct Spent {
  double wall_ns = 0;
  double cpu_ns = 0;
};

class Stopwatch {
 public:
  Spent Read() const {
    return {static_cast<double>(WallNanos() - wall_), static_cast<double>(CpuNanos() - cpu_)};
  }

 private:
  std::uint64_t wall_ = WallNanos();
  std::uint64_t cpu_ = CpuNanos();
};

// Of this process, after malloc has given back what it can.
std::uint64_t ResidentBytes();

}  // namespace introspectd::scale
