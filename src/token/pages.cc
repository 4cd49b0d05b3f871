#include "token/pages.h"

#include <sys/mman.h>

#include <cstdint>

#include "base/check.h"

namespace introspectd::token {

char* MapPages(std::size_t bytes, std::size_t alignment) {
  void* mapped = mmap(nullptr, bytes + alignment, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(mapped != MAP_FAILED);
  char* begin = static_cast<char*>(mapped);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(begin) % alignment;
  if (before > 0) munmap(begin, before);
  begin += before;
  if (before < alignment) munmap(begin + bytes, alignment - before);
  return begin;
}

void UnmapPages(char* begin, std::size_t bytes) { CHECK(munmap(begin, bytes) == 0); }

void PreferHugePages(char* begin, std::size_t bytes) { madvise(begin, bytes, MADV_HUGEPAGE); }

}  // namespace introspectd::token
