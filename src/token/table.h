// One side of the token table: digest → record, in shards that grow one by one.
//
// Threads: confined to whoever holds the side (see turnstile.h). While it is filled, several
//          threads may Put, as long as no two do in one shard.
// Limits:  47-bit addresses; memory beyond the records is 10 to 15 bytes a token and side. A shard
//          that has become almost empty is made smaller.
//
// A slot is eight bytes: where the record is, and 20 bits of its digest. The hash of a slot uses
// those bits alone, so that growing and cleaning never touch a record. Shards have growth
// thresholds of their own, spread out, or they would all grow at the same fill.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/check.h"
#include "token/packed_record.h"
#include "token/pool.h"

namespace introspectd::token {

class Slot {
 public:
  // `tag`: that of the record's digest.
  Slot(const PackedRecord* record, std::uint64_t tag)
      : bits_(reinterpret_cast<std::uintptr_t>(record) / PackedRecord::kUnit << kTagBits | tag) {
    CHECK(this->record() == record);
  }

  static std::uint64_t TagOf(const TokenDigest& digest) {
    return digest.Bits(8) & ((std::uint64_t{1} << kTagBits) - 1);
  }

  PackedRecord* record() const {
    return reinterpret_cast<PackedRecord*>((bits_ >> kTagBits) * PackedRecord::kUnit);
  }
  std::uint64_t tag() const { return bits_ & ((std::uint64_t{1} << kTagBits) - 1); }
  friend bool operator==(Slot, Slot) = default;

 private:
  static constexpr int kTagBits = 20;
  std::uint64_t bits_;
};

class Table {
 public:
  static constexpr std::size_t kShardBits = 12;
  static constexpr std::size_t kShards = std::size_t{1} << kShardBits;

  explicit Table(PageSupply& pages)  // borrowed
      : pool_(pages), shards_(kShards, Shard(PoolAllocator<Slot>(&pool_))) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  static std::size_t ShardOf(const TokenDigest& digest) { return digest.Bits() % kShards; }

  PackedRecord* Find(const TokenDigest& digest) const;
  // For looking several tokens up at once: Prefetch each, then PrefetchRecord each, then Find each,
  // so that their cache misses overlap.
  void Prefetch(const TokenDigest& digest) const {
    shards_[ShardOf(digest)].prefetch(Probe{digest, Slot::TagOf(digest)});
  }
  void PrefetchRecord(const TokenDigest& digest) const;
  // `record` has a digest that is not there.
  void Insert(PackedRecord* record);
  // `fresh`, which has the same digest, takes the place of `old`, which is there.
  void Replace(const PackedRecord* old, PackedRecord* fresh);
  void Erase(const PackedRecord* old);  // which is there
  // Makes room for so many tokens altogether.
  void Reserve(std::size_t tokens);

  // In no order; `visit` must not change the table.
  template <class Visit>
  void VisitShard(std::size_t shard, Visit visit) const {
    for (const Slot slot : shards_[shard]) visit(*slot.record());
  }

  std::size_t SizeOfShard(std::size_t shard) const { return shards_[shard].size(); }
  // The same, but one of `parts` parts of the shard, a power of two: a record stays in its part for
  // as long as it is there. Looks at no record of another part.
  template <class Visit>
  void VisitPart(std::size_t shard, std::size_t part, std::size_t parts, Visit visit) const {
    for (const Slot slot : shards_[shard]) {
      if ((slot.tag() & (parts - 1)) == part) visit(*slot.record());
    }
  }

  std::size_t allocated_bytes() const { return shards_.size() * sizeof(Shard) + pool_.bytes(); }

 private:
  struct Probe {
    const TokenDigest& digest;
    std::uint64_t tag;
  };
  // Finds the slot of a record that is at hand, without a look at others.
  struct SlotProbe {
    Slot slot;
  };
  // Finds a slot by its digest bits alone, without a look at the record.
  struct TagProbe {
    std::uint64_t tag;
  };
  struct Hash {
    using is_transparent = void;
    static std::size_t Mix(std::uint64_t tag) {
      const std::uint64_t product = tag * 0x9e3779b97f4a7c15u;
      return product ^ product >> 32;
    }
    std::size_t operator()(Slot slot) const { return Mix(slot.tag()); }
    std::size_t operator()(SlotProbe probe) const { return Mix(probe.slot.tag()); }
    std::size_t operator()(const Probe& probe) const { return Mix(probe.tag); }
    std::size_t operator()(TagProbe probe) const { return Mix(probe.tag); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(Slot a, Slot b) const { return a == b; }
    bool operator()(Slot slot, SlotProbe probe) const { return slot == probe.slot; }
    bool operator()(Slot slot, TagProbe probe) const { return slot.tag() == probe.tag; }
    bool operator()(Slot slot, const Probe& probe) const {
      return slot.tag() == probe.tag && slot.record()->digest() == probe.digest;
    }
  };
  using Shard = absl::flat_hash_set<Slot, Hash, Equal, PoolAllocator<Slot>>;

  static bool IsFull(std::size_t size, std::size_t capacity, std::size_t index);
  static bool IsSparse(std::size_t size, std::size_t capacity);

  SharedPool pool_;
  std::vector<Shard> shards_;
};

}  // namespace introspectd::token
