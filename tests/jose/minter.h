// Makes JWTs, good ones and every other kind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/private_key.h"
#include "introspectd/config.h"
#include "introspectd/time.h"
#include "jose/jwk.h"

namespace introspectd::jose {

inline constexpr UnixSeconds kMintedAt = 1'700'000'000;
inline constexpr std::int64_t kBoot_ms = 50'000;  // then
inline constexpr std::string_view kIssuer = "https://server.example.com/";

// {"iss":…,"aud":…,"exp":…,"iat":…} and more members, which begin with a comma.
std::string Claims(std::string_view more = "", UnixSeconds lifetime_s = 600);

class Minter {
 public:
  explicit Minter(crypto::SignatureAlgorithm algorithm, std::string kid = "k");

  // A good access token.
  std::string Mint(std::string_view claims = Claims()) const { return Sign(Header(), claims); }
  // `header` and `claims` as they are, whatever they say.
  std::string Sign(std::string_view header, std::string_view claims) const;
  // {"alg":…,"typ":"at+jwt","kid":…} and more members.
  std::string Header(std::string_view more = "") const;

  Jwk jwk() const;
  std::string jwk_text() const;
  crypto::SignatureAlgorithm algorithm() const { return algorithm_; }
  const crypto::PrivateKey& key() const { return key_; }

 private:
  crypto::SignatureAlgorithm algorithm_;
  std::string kid_;
  crypto::PrivateKey key_;
};

// Keys are dear: all tests of a program share these, whose key identifiers are "rsa" and "ec".
const Minter& Rsa();
const Minter& Ec();

// The parts of a token, encoded and joined.
std::string Join(std::string_view header, std::string_view claims, std::string_view signature);

// One that takes all that Minters make.
IssuerConfig TakesAll();

}  // namespace introspectd::jose
