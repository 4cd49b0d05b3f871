// OpenSSL alone, as well as it can be used: what verifying is measured against.
//
// Threads: one thread; the key may be shared.
#pragma once

#include <string>
#include <string_view>

#include "crypto/openssl_ptr.h"
#include "crypto/private_key.h"
#include "crypto/signature.h"

namespace introspectd::crypto {

// Ends the program otherwise.
void Require(bool condition);

// With a key in the default library context.
PkeyPtr KeyOf(const PrivateKey& key);

// For RS256, ES256 and EdDSA: the context is prepared once, and signatures are in its own form.
class BareOpenssl {
 public:
  BareOpenssl(SignatureAlgorithm algorithm, EVP_PKEY* key);

  // DER for ECDSA.
  static std::string Prepared(SignatureAlgorithm algorithm, const std::string& signature);
  // The hash of the message is a part of it.
  bool Verify(std::string_view message, std::string_view prepared);

 private:
  PkeyCtxPtr context_;
  MdCtxPtr message_context_;  // EdDSA
};

}  // namespace introspectd::crypto
