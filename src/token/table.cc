#include "token/table.h"

namespace introspectd::token {

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
  MakeRoom(shard, index);
  shard.insert(Slot(record));
}

void Table::Erase(const TokenDigest& digest) {
  Shard& shard = shards_[ShardOf(digest)];
  const auto found = shard.find(Probe{digest, Slot::TagOf(digest)});
  if (found != shard.end()) shard.erase(found);
}

// Doubles a shard at a fill between 5/8 and 7/8, depending on the shard.
void Table::MakeRoom(Shard& shard, std::size_t index) {
  const std::size_t capacity = shard.capacity();
  const std::size_t threshold = capacity / 8 * 5 + capacity / 4 * index / kShards;
  if (capacity >= 64 && shard.size() >= threshold) shard.rehash(capacity * 2);
}

std::size_t Table::allocated_bytes() const {
  std::size_t bytes = shards_.size() * sizeof(Shard);
  for (const Shard& shard : shards_) bytes += shard.capacity() * (sizeof(Slot) + 1);
  return bytes;
}

}  // namespace introspectd::token
