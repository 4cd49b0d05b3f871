// A token's identity: nothing here keeps the token itself.
//
// Threads: immutable values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace introspectd {

// The first 16 bytes of SHA-256(token). 128 bits, because a token that was never issued must not
// match one that was, and because the other half would double what a token costs in memory.
struct TokenDigest {
  std::array<std::uint8_t, 16> bytes{};

  // `token` is borrowed until return; any bytes, any length. About 60 ns for a short token.
  static TokenDigest Of(std::string_view token);

  // As updates write it: the SHA-256 in 43 base64url characters without padding, or its first 16
  // bytes in 22.
  static std::optional<TokenDigest> Parse(std::string_view text);

  // The bits from `offset` (bytes, 0..8), as a number that is uniform over all tokens.
  std::uint64_t Bits(std::size_t offset = 0) const {
    std::uint64_t bits;
    std::memcpy(&bits, bytes.data() + offset, sizeof bits);
    return bits;
  }

  friend bool operator==(const TokenDigest&, const TokenDigest&) = default;
  friend auto operator<=>(const TokenDigest&, const TokenDigest&) = default;
};

}  // namespace introspectd
