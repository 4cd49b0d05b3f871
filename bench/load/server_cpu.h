// How much processor time a process has used, to the nanosecond where the kernel keeps it so.
//
// Threads: immutable functions.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <cstdint>

namespace introspectd::load {

// The time on a processor, user and system, of all threads of `pid`, in nanoseconds. The kernel
// brings a running thread's count up to date at each of its ticks, so that this may be some
// milliseconds behind.
absl::StatusOr<std::uint64_t> CpuNanosOf(pid_t pid);

}  // namespace introspectd::load
