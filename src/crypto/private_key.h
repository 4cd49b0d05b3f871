// Private keys: for those who mint tokens (introspect-cli generate, tests, benches), never for the
// server.
//
// Threads: one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/signature.h"

namespace introspectd::crypto {

class PrivateKey {
 public:
  // A new one that fits the algorithm; RSA of `rsa_bits`.
  static PrivateKey Generate(SignatureAlgorithm algorithm, int rsa_bits = 2048);
  // PEM, as `openssl genpkey` writes it, without a password. Errors do not repeat any of it.
  static absl::StatusOr<PrivateKey> FromPem(std::string_view pem);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  std::string ToPem() const;
  PublicKey public_key() const;

  // The raw signature, as a JWS carries it. InvalidArgument when the algorithm does not fit the
  // key.
  absl::StatusOr<std::string> Sign(SignatureAlgorithm algorithm, std::string_view message) const;

 private:
  struct Impl;
  explicit PrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::crypto
