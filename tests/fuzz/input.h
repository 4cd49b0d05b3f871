// A fuzzer's input: what is tried, and behind it the bytes that say how.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace introspectd::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  // The last byte, which is no part of the rest any more; 0 when there is none.
  std::uint8_t TakeByte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.back());
    rest_.remove_suffix(1);
    return byte;
  }

  // `count` places within what is the rest then, ascending; two bytes each, big-endian.
  std::vector<std::size_t> TakeCuts(std::size_t count) {
    std::vector<std::size_t> cuts(count);
    for (std::size_t& cut : cuts) {
      cut = TakeByte();
      cut |= static_cast<std::size_t>(TakeByte()) << 8;
    }
    for (std::size_t& cut : cuts) cut %= rest_.size() + 1;
    std::ranges::sort(cuts);
    return cuts;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace introspectd::fuzz
