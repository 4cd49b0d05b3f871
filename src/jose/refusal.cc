#include "jose/refusal.h"

#include "base/check.h"

namespace introspectd::jose {

std::string_view NameOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "";
    case Refusal::kMalformed:
      return "malformed";
    case Refusal::kAlgorithm:
      return "alg";
    case Refusal::kCritical:
      return "crit";
    case Refusal::kType:
      return "typ";
    case Refusal::kKidUnknown:
      return "kid-unknown";
    case Refusal::kKeysMissing:
      return "keys-missing";
    case Refusal::kSignature:
      return "signature";
    case Refusal::kClaims:
      return "claims";
    case Refusal::kExpired:
      return "expired";
    case Refusal::kNotYetValid:
      return "not-yet-valid";
    case Refusal::kIssuedLater:
      return "iat";
    case Refusal::kLifetime:
      return "lifetime";
    case Refusal::kAudience:
      return "issuer-audience";
  }
  CHECK(false);
}

}  // namespace introspectd::jose
