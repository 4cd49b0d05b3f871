// Numbers as short as they are: seven bits a byte, the lowest first, the highest bit says that more
// follow. Signed ones alternate about zero.
//
// Threads: thread-safe functions.
#pragma once

#include <cstdint>
#include <string>

namespace introspectd::token {

inline void AppendVarint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

inline void AppendSigned(std::int64_t value, std::string& out) {
  AppendVarint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63),
               out);
}

// Steps over what it reads. For what was written by the functions above.
inline std::uint64_t ReadVarint(const char*& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

inline std::int64_t ReadSigned(const char*& at) {
  const std::uint64_t value = ReadVarint(at);
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

}  // namespace introspectd::token
