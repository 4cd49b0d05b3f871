#include "token/pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "base/check.h"

namespace introspectd::token {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Sanitizers must see every block, or they would miss what is done to one after its end.
#if !defined(__has_feature)
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kPlainMalloc = true;
#else
constexpr bool kPlainMalloc = false;
#endif

std::size_t RoundUp(std::size_t bytes, std::size_t step) {
  return (bytes + step - 1) / step * step;
}

}  // namespace

Pool::~Pool() {
  for (const Region& region : regions_) munmap(region.begin, region.bytes);
  for (void* block : plain_) std::free(block);
}

Pool::SizeClass Pool::ClassOf(std::size_t bytes) {
  if (bytes <= kFineMax) {
    const std::size_t rounded = RoundUp(std::max(bytes, kStep), kStep);
    return {rounded / kStep, rounded};
  }
  const std::size_t doubling = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
  const std::size_t step = (std::size_t{1} << doubling) / 4;
  const std::size_t rounded = RoundUp(bytes, step);
  const std::size_t quarter = (rounded - (std::size_t{1} << doubling)) / step;  // 1..4
  const std::size_t doublings = doubling - static_cast<std::size_t>(std::bit_width(kFineMax) - 1);
  return {kFineClasses + doublings * 4 + quarter - 1, rounded};
}

void* Pool::Allocate(std::size_t bytes) {
  if (kPlainMalloc) {
    void* block = std::malloc(bytes);
    CHECK(block != nullptr);
    plain_.insert(block);
    return block;
  }
  if (bytes > kCoarseMax) return Map(RoundUp(bytes, kHugePage));
  const SizeClass size = ClassOf(bytes);
  if (FreeBlock*& first = free_[size.index]; first != nullptr) {
    FreeBlock* block = first;
    first = block->next;
    return block;
  }
  if (static_cast<std::size_t>(end_ - at_) < size.bytes) {
    at_ = Map(kRegionBytes);
    end_ = at_ + kRegionBytes;
  }
  char* block = at_;
  at_ += size.bytes;
  return block;
}

void Pool::Free(void* block, std::size_t bytes) {
  if (kPlainMalloc) {
    CHECK(plain_.erase(block) == 1);
    return std::free(block);
  }
  if (bytes > kCoarseMax) return Unmap(static_cast<char*>(block));
  FreeBlock*& first = free_[ClassOf(bytes).index];
  first = new (block) FreeBlock{first};
}

// `bytes` at a multiple of a huge page, or the kernel could not use one for its first and last
// parts.
// What was left of its last region stays unused: it was never touched, and so takes no memory.
void Pool::TakeOver(Pool& other) {
  regions_.insert(regions_.end(), other.regions_.begin(), other.regions_.end());
  plain_.merge(other.plain_);
  for (std::size_t i = 0; i < free_.size(); ++i) {
    while (FreeBlock* block = other.free_[i]) {
      other.free_[i] = block->next;
      free_[i] = new (block) FreeBlock{free_[i]};
    }
  }
  other.regions_.clear();
  other.at_ = other.end_ = nullptr;
}

char* Pool::Map(std::size_t bytes) {
  void* mapped = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(mapped != MAP_FAILED);
  char* begin = static_cast<char*>(mapped);
  const std::size_t before = RoundUp(reinterpret_cast<std::uintptr_t>(begin), kHugePage) -
                             reinterpret_cast<std::uintptr_t>(begin);
  if (before > 0) munmap(begin, before);
  begin += before;
  if (before < kHugePage) munmap(begin + bytes, kHugePage - before);
  madvise(begin, bytes, MADV_HUGEPAGE);  // refused where there are none; then it is plain memory
  regions_.push_back({begin, bytes});
  return begin;
}

void Pool::Unmap(char* begin) {
  const auto found = std::find_if(regions_.begin(), regions_.end(),
                                  [begin](const Region& region) { return region.begin == begin; });
  CHECK(found != regions_.end());
  munmap(found->begin, found->bytes);
  *found = regions_.back();
  regions_.pop_back();
}

}  // namespace introspectd::token
