// How often something was seen of late: a small table without collisions' lists, in which the newer
// thing takes the older one's place.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace introspectd::token {

class Sightings {
 public:
  explicit Sightings(std::size_t places) : places_(places) {}  // a power of two

  // How often, with this time; at least 1.
  std::uint32_t Count(std::uint64_t hash) {
    Place& place = places_[hash & (places_.size() - 1)];
    const auto mark = static_cast<std::uint32_t>(hash >> 32);
    if (place.mark != mark) place = {mark, 0};
    return ++place.count;
  }

 private:
  struct Place {
    std::uint32_t mark = 0;
    std::uint32_t count = 0;
  };
  std::vector<Place> places_;
};

}  // namespace introspectd::token
