// Values that many tokens have: each is kept once, and a record names it by a number.
//
// Threads: At: any reader of a record that names the value; everything else: whoever packs.
// Limits:  65,535 values of 3 to 1,024 bytes; what comes beyond stands in the records.
// Cost:    Find: one hash of the value and a look-up.
//
// A value is kept from the third time on that it is seen within some thousands of others, so that
// those that seldom come again take no place. It goes with its last user; its number is given out
// again then, since nobody can see a record that names it any more.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "token/sightings.h"

namespace introspectd::token {

class SharedValues {
 public:
  static constexpr std::uint32_t kNone = 0;
  static constexpr std::uint32_t kMax = 0xffff;

  SharedValues() : values_(new std::unique_ptr<const std::string>[kMax + 1]) {}

  const std::string& At(std::uint32_t id) const { return *values_[id]; }

  // The number of `value`, which may be given to it here; kNone when it has none.
  std::uint32_t Find(std::string_view value);
  void Use(std::uint32_t id) { ++uses_[id]; }
  void Release(std::uint32_t id);

  std::size_t size() const { return uses_.size() - 1 - free_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kBytesMin = 3;
  static constexpr std::size_t kBytesMax = 1024;
  static constexpr std::size_t kOverheadBytes = 96;
  static constexpr std::uint32_t kSightings = 3;
  using Ids = absl::flat_hash_map<std::string_view, std::uint32_t, std::hash<std::string_view>>;

  Ids& IdsFor(std::size_t hash) { return ids_[hash >> 58]; }

  // Read by those that read records: an element changes only while nobody can see its number.
  std::unique_ptr<std::unique_ptr<const std::string>[]> values_;
  std::vector<std::uint32_t> uses_{0};
  std::vector<std::uint32_t> free_;
  // Many small ones: that one of them grows, or is cleaned up, takes no long.
  std::array<Ids, 64> ids_;
  Sightings sightings_{4096};
  std::size_t bytes_ = 0;
};

}  // namespace introspectd::token
