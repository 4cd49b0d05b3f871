#include "token/table.h"

namespace introspectd::token {

namespace {

constexpr std::size_t kSmall = 63;  // a capacity is one less than a power of two

}  // namespace

Record* Table::Find(const TokenDigest& digest) const {
  const Shard& shard = shards_[ShardOf(digest)];
  const auto found = shard.find(Probe{digest, Slot::TagOf(digest)});
  return found == shard.end() ? nullptr : found->record();
}

void Table::PrefetchRecord(const TokenDigest& digest) const {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kLines = 9;  // a record of the usual size
  constexpr int kSecondLevel = 2;    // in the first, many of them would push each other out
  const Shard& shard = shards_[ShardOf(digest)];
  const auto found = shard.find(TagProbe{Slot::TagOf(digest)});
  if (found == shard.end()) return;
  const char* record = reinterpret_cast<const char*>(found->record());
  for (std::size_t line = 0; line < kLines; ++line)
    __builtin_prefetch(record + line * kLine, 0, kSecondLevel);
}

void Table::Put(Record* record) {
  const std::size_t index = ShardOf(record->digest());
  Shard& shard = shards_[index];
  const auto found = shard.find(Probe{record->digest(), Slot::TagOf(record->digest())});
  if (found != shard.end()) {
    // Same digest, same tag: the slot's hash and its place stay as they are.
    const_cast<Slot&>(*found) = Slot(record);
    return;
  }
  if (IsFull(shard.size(), shard.capacity(), index)) shard.rehash(shard.capacity() * 2);
  shard.insert(Slot(record));
}

void Table::Erase(const TokenDigest& digest) {
  Shard& shard = shards_[ShardOf(digest)];
  const auto found = shard.find(Probe{digest, Slot::TagOf(digest)});
  if (found != shard.end()) shard.erase(found);
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

std::size_t Table::allocated_bytes() const {
  std::size_t bytes = shards_.size() * sizeof(Shard);
  for (const Shard& shard : shards_) bytes += shard.capacity() * (sizeof(Slot) + 1);
  return bytes;
}

}  // namespace introspectd::token
