// Counts the allocations of each thread: malloc and its relatives, hence operator new as well.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace introspectd::server {

std::uint64_t AllocationsOfThisThread();

// Of the thread of this process that is called `name`; nothing was counted of one that has none.
std::uint64_t AllocationsOfThread(std::string_view name);

}  // namespace introspectd::server
