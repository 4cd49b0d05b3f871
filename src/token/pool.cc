#include "token/pool.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/check.h"
#include "token/pages.h"

namespace introspectd::token {

namespace {

std::size_t RoundUp(std::size_t bytes, std::size_t step) {
  return (bytes + step - 1) / step * step;
}

}  // namespace

Pool::~Pool() {
  for (const auto& [begin, region] : regions_) {
    region.bytes == kRegionBytes ? pages_.GiveBack(begin) : UnmapPages(begin, region.bytes);
  }
}

Pool::SizeClass Pool::ClassOf(std::size_t bytes) {
  if (bytes <= kFineMax) {
    const std::size_t rounded = RoundUp(std::max(bytes, kFineMin), kStep);
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
    bytes_ += bytes;
    return plain_.Allocate(bytes);
  }
  if (bytes > kCoarseMax) return AllocateAlone(bytes);
  const SizeClass size = ClassOf(bytes);
  bytes_ += size.bytes;
  if (FreeBlock* block = free_[size.index]; block != nullptr) {
    Unlink(*block);
    regions_[RegionOf(block)].bytes_in_use += size.bytes;
    return block;
  }
  if (static_cast<std::size_t>(end_ - at_) < size.bytes) {
    at_ = pages_.Take();
    end_ = at_ + kRegionBytes;
    regions_[at_] = {.bytes = kRegionBytes};
  }
  char* block = at_;
  at_ += size.bytes;
  Region& region = regions_[RegionOf(block)];
  region.bytes_given += size.bytes;
  region.bytes_in_use += size.bytes;
  return block;
}

void Pool::Free(void* block, std::size_t bytes) {
  if (kPlainMalloc) {
    bytes_ -= bytes;
    return plain_.Free(block);
  }
  if (bytes > kCoarseMax) return FreeAlone(static_cast<char*>(block));
  const SizeClass size = ClassOf(bytes);
  bytes_ -= size.bytes;
  FreeBlock*& first = free_[size.index];
  auto* freed = new (block) FreeBlock{.next = first, .previous = nullptr, .bytes = size.bytes};
  if (first != nullptr) first->previous = freed;
  first = freed;
  char* const region = RegionOf(block);
  if ((regions_[region].bytes_in_use -= size.bytes) == 0) GiveBack(region);
}

char* Pool::RegionOf(void* block) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  return reinterpret_cast<char*>(address / kRegionBytes * kRegionBytes);
}

// In a region of its own.
void* Pool::AllocateAlone(std::size_t bytes) {
  const std::size_t whole = RoundUp(bytes, kHugePage);
  char* begin = MapPages(whole, kHugePage);
  PreferHugePages(begin, whole);
  regions_[begin] = {.bytes = whole};
  bytes_ += whole;
  return begin;
}

void Pool::FreeAlone(char* block) {
  const auto region = regions_.find(block);
  bytes_ -= region->second.bytes;
  UnmapPages(block, region->second.bytes);
  regions_.erase(region);
}

void Pool::Unlink(FreeBlock& block) {
  (block.previous != nullptr ? block.previous->next : free_[ClassOf(block.bytes).index]) =
      block.next;
  if (block.next != nullptr) block.next->previous = block.previous;
}

// Its blocks, all of which are free, must not be given out any more.
void Pool::GiveBack(char* region) {
  char* const end = region + regions_[region].bytes_given;
  for (char* at = region; at < end;) {
    auto& block = *reinterpret_cast<FreeBlock*>(at);
    at += block.bytes;
    Unlink(block);
  }
  if (at_ != nullptr && RegionOf(end_ - 1) == region) at_ = end_ = nullptr;
  pages_.GiveBack(region);
  regions_.erase(region);
}

}  // namespace introspectd::token
