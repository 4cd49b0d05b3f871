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
    if (sees_ && !WasInterrupted()) return RecordUndisturbed(end - begin);
    const std::uint64_t cpu_ns = CpuNanos() - cpu;
    if (!sees_) return RecordUndisturbed(cpu_ns);
    (MinorFaults() == faults ? interrupted_ns_ : faulted_ns_).Record(cpu_ns);
  }

  const load::Histogram& undisturbed_ns() const { return undisturbed_ns_; }
  void Write(std::string_view name, text::JsonWriter& report) const;

 private:
  static constexpr std::uint64_t kLong_ns = 50'000;

  void RecordUndisturbed(std::uint64_t ns) {
    undisturbed_ns_.Record(ns);
    if (ns > kLong_ns) ++long_undisturbed_;
  }

  const bool sees_ = SeesInterruptions();
  load::Histogram undisturbed_ns_;
  load::Histogram interrupted_ns_;
  load::Histogram faulted_ns_;
  std::uint64_t long_undisturbed_ = 0;
};

}  // namespace introspectd::scale
