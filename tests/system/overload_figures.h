// What a running server takes from the system.
//
// Threads: thread-safe functions.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "system/node.h"

namespace introspectd::system_test {

// Those of a client that has just gone away may still be among them.
std::size_t OpenFiles(pid_t pid);
// When nobody is connected to the data listeners any more, which it waits for and expects.
std::size_t OpenFilesAtRest(Node& node);
std::int64_t ResidentKiB(pid_t pid);
std::int64_t CpuTicks(pid_t pid);

// What /v1/status says of connections: the bytes that they take, and how many there are on the data
// listeners. -1 when it does not.
std::int64_t ConnectionBytes(Node& node);
std::int64_t DataConnections(Node& node);

}  // namespace introspectd::system_test
