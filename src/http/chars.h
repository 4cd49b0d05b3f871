// The characters of HTTP (RFC 9110 5.5 and 5.6.2).
//
// Threads: immutable functions.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace introspectd::http {

// Letters, digits and `others`.
constexpr std::array<bool, 256> Chars(std::string_view others) {
  std::array<bool, 256> chars{};
  for (int c = 0; c < 256; ++c) {
    chars[static_cast<std::size_t>(c)] =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
  for (const char c : others) chars[static_cast<unsigned char>(c)] = true;
  return chars;
}

inline constexpr std::array<bool, 256> kTokenChars = Chars("!#$%&'*+-.^_`|~");

constexpr bool IsTokenChar(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }

// No control character but HTAB. Bytes above 0x7f are let through: they are somebody's text.
constexpr bool IsText(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f;
}

}  // namespace introspectd::http
