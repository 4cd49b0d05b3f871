// How long short pieces of work take, one by one: those during which the kernel had the core set
// apart from the others.
//
// Threads: one Timed, one thread.
//
// 1. Undisturbed: by the clock on the wall, which is the work's own time and what a hypervisor
// took.
// 2. With a page fault: by the thread's processor time; the fault is the work's own.
// 3. Otherwise interrupted: by the thread's processor time, of which the interrupt is a part. Work
//    that takes long is interrupted more often than work that does not (250 times a second, one in
//    80 of 50 µs), so what is slow by itself shows among the undisturbed as well.
//
// Where interruptions are not seen, everything is "undisturbed", by the thread's processor time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "load/histogram.h"
#include "scale/interruption.h"
#include "scale/machine.h"
#include "text/json_writer.h"

namespace introspectd::scale {

class Timed {
 public:
  template <class Work>
  void Time(Work work) {
    const std::uint64_t faults = MinorFaults();
    const std::uint64_t cpu = CpuNanos();
    WatchForInterruptions();
    const std::uint64_t begin = WallNanos();
    work();
    const std::uint64_t end = WallNanos();
    if (sees_ && !WasInterrupted()) return undisturbed_ns_.Record(end - begin);
    const std::uint64_t cpu_ns = CpuNanos() - cpu;
    if (!sees_) return undisturbed_ns_.Record(cpu_ns);
    (MinorFaults() == faults ? interrupted_ns_ : faulted_ns_).Record(cpu_ns);
  }

  const load::Histogram& undisturbed_ns() const { return undisturbed_ns_; }
  std::uint64_t longest_ns() const {
    return std::max({undisturbed_ns_.max(), interrupted_ns_.max(), faulted_ns_.max()});
  }

  void Write(std::string_view name, text::JsonWriter& report) const;

 private:
  const bool sees_ = SeesInterruptions();
  load::Histogram undisturbed_ns_;
  load::Histogram interrupted_ns_;
  load::Histogram faulted_ns_;
};

}  // namespace introspectd::scale
