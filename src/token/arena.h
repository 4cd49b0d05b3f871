// The memory of packed records, in segments of records that end at about the same time, so that
// whole segments go back to the system when their tokens are over.
//
// Threads: one.
// Limits:  blocks of up to 128 KiB, in multiples of 8 bytes.
// Cost:    a look-up of the group and a few loads.
//
// 1. A group is records whose ends lie within the same span of time, which is the 16th to the 32nd
//    part of the time they have left: at most some 200 groups are in use.
// 2. What is freed within a segment is used again for records of the same group.
// 3. A segment without records is given back.
//
// Why not malloc: memory that came free between tokens that still live never went back; and huge
// pages, without which a look-up among millions of tokens takes half as long again in a virtual
// machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "introspectd/time.h"
#include "token/page_supply.h"
#include "token/plain_blocks.h"

namespace introspectd::token {

class Arena {
 public:
  explicit Arena(PageSupply& pages) : pages_(pages) {}  // borrowed
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Aligned to 8 bytes, for a record that ends at `end`. Never fails: no memory ends the process.
  void* Allocate(std::size_t bytes, UnixSeconds end, UnixSeconds now);
  void Free(void* block, std::size_t bytes);  // `bytes` as they were asked for

  // Every block of `other` is this arena's from now on, and `other` is empty.
  void TakeOver(Arena& other);

  // What is taken from the system.
  std::size_t bytes() const { return bytes_; }

 private:
  class Segment;
  struct Group {
    std::vector<Segment*> segments;
    std::vector<Segment*> holed;  // in which much came free
    Segment* current = nullptr;   // in which blocks are looked for first
  };

  Group& GroupFor(UnixSeconds end, UnixSeconds now, std::size_t bytes);
  Segment& NextSegment(Group& group);
  Segment& NewSegment(Group& group);
  void GiveBack(Segment& segment);
  void Unmap(Segment& segment);

  PageSupply& pages_;
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Group>> groups_;
  std::size_t bytes_ = 0;
  PlainBlocks plain_;  // with sanitizers: every block
};

}  // namespace introspectd::token
