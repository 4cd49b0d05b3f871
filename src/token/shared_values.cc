#include "token/shared_values.h"

namespace introspectd::token {

std::uint32_t SharedValues::Find(std::string_view value) {
  if (value.size() < kBytesMin || value.size() > kBytesMax) return kNone;
  const std::size_t hash = std::hash<std::string_view>()(value);
  Ids& ids = IdsFor(hash);
  if (const auto found = ids.find(value, hash); found != ids.end()) return found->second;
  if (sightings_.Count(hash) < kSightings) return kNone;
  if (free_.empty()) {
    if (uses_.size() > kMax) return kNone;
    free_.push_back(static_cast<std::uint32_t>(uses_.size()));
    uses_.push_back(0);
  }
  const std::uint32_t id = free_.back();
  free_.pop_back();
  values_[id] = std::make_unique<const std::string>(value);
  ids.emplace(*values_[id], id);
  bytes_ += value.size() + kOverheadBytes;
  return id;
}

void SharedValues::Release(std::uint32_t id) {
  if (--uses_[id] > 0) return;
  bytes_ -= values_[id]->size() + kOverheadBytes;
  IdsFor(std::hash<std::string_view>()(*values_[id])).erase(*values_[id]);
  values_[id].reset();
  free_.push_back(id);
}

}  // namespace introspectd::token
