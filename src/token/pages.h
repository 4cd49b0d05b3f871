// Pages from the system.
//
// Threads: thread-safe functions.
#pragma once

#include <cstddef>

namespace introspectd::token {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// `bytes` (a multiple of kHugePage) of zeros at a multiple of `alignment` (one too). They take
// memory once they are touched. Never fails: no memory ends the process.
char* MapPages(std::size_t bytes, std::size_t alignment);
void UnmapPages(char* begin, std::size_t bytes);

// Asks for huge pages, which are refused where there are none.
void PreferHugePages(char* begin, std::size_t bytes);

}  // namespace introspectd::token
