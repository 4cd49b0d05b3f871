// What stands in the memory of a process.
//
// Threads: thread-safe functions. Needs root, and a process without sanitizers, whose memory is too
// large to be searched and keeps what was freed.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace introspectd::system_test {

bool CanSearchMemory();
// One line of /proc/PID/maps for each writable mapping that holds `what`.
std::vector<std::string> FindInMemory(pid_t pid, std::string_view what);

}  // namespace introspectd::system_test
