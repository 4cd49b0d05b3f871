// A pool: memory for tables, in huge pages where the system allows them.
//
// Threads: a Pool is one thread's; a SharedPool is thread-safe.
// Limits:  what is freed is used again for blocks of its size; regions in which nothing is in use
// go
//          back to the system.
// Cost:    a few cache misses; giving a region back, some for each of its blocks.
//
// Why not malloc: a look-up among millions of tokens misses the cache two or three times whatever
// one does, but with small pages every miss is a page walk as well, which in a virtual machine
// takes longer than the miss. Measured at a million tokens, 16 requests at a time: 1.5 µs a request
// with malloc, 1.1 with huge pages.
#pragma once

#include <array>
#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "token/page_supply.h"
#include "token/plain_blocks.h"

namespace introspectd::token {

class Pool {
 public:
  explicit Pool(PageSupply& pages) : pages_(pages) {}  // borrowed
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Aligned to 16 bytes. Never fails: no memory ends the process.
  void* Allocate(std::size_t bytes);
  void Free(void* block, std::size_t bytes);  // `bytes` as they were asked for

  // What is in use, each block as long as its class.
  std::size_t bytes() const { return bytes_; }

 private:
  struct FreeBlock {  // of its class
    FreeBlock* next;
    FreeBlock* previous;
    std::size_t bytes;
  };
  struct Region {
    std::size_t bytes = 0;
    std::size_t bytes_given = 0;  // from its beginning: blocks, each in use or free
    std::size_t bytes_in_use = 0;
  };

  // Sizes from kFineMin to kFineMax in steps of 16 bytes, then four steps a doubling, up to
  // kCoarseMax.
  static constexpr std::size_t kStep = 16;
  static constexpr std::size_t kFineMin = 32;
  static_assert(sizeof(FreeBlock) <= kFineMin);
  static constexpr std::size_t kFineMax = 4096;
  static constexpr std::size_t kFineClasses = kFineMax / kStep + 1;
  static constexpr std::size_t kDoublings = 8;
  static constexpr std::size_t kCoarseMax = kFineMax << kDoublings;
  static constexpr std::size_t kRegionBytes = kHugePage;

  struct SizeClass {
    std::size_t index;
    std::size_t bytes;
  };
  static SizeClass ClassOf(std::size_t bytes);

  static char* RegionOf(void* block);
  void* AllocateAlone(std::size_t bytes);
  void FreeAlone(char* block);
  void Unlink(FreeBlock& block);
  void GiveBack(char* region);

  PageSupply& pages_;
  std::array<FreeBlock*, kFineClasses + 4 * kDoublings + 1> free_{};
  char* at_ = nullptr;
  char* end_ = nullptr;
  absl::flat_hash_map<char*, Region> regions_;  // by where they begin
  std::size_t bytes_ = 0;
  PlainBlocks plain_;  // with sanitizers: every block
};

// For blocks that are seldom asked for.
class SharedPool {
 public:
  explicit SharedPool(PageSupply& pages) : pool_(pages) {}  // borrowed

  void* Allocate(std::size_t bytes) ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(mutex_);
    return pool_.Allocate(bytes);
  }
  void Free(void* block, std::size_t bytes) ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(mutex_);
    pool_.Free(block, bytes);
  }
  std::size_t bytes() const ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(mutex_);
    return pool_.bytes();
  }

 private:
  mutable base::Mutex mutex_;
  Pool pool_ ABSL_GUARDED_BY(mutex_);
};

// For standard and Abseil containers.
template <class T>
class PoolAllocator {
 public:
  using value_type = T;

  explicit PoolAllocator(SharedPool* pool) : pool_(pool) {}
  template <class U>
  PoolAllocator(const PoolAllocator<U>& other) : pool_(other.pool()) {}  // NOLINT: as allocators do

  T* allocate(std::size_t count) { return static_cast<T*>(pool_->Allocate(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) { pool_->Free(block, count * sizeof(T)); }
  SharedPool* pool() const { return pool_; }

  friend bool operator==(const PoolAllocator& a, const PoolAllocator& b) {
    return a.pool_ == b.pool_;
  }

 private:
  SharedPool* pool_;
};

}  // namespace introspectd::token
