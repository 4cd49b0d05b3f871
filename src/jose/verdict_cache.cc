#include "jose/verdict_cache.h"

#include <utility>

namespace introspectd::jose {

namespace {

// The verdict itself, its slot, its place in the map, and what malloc adds.
constexpr std::size_t kOverheadBytes = 160;

}  // namespace

std::size_t VerdictCache::BytesOf(const Verdict& verdict) {
  return sizeof(Verdict) + kOverheadBytes + verdict.record->allocated_bytes();
}

const Verdict* VerdictCache::Find(const crypto::Sha256& whole) {
  const auto found = places_.find(whole);
  if (found == places_.end()) return nullptr;
  Slot& slot = slots_[found->second];
  slot.used = true;
  return slot.verdict.get();
}

const Verdict* VerdictCache::Put(std::unique_ptr<Verdict> verdict) {
  Forget(verdict->whole);
  const std::size_t bytes = BytesOf(*verdict);
  MakeRoom(bytes);
  bytes_ += bytes;
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::size_t place = free_.back();
  free_.pop_back();
  places_.emplace(verdict->whole, place);
  slots_[place] = {.verdict = std::move(verdict), .used = false};
  return slots_[place].verdict.get();
}

void VerdictCache::Forget(const crypto::Sha256& whole) {
  if (const auto found = places_.find(whole); found != places_.end()) Drop(found->second);
}

void VerdictCache::Clear() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].verdict != nullptr) Drop(i);
  }
}

void VerdictCache::SetMax(std::size_t bytes_max) {
  bytes_max_ = bytes_max;
  MakeRoom(0);
}

void VerdictCache::Drop(std::size_t place) {
  Slot& slot = slots_[place];
  bytes_ -= BytesOf(*slot.verdict);
  places_.erase(slot.verdict->whole);
  forgotten_.push_back(std::move(slot.verdict));
  free_.push_back(place);
}

// One verdict always has room, however large.
void VerdictCache::MakeRoom(std::size_t bytes) {
  while (bytes_ + bytes > bytes_max_ && !places_.empty()) {
    hand_ = (hand_ + 1) % slots_.size();
    Slot& slot = slots_[hand_];
    if (slot.verdict != nullptr && !std::exchange(slot.used, false)) Drop(hand_);
  }
}

}  // namespace introspectd::jose
