// JSON Web Keys: an issuer's set of them, read strictly.
//
// Threads: values; functions are thread-safe.
// Limits:  kJwkSetBytesMax, kJwkSetKeysMax; a kid of 1 to kKidBytesMax printable ASCII bytes.
// Source:  RFC 7517 4 and 5; RFC 7518 6; RFC 8037 2; RFC 7638.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/signature.h"

namespace introspectd::jose {

inline constexpr std::size_t kJwkSetBytesMax = std::size_t{256} << 10;
inline constexpr std::size_t kJwkSetKeysMax = 100;
inline constexpr std::size_t kKidBytesMax = 256;

// A kid is a key of a map and part of log lines, and comes from anybody.
bool IsGoodKid(std::string_view kid);

// A public key for signatures.
struct Jwk {
  std::optional<std::string> kid;
  std::optional<crypto::SignatureAlgorithm> algorithm;  // the only one it may be used with
  crypto::PublicKey key;
  crypto::Sha256 thumbprint{};  // RFC 7638: its material alone

  bool Allows(crypto::SignatureAlgorithm wanted) const;
};

struct JwkSet {
  std::vector<Jwk> keys;             // those that can be used
  std::vector<std::string> ignored;  // why others are not, one sentence each
};

// Keys for another use, of an unknown type, of another algorithm or too weak are ignored. The whole
// set is refused when it is not one, has a private or symmetric member, two keys of one kid and
// type that can be used, a member twice, more keys than the limit, or no key that can be used: an
// issuer that publishes such a set has made a mistake, and its last good set is better. Sentences,
// also those of errors, hold nothing of the set but a kid that is good.
absl::StatusOr<JwkSet> ParseJwkSet(std::string_view text);

// A public key as JSON (no white space, members in the order that RFC 7638 wants, kid, use and
// alg at the end): for those who mint tokens.
std::string WriteJwk(const crypto::PublicKey& key, std::string_view kid,
                     crypto::SignatureAlgorithm algorithm);

crypto::Sha256 ThumbprintOf(const crypto::PublicKey& key);

}  // namespace introspectd::jose
