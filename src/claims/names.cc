#include "claims/names.h"

#include <array>

namespace introspectd::claims {

namespace {

using token::Field;

// By length, so that only those of the same length are compared.
constexpr std::array kKnown{
    Known{"sub", Kind::kText, Field::kSub},
    Known{"aud", Kind::kAudience},
    Known{"iss", Kind::kText, Field::kIss},
    Known{"exp", Kind::kTime},
    Known{"iat", Kind::kTime},
    Known{"nbf", Kind::kTime},
    Known{"jti", Kind::kText, Field::kJti},
    Known{"sid", Kind::kText, Field::kSid},
    Known{"cnf", Kind::kConfirmation},
    Known{"act", Kind::kObject},
    Known{"typ", Kind::kTyp},
    Known{"scope", Kind::kText, Field::kScope},
    Known{"active", Kind::kActive},
    Known{"username", Kind::kString},
    Known{"client_id", Kind::kText, Field::kClientId},
    Known{"token_use", Kind::kTokenUse},
    Known{"token_type", Kind::kTokenType},
    Known{"extended_claims", Kind::kExtendedClaims},
    Known{"authorization_details", Kind::kArray},
};

// Looked at first for a JWT.
constexpr std::array kKnownOfJwt{
    Known{"scp", Kind::kScopes, Field::kScope}, Known{"scope", Kind::kScopes, Field::kScope},
    Known{"c_hash", Kind::kOfAnotherToken},     Known{"events", Kind::kOfAnotherToken},
    Known{"at_hash", Kind::kOfAnotherToken},    Known{"token_introspection", Kind::kOfAnotherToken},
};

constexpr std::size_t kLongest = 21;

// Where the names of each length begin in `table`; those of `length` end where the next begin.
template <std::size_t Size>
constexpr auto BeginsOf(const std::array<Known, Size>& table) {
  std::array<std::uint8_t, kLongest + 2> begins{};
  for (std::size_t length = 0; length < begins.size(); ++length) {
    while (begins[length] < Size && table[begins[length]].name.size() < length) ++begins[length];
  }
  return begins;
}

template <const auto& kTable>
const Known* FindIn(std::string_view name) {
  static constexpr auto kBegins = BeginsOf(kTable);
  if (name.empty() || name.size() > kLongest) return nullptr;
  for (std::size_t i = kBegins[name.size()]; i < kBegins[name.size() + 1]; ++i) {
    if (kTable[i].name[0] == name[0] && kTable[i].name == name) return &kTable[i];
  }
  return nullptr;
}

}  // namespace

Known Look(std::string_view name, Origin origin) {
  const Known* known = origin == Origin::kJwt ? FindIn<kKnownOfJwt>(name) : nullptr;
  if (known == nullptr) known = FindIn<kKnown>(name);
  return known != nullptr ? *known : Known{name, Kind::kExtension};
}

}  // namespace introspectd::claims
