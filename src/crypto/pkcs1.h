// EMSA-PKCS1-v1_5: what an RSA signature must be when the public key is applied to it. For this
// room only.
//
// Threads: immutable.
// Source:  RFC 8017 8.2.2 and 9.2: what is expected is built and compared whole; nothing of what a
//          signature holds is ever parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crypto/algorithms.h"

namespace introspectd::crypto {

class Pkcs1Encoding {
 public:
  // `bytes`: the length of the modulus, at least 256. `hash` is not kItsOwn.
  Pkcs1Encoding(Hash hash, std::size_t bytes);

  // Whether `encoded` is that of a message with this hash. No allocation.
  bool Is(std::span<const std::uint8_t> encoded, std::span<const std::uint8_t> hash) const;

 private:
  std::vector<std::uint8_t> before_hash_;
};

}  // namespace introspectd::crypto
