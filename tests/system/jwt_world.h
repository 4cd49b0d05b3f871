// What the tests of JWTs say and ask.
//
// Threads: values and functions; a connection has one owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/wire.h"
#include "support/world.h"

namespace introspectd::system_test {

inline constexpr std::string_view kApi = "https://api.example/";

// [[issuers]]; `keys` is its line of jwks_uri or jwks_file, `more` are further lines.
struct IssuerTable {
  std::string issuer;
  std::string keys;
  std::vector<std::string> algorithms = {"ES256"};
  std::vector<std::string> audiences = {std::string(kApi)};
  std::vector<std::string> types = {"at+jwt"};
  std::string more = "";

  std::string Text() const;
};

enum class Verdict : std::uint8_t { kActive, kInactive, kNotNow, kWrong };  // kNotNow: 503
Verdict VerdictOf(const support::Response& response);
Verdict Judge(support::Connection& connection, std::string_view token);

// An access token of `issuer` from a minute ago, but for a kid that nobody has and a signature that
// is none.
std::string TokenOfUnknownKey(std::string_view issuer, std::string_view kid);

}  // namespace introspectd::system_test
