// What a running server takes from the system.
//
// Threads: thread-safe functions.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "system/node.h"

namespace introspectd::system_test {

std::size_t OpenFiles(pid_t pid);
std::int64_t ResidentKiB(pid_t pid);
std::int64_t CpuTicks(pid_t pid);

// What /v1/status says connections take; -1 when it does not.
std::int64_t ConnectionBytes(Node& node);

}  // namespace introspectd::system_test
