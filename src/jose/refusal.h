// Why a JWT is not good: for explaining and counting, never for callers of the endpoint.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <string_view>

namespace introspectd::jose {

enum class Refusal : std::uint8_t {
  kNone,
  kMalformed,    // no strict base64url, no strict JSON, a member twice or of a wrong type
  kAlgorithm,    // unknown, not allowed for the issuer, or not the key's
  kCritical,     // asks for something that is not done here: crit, b64, zip
  kType,         // another kind of JWT
  kKidUnknown,   // the issuer has no such key
  kKeysMissing,  // the issuer's keys are not there, or too old to be believed
  kSignature,
  kClaims,  // no access token's
  kExpired,
  kNotYetValid,  // nbf
  kIssuedLater,  // iat
  kLifetime,     // longer than any token may live
  kAudience,     // none that the issuer's tokens are taken for
};

// As `POST /v1/explain` says it: "kid-unknown".
std::string_view NameOf(Refusal refusal);

}  // namespace introspectd::jose
