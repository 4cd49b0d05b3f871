// Memory that is filled with one byte: blocks that overlapped would overwrite each other's.
#pragma once

#include <algorithm>
#include <cstddef>

namespace introspectd::token {

struct FilledBlock {
  unsigned char* at;
  std::size_t bytes;
  unsigned char fill;
};

inline bool HoldsItsFill(const FilledBlock& block) {
  return std::all_of(block.at, block.at + block.bytes,
                     [&block](unsigned char c) { return c == block.fill; });
}

}  // namespace introspectd::token
