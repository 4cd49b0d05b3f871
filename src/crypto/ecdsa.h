// ECDSA signatures between their two forms: r and s, each as long as the field (RFC 7518 3.4), and
// DER (RFC 3279 2.2.3), which OpenSSL wants. For this room only.
//
// Threads: thread-safe functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/algorithms.h"

namespace introspectd::crypto {

// Whether `raw` has the length that it should, and r and s are within 1 and the order less one.
bool IsEcdsaSignature(const CurveTraits& curve, std::string_view raw);

// Two numbers with a sign byte, a tag and a length each, in a sequence with a length of two bytes.
using EcdsaDer = std::array<std::uint8_t, 2 * (kFieldBytesMax + 3) + 3>;

// The DER form of a `raw` that is one, which is the only one of its value. No allocation.
std::span<const std::uint8_t> EncodeEcdsaDer(const CurveTraits& curve, std::string_view raw,
                                             EcdsaDer& out);

}  // namespace introspectd::crypto
