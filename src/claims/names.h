// The names of claims that mean something here; every other one is only given back.
//
// Threads: immutable.
// Source:  contract 4.3 and 5; RFC 7519 4.1, RFC 9068 2.2, RFC 8693 4; for what is no access token
//          contract 4.5.
#pragma once

#include <cstdint>
#include <string_view>

#include "token/record.h"

namespace introspectd::claims {

// Who says it: an issuer that pushes the token, or the payload of a JWT.
enum class Origin : std::uint8_t { kPush, kJwt };

enum class Kind : std::uint8_t {
  kActive,
  kText,
  kString,
  kTime,
  kAudience,
  kScopes,  // of a JWT: a string or an array of strings
  kObject,
  kArray,
  kTokenType,
  kConfirmation,
  kExtendedClaims,
  kTokenUse,
  kTyp,
  kOfAnotherToken,  // of a JWT that is no access token
  kExtension,
};

struct Known {
  std::string_view name;
  Kind kind;
  token::Field field = token::Field::kIss;  // kText and kScopes
};

Known Look(std::string_view name, Origin origin);

}  // namespace introspectd::claims
