// Pages from the system, at multiples of their size; and whether they are to be used at all.
//
// Threads: thread-safe functions.
#pragma once

#include <cstddef>

namespace introspectd::token {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Sanitizers must see every block, or they would miss what is done to one after its end.
#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kPlainMalloc = true;
#else
inline constexpr bool kPlainMalloc = false;
#endif

// `bytes` (a multiple of kHugePage) of zeros at a multiple of `alignment` (one too). They take
// memory once they are touched. Never fails: no memory ends the process.
char* MapPages(std::size_t bytes, std::size_t alignment);
void UnmapPages(char* begin, std::size_t bytes);

// Asks for huge pages, which are refused where there are none.
void PreferHugePages(char* begin, std::size_t bytes);

}  // namespace introspectd::token
