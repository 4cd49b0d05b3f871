#include "bare_openssl.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <iostream>

#include "crypto/digest.h"

namespace introspectd::crypto {

void Require(bool condition) {
  if (condition) return;
  std::cerr << "a signature was not verified, or a key not made\n";
  std::exit(1);
}

PkeyPtr KeyOf(const PrivateKey& key) {
  const std::string pem = key.ToPem();
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PkeyPtr read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  Require(read != nullptr);
  return read;
}

BareOpenssl::BareOpenssl(SignatureAlgorithm algorithm, EVP_PKEY* key) {
  if (algorithm == SignatureAlgorithm::kEdDsa) {
    message_context_.reset(EVP_MD_CTX_new());
    Require(EVP_DigestVerifyInit(message_context_.get(), nullptr, nullptr, nullptr, key) == 1);
    return;
  }
  context_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  Require(EVP_PKEY_verify_init(context_.get()) == 1);
  if (algorithm == SignatureAlgorithm::kRs256) {
    Require(EVP_PKEY_CTX_set_rsa_padding(context_.get(), RSA_PKCS1_PADDING) == 1);
  }
  Require(EVP_PKEY_CTX_set_signature_md(context_.get(), EVP_sha256()) == 1);
}

std::string BareOpenssl::Prepared(SignatureAlgorithm algorithm, const std::string& signature) {
  if (algorithm != SignatureAlgorithm::kEs256) return signature;
  const EcdsaSigPtr numbers(ECDSA_SIG_new());
  const int half = static_cast<int>(signature.size() / 2);
  ECDSA_SIG_set0(numbers.get(), BN_bin2bn(Unsigned(signature.data()), half, nullptr),
                 BN_bin2bn(Unsigned(signature.data()) + half, half, nullptr));
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(numbers.get(), nullptr)), '\0');
  unsigned char* to = Unsigned(der.data());
  i2d_ECDSA_SIG(numbers.get(), &to);
  return der;
}

bool BareOpenssl::Verify(std::string_view message, std::string_view prepared) {
  if (message_context_ != nullptr) {
    return EVP_DigestVerify(message_context_.get(), Unsigned(prepared.data()), prepared.size(),
                            Unsigned(message.data()), message.size()) == 1;
  }
  const Sha256 hash = Sha256Of(message);
  return EVP_PKEY_verify(context_.get(), Unsigned(prepared.data()), prepared.size(), hash.data(),
                         hash.size()) == 1;
}

}  // namespace introspectd::crypto
