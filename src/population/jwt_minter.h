// Makes JWT access tokens (RFC 9068) of claims, as an issuer with one key does.
//
// Threads: one thread at a time; a Clone for each other one.
// Cost:    that of a signature: some 25 µs for ES256, 35 µs for EdDSA, 0.3 ms for RSA of 2048 bits.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/private_key.h"
#include "crypto/signature.h"

namespace introspectd::population {

class JwtMinter {
 public:
  // InvalidArgument when a server would not trust the key, or the algorithm does not fit it.
  static absl::StatusOr<JwtMinter> Create(crypto::SignatureAlgorithm algorithm,
                                          crypto::PrivateKey key);

  JwtMinter Clone() const;

  // The token that says `claims`, an object. With RS* and EdDSA the same claims give the same
  // token; signatures of PS* and ES* are random.
  std::string Mint(std::string_view claims) const;

  // The RFC 7638 thumbprint of the key, in base64url.
  const std::string& kid() const { return kid_; }
  // What the issuer publishes, as jwks_file takes it.
  std::string JwkSet() const;

 private:
  JwtMinter(crypto::SignatureAlgorithm algorithm, crypto::PrivateKey key);

  crypto::SignatureAlgorithm algorithm_;
  crypto::PrivateKey key_;
  std::string kid_;
  std::string header_;  // in base64url, with the dot
};

}  // namespace introspectd::population
