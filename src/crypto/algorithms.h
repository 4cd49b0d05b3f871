// What there is to know about each algorithm and each curve. For this room only.
//
// Threads: constants.
// Source:  RFC 7518 3.1; FIPS 186-4 D.1.2 (the orders).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/signature.h"

namespace introspectd::crypto {

enum class Scheme : std::uint8_t { kPkcs1, kPss, kEcdsa, kEdDsa };
enum class Hash : std::uint8_t { kSha256, kSha384, kSha512, kItsOwn };

struct AlgorithmTraits {
  std::string_view name;
  Scheme scheme;
  Hash hash;
  Curve curve = Curve::kP256;  // kEcdsa
};

const AlgorithmTraits& TraitsOf(SignatureAlgorithm algorithm);

// As OpenSSL calls it; none for kItsOwn.
const char* OpensslNameOf(Hash hash);

struct CurveTraits {
  const char* openssl_name;
  int openssl_id;
  std::size_t field_bytes;
  std::string_view order;  // big-endian, of field_bytes
};

inline constexpr std::size_t kFieldBytesMax = 66;
inline constexpr std::size_t kModulusBytesMax = 1024;

const CurveTraits& TraitsOf(Curve curve);

}  // namespace introspectd::crypto
