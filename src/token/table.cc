#include "token/table.h"

namespace introspectd::token {

namespace {

constexpr std::size_t kSmall = 63;  // a capacity is one less than a power of two

}  // namespace

PackedRecord* Table::Find(const TokenDigest& digest) const {
  const Shard& shard = shards_[ShardOf(digest)];
  const auto found = shard.find(Probe{digest, Slot::TagOf(digest)});
  return found == shard.end() ? nullptr : found->record();
}

void Table::PrefetchRecord(const TokenDigest& digest) const {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kLines = 2;  // a record of the usual size
  constexpr int kSecondLevel = 2;    // in the first, many of them would push each other out
  const Shard& shard = shards_[ShardOf(digest)];
  const auto found = shard.find(TagProbe{Slot::TagOf(digest)});
  if (found == shard.end()) return;
  const char* record = reinterpret_cast<const char*>(found->record());
  for (std::size_t line = 0; line < kLines; ++line)
    __builtin_prefetch(record + line * kLine, 0, kSecondLevel);
}

void Table::Insert(PackedRecord* record) {
  const std::size_t index = ShardOf(record->digest());
  Shard& shard = shards_[index];
  if (IsFull(shard.size(), shard.capacity(), index)) shard.rehash(shard.capacity() * 2);
  shard.insert(Slot(record, Slot::TagOf(record->digest())));
}

// The same tag: the slot's hash and its place stay as they are.
void Table::Replace(const PackedRecord* old, PackedRecord* fresh) {
  Shard& shard = shards_[ShardOf(fresh->digest())];
  const std::uint64_t tag = Slot::TagOf(fresh->digest());
  const auto found = shard.find(SlotProbe{Slot(old, tag)});
  CHECK(found != shard.end());
  const_cast<Slot&>(*found) = Slot(fresh, tag);
}

void Table::Erase(const PackedRecord* old) {
  Shard& shard = shards_[ShardOf(old->digest())];
  const auto found = shard.find(SlotProbe{Slot(old, Slot::TagOf(old->digest()))});
  CHECK(found != shard.end());
  shard.erase(found);
  if (IsSparse(shard.size(), shard.capacity())) shard.rehash(shard.size() * 2);
}

void Table::Reserve(std::size_t tokens) {
  const std::size_t size = tokens / kShards;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::size_t capacity = kSmall;
    while (IsFull(size, capacity, i)) capacity = capacity * 2 + 1;
    if (capacity > kSmall) shards_[i].rehash(capacity);
  }
}

// A shard is doubled at a fill between 5/8 and 7/8, depending on the shard. Small ones are left to
// themselves.
bool Table::IsFull(std::size_t size, std::size_t capacity, std::size_t index) {
  const std::size_t threshold = capacity / 8 * 5 + capacity / 4 * index / kShards;
  return capacity >= kSmall && size >= threshold;
}

// So that what many tokens took goes back when they are gone. Far from being full again: a shard of
// a steady size is left alone.
bool Table::IsSparse(std::size_t size, std::size_t capacity) {
  return capacity > kSmall && size < capacity / 8;
}

}  // namespace introspectd::token
