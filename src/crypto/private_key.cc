#include "crypto/private_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "crypto/algorithms.h"
#include "crypto/openssl_ptr.h"

namespace introspectd::crypto {

namespace {

// As many bytes as `size`, or as the number needs.
std::string Bytes(const BIGNUM* number, std::size_t size = 0) {
  if (size == 0) size = static_cast<std::size_t>(BN_num_bytes(number));
  std::string bytes(size, '\0');
  CHECK(BN_bn2binpad(number, Unsigned(bytes.data()), static_cast<int>(size)) >= 0);
  return bytes;
}

std::string NumberOf(EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* number = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  return Bytes(BignumPtr(number).get(), size);
}

std::optional<PublicKey> EcKeyOf(EVP_PKEY* key) {
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return std::nullopt;
  for (const Curve curve : {Curve::kP256, Curve::kP384, Curve::kP521}) {
    const CurveTraits& traits = TraitsOf(curve);
    if (std::string_view(traits.openssl_name) != name.data()) continue;
    return EcPublicKey{curve, NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, traits.field_bytes),
                       NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, traits.field_bytes)};
  }
  return std::nullopt;
}

PublicKey Ed25519KeyOf(EVP_PKEY* key) {
  std::string x(32, '\0');
  std::size_t size = x.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, Unsigned(x.data()), &size) == 1 && size == x.size());
  return Ed25519PublicKey{std::move(x)};
}

// Nothing when it is of a kind that no algorithm of ours has.
std::optional<PublicKey> PublicKeyOf(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    return RsaPublicKey{NumberOf(key, OSSL_PKEY_PARAM_RSA_N), NumberOf(key, OSSL_PKEY_PARAM_RSA_E)};
  }
  if (EVP_PKEY_is_a(key, "EC") == 1) return EcKeyOf(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return Ed25519KeyOf(key);
  return std::nullopt;
}

// OpenSSL would ask for a password on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

std::string RawEcdsa(const CurveTraits& curve, std::string_view der) {
  const unsigned char* in = Unsigned(der.data());
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
  CHECK(signature != nullptr);
  return Bytes(ECDSA_SIG_get0_r(signature.get()), curve.field_bytes) +
         Bytes(ECDSA_SIG_get0_s(signature.get()), curve.field_bytes);
}

void BeginSigning(EVP_MD_CTX* context, EVP_PKEY* key, const AlgorithmTraits& traits) {
  EVP_PKEY_CTX* key_context = nullptr;  // borrowed from `context`
  CHECK(EVP_DigestSignInit_ex(context, &key_context, OpensslNameOf(traits.hash), nullptr, nullptr,
                              key, nullptr) == 1);
  if (traits.scheme != Scheme::kPss) return;
  CHECK(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

EVP_PKEY* NewKey(const AlgorithmTraits& traits, int rsa_bits) {
  switch (traits.scheme) {
    case Scheme::kPkcs1:
    case Scheme::kPss:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
    case Scheme::kEcdsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", TraitsOf(traits.curve).openssl_name);
    case Scheme::kEdDsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

}  // namespace

struct PrivateKey::Impl {
  PkeyPtr key;
  PublicKey public_key;
};

PrivateKey PrivateKey::Generate(SignatureAlgorithm algorithm, int rsa_bits) {
  PkeyPtr key(NewKey(TraitsOf(algorithm), rsa_bits));
  CHECK(key != nullptr);
  PublicKey public_key = PublicKeyOf(key.get()).value();
  return PrivateKey(
      std::unique_ptr<Impl>(new Impl{.key = std::move(key), .public_key = std::move(public_key)}));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PkeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError("not a private key in PEM without a password");
  }
  std::optional<PublicKey> public_key = PublicKeyOf(key.get());
  if (!public_key) {
    return absl::InvalidArgumentError("not a key of RSA, P-256, P-384, P-521 or Ed25519");
  }
  return PrivateKey(
      std::unique_ptr<Impl>(new Impl{.key = std::move(key), .public_key = *std::move(public_key)}));
}

PrivateKey::PrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

std::string PrivateKey::ToPem() const {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  CHECK(PEM_write_bio_PKCS8PrivateKey(out.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

PublicKey PrivateKey::public_key() const { return impl_->public_key; }

absl::StatusOr<std::string> PrivateKey::Sign(SignatureAlgorithm algorithm,
                                             std::string_view message) const {
  if (!Fits(algorithm, impl_->public_key)) {
    return absl::InvalidArgumentError("the algorithm does not fit the key");
  }
  const AlgorithmTraits& traits = TraitsOf(algorithm);
  const MdCtxPtr context(EVP_MD_CTX_new());
  BeginSigning(context.get(), impl_->key.get(), traits);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get())), '\0');
  std::size_t size = signature.size();
  CHECK(EVP_DigestSign(context.get(), Unsigned(signature.data()), &size, Unsigned(message.data()),
                       message.size()) == 1);
  signature.resize(size);
  if (traits.scheme == Scheme::kEcdsa) return RawEcdsa(TraitsOf(traits.curve), signature);
  return signature;
}

}  // namespace introspectd::crypto
