// What a request presents as client credentials: client_secret_basic, client_secret_post,
// private_key_jwt, or an access token. A certificate is no part of the request.
//
// Threads: values. Views are into the request, or into the scratch that was given.
// Source:  RFC 6749 2.3.1, RFC 7617, RFC 7521 4.2, RFC 6750 2.1. Half of the gateways form-encode
// id and secret inside Basic,
//          half do not: both readings of a pair are presented.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "introspectd/config.h"

namespace introspectd::client {

enum class Scheme : std::uint8_t { kNone, kBasic, kBearer, kOther };

struct Pair {
  std::string_view id;
  std::string_view secret;
  friend bool operator==(const Pair&, const Pair&) = default;
};

struct Presented {
  enum class Kind : std::uint8_t {
    kNothing,  // no mechanism; perhaps a client_id alone
    kPairs,
    kAssertion,      // the form's client_assertion, a JWT
    kBearer,         // `bearer`
    kUnusable,       // another scheme, or credentials that can't be read; half an assertion, or one
                     // of another type
    kContradiction,  // two mechanisms, or different credentials
  };
  Kind kind = Kind::kNothing;
  Scheme scheme = Scheme::kNone;
  AuthMethod method = AuthMethod::kClientSecretBasic;
  std::array<Pair, 2> pairs;  // kPairs: as sent, and, where it differs, form-decoded
  std::size_t pair_count = 0;
  std::string_view bearer;
};

struct FormCredentials {
  std::optional<std::string_view> client_id;  // decoded; absent when empty
  std::optional<std::string_view> client_secret;
  std::optional<std::string_view> client_assertion;
  std::optional<std::string_view> client_assertion_type;

  bool has_assertion() const { return client_assertion || client_assertion_type; }
  bool empty() const { return !client_id && !client_secret && !has_assertion(); }
};

inline constexpr std::string_view kJwtBearer =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// `authorization`: the header's value. `scratch` is overwritten and keeps its memory.
Presented ReadPresented(std::optional<std::string_view> authorization, const FormCredentials& form,
                        std::string& scratch);

// The token of "Bearer <token>", or nothing.
std::optional<std::string_view> BearerToken(std::string_view authorization);

}  // namespace introspectd::client
