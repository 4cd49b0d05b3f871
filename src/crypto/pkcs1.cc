#include "crypto/pkcs1.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace introspectd::crypto {

namespace {

// The DER of a DigestInfo up to the hash itself (RFC 8017 9.2, note 1).
using Prefix = std::array<std::uint8_t, 19>;

constexpr Prefix PrefixOf(std::uint8_t last_of_oid, std::uint8_t hash_bytes) {
  const auto whole = static_cast<std::uint8_t>(17 + hash_bytes);
  return {0x30, whole, 0x30, 0x0d, 0x06,        0x09, 0x60, 0x86, 0x48,      0x01,
          0x65, 0x03,  0x04, 0x02, last_of_oid, 0x05, 0x00, 0x04, hash_bytes};
}

constexpr Prefix kSha256 = PrefixOf(1, 32);
constexpr Prefix kSha384 = PrefixOf(2, 48);
constexpr Prefix kSha512 = PrefixOf(3, 64);

const Prefix& PrefixOf(Hash hash) {
  if (hash == Hash::kSha256) return kSha256;
  if (hash == Hash::kSha384) return kSha384;
  CHECK(hash == Hash::kSha512);
  return kSha512;
}

}  // namespace

Pkcs1Encoding::Pkcs1Encoding(Hash hash, std::size_t bytes) {
  const Prefix& prefix = PrefixOf(hash);
  const std::size_t hash_bytes = prefix.back();
  before_hash_.assign(bytes - hash_bytes, 0xff);
  before_hash_[0] = 0;
  before_hash_[1] = 1;
  const auto info = std::copy_backward(prefix.begin(), prefix.end(), before_hash_.end());
  *(info - 1) = 0;
}

bool Pkcs1Encoding::Is(std::span<const std::uint8_t> encoded,
                       std::span<const std::uint8_t> hash) const {
  return encoded.size() == before_hash_.size() + hash.size() &&
         std::ranges::equal(encoded.first(before_hash_.size()), before_hash_) &&
         std::ranges::equal(encoded.subspan(before_hash_.size()), hash);
}

}  // namespace introspectd::crypto
