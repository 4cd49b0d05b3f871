#include "claims/names.h"

#include <array>

namespace introspectd::claims {

namespace {

using token::Field;

constexpr std::array kKnown{
    Known{"active", Kind::kActive},
    Known{"client_id", Kind::kText, Field::kClientId},
    Known{"username", Kind::kString},
    Known{"scope", Kind::kText, Field::kScope},
    Known{"sub", Kind::kText, Field::kSub},
    Known{"aud", Kind::kAudience},
    Known{"iss", Kind::kText, Field::kIss},
    Known{"exp", Kind::kTime},
    Known{"iat", Kind::kTime},
    Known{"nbf", Kind::kTime},
    Known{"jti", Kind::kText, Field::kJti},
    Known{"sid", Kind::kText, Field::kSid},
    Known{"token_type", Kind::kTokenType},
    Known{"cnf", Kind::kConfirmation},
    Known{"act", Kind::kObject},
    Known{"authorization_details", Kind::kArray},
    Known{"extended_claims", Kind::kExtendedClaims},
    Known{"token_use", Kind::kTokenUse},
    Known{"typ", Kind::kTyp},
};

// Looked at first for a JWT.
constexpr std::array kKnownOfJwt{
    Known{"scope", Kind::kScopes, Field::kScope},
    Known{"scp", Kind::kScopes, Field::kScope},
    Known{"at_hash", Kind::kOfAnotherToken},
    Known{"c_hash", Kind::kOfAnotherToken},
    Known{"events", Kind::kOfAnotherToken},
    Known{"token_introspection", Kind::kOfAnotherToken},
};

template <std::size_t Size>
const Known* FindIn(const std::array<Known, Size>& table, std::string_view name) {
  for (const Known& known : table) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

}  // namespace

Known Look(std::string_view name, Origin origin) {
  const Known* known = origin == Origin::kJwt ? FindIn(kKnownOfJwt, name) : nullptr;
  if (known == nullptr) known = FindIn(kKnown, name);
  return known != nullptr ? *known : Known{name, Kind::kExtension};
}

}  // namespace introspectd::claims
