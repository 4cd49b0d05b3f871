// Blocks of malloc, in the place of an allocator of our own: sanitizers must see every block, or
// they would miss what is done to one after its end.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <unordered_set>

#include "base/check.h"

namespace introspectd::token {

#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kPlainMalloc = true;
#else
inline constexpr bool kPlainMalloc = false;
#endif

class PlainBlocks {
 public:
  PlainBlocks() = default;
  ~PlainBlocks() {
    for (void* block : blocks_) std::free(block);
  }
  PlainBlocks(const PlainBlocks&) = delete;
  PlainBlocks& operator=(const PlainBlocks&) = delete;

  void* Allocate(std::size_t bytes) {
    void* block = std::malloc(bytes);
    CHECK(block != nullptr);
    blocks_.insert(block);
    return block;
  }
  void Free(void* block) {
    CHECK(blocks_.erase(block) == 1);
    std::free(block);
  }
  void TakeOver(PlainBlocks& other) { blocks_.merge(other.blocks_); }

 private:
  std::unordered_set<void*> blocks_;
};

}  // namespace introspectd::token
