#include "crypto/signature.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include <array>
#include <bit>
#include <optional>
#include <span>
#include <utility>

#include "base/check.h"
#include "crypto/algorithms.h"
#include "crypto/ecdsa.h"
#include "crypto/openssl_ptr.h"
#include "crypto/pkcs1.h"

namespace introspectd::crypto {

namespace {

constexpr std::size_t kEd25519SignatureBytes = 64;

// OpenSSL takes parameters as pointers to what it may write to, and does not.
char* Text(const char* text) { return const_cast<char*>(text); }

OSSL_PARAM TextParam(const char* name, const char* value) {
  return OSSL_PARAM_construct_utf8_string(name, Text(value), 0);
}

PkeyPtr MakeKey(OSSL_LIB_CTX* library, const char* type, std::span<OSSL_PARAM> params) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(library, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.data()) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

PkeyPtr MakeKey(OSSL_LIB_CTX* library, const RsaPublicKey& key) {
  static_assert(std::endian::native == std::endian::little, "OpenSSL wants the machine's order");
  std::string n(key.modulus.rbegin(), key.modulus.rend());
  std::string e(key.exponent.rbegin(), key.exponent.rend());
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, Unsigned(n.data()), n.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, Unsigned(e.data()), e.size()),
      OSSL_PARAM_construct_end()};
  return MakeKey(library, "RSA", params);
}

PkeyPtr MakeKey(OSSL_LIB_CTX* library, const EcPublicKey& key) {
  std::string point = '\x04' + key.x + key.y;
  OSSL_PARAM params[] = {
      TextParam(OSSL_PKEY_PARAM_GROUP_NAME, TraitsOf(key.curve).openssl_name),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return MakeKey(library, "EC", params);
}

PkeyPtr MakeKey(OSSL_LIB_CTX* library, const Ed25519PublicKey& key) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, Text(key.x.data()), key.x.size()),
      OSSL_PARAM_construct_end()};
  return MakeKey(library, "ED25519", params);
}

// Only the public operation: what comes of it is compared by Pkcs1Encoding.
bool PrepareRecovery(EVP_PKEY_CTX* context) {
  const OSSL_PARAM params[] = {
      TextParam(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_NONE),
      OSSL_PARAM_construct_end()};
  return EVP_PKEY_verify_recover_init_ex(context, params) == 1;
}

// Everything that EVP_PKEY_verify would otherwise look up is set here, once.
bool Prepare(EVP_PKEY_CTX* context, const AlgorithmTraits& traits) {
  if (traits.scheme == Scheme::kPkcs1) return PrepareRecovery(context);
  const char* const hash = OpensslNameOf(traits.hash);
  const OSSL_PARAM digest = TextParam(OSSL_SIGNATURE_PARAM_DIGEST, hash);
  const OSSL_PARAM end = OSSL_PARAM_construct_end();
  const OSSL_PARAM ecdsa[] = {digest, end};
  const OSSL_PARAM pss[] = {
      digest, TextParam(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PSS),
      TextParam(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, hash),
      TextParam(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST), end};
  return EVP_PKEY_verify_init_ex(context, traits.scheme == Scheme::kPss ? pss : ecdsa) == 1;
}

// The only length a signature may have: OpenSSL takes some that are shorter.
std::size_t SignatureBytesOf(const PublicKey& key) {
  if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) return rsa->modulus.size();
  if (const auto* ec = std::get_if<EcPublicKey>(&key)) return 2 * TraitsOf(ec->curve).field_bytes;
  return kEd25519SignatureBytes;
}

}  // namespace

// The provider goes before the context does, or stays for ever.
struct Library::Impl {
  LibCtxPtr context{OSSL_LIB_CTX_new()};
  ProviderPtr provider{OSSL_PROVIDER_load(context.get(), "default")};
};

Library::Library() : impl_(new Impl) {
  CHECK(impl_->context != nullptr && impl_->provider != nullptr);
}

Library::~Library() = default;

struct SignatureVerifier::Impl {
  bool MakeReady(OSSL_LIB_CTX* library, const PublicKey& public_key);
  bool VerifyHashed(std::span<const std::uint8_t> hash, std::string_view signature);
  bool VerifyPkcs1(std::span<const std::uint8_t> hash, std::string_view signature);
  bool VerifyEcdsa(std::span<const std::uint8_t> hash, std::string_view signature);
  bool VerifyMessage(std::string_view message, std::string_view signature);
  bool Verify(std::string_view message, const Sha256& sha256, std::string_view signature);

  SignatureAlgorithm algorithm;
  const AlgorithmTraits& traits;
  std::size_t signature_bytes = 0;
  PkeyPtr key;
  PkeyCtxPtr of_hashes;                     // RSA and ECDSA
  MdCtxPtr of_messages{};                   // EdDSA
  std::optional<Pkcs1Encoding> encoding{};  // kPkcs1
};

bool SignatureVerifier::Impl::MakeReady(OSSL_LIB_CTX* library, const PublicKey& public_key) {
  signature_bytes = SignatureBytesOf(public_key);
  key = std::visit([library](const auto& one) { return MakeKey(library, one); }, public_key);
  if (key == nullptr) return false;
  if (traits.scheme == Scheme::kEdDsa) {
    of_messages.reset(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit_ex(of_messages.get(), nullptr, nullptr, library, nullptr, key.get(),
                                   nullptr) == 1;
  }
  if (traits.scheme == Scheme::kPkcs1) encoding.emplace(traits.hash, signature_bytes);
  of_hashes.reset(EVP_PKEY_CTX_new_from_pkey(library, key.get(), nullptr));
  return of_hashes != nullptr && Prepare(of_hashes.get(), traits);
}

bool SignatureVerifier::Impl::VerifyHashed(std::span<const std::uint8_t> hash,
                                           std::string_view signature) {
  if (traits.scheme == Scheme::kEcdsa) return VerifyEcdsa(hash, signature);
  if (traits.scheme == Scheme::kPkcs1) return VerifyPkcs1(hash, signature);
  return EVP_PKEY_verify(of_hashes.get(), Unsigned(signature.data()), signature.size(), hash.data(),
                         hash.size()) == 1;
}

// Not EVP_PKEY_verify, which copies, builds and takes apart some buffers on the heap: a fortieth of
// the whole.
bool SignatureVerifier::Impl::VerifyPkcs1(std::span<const std::uint8_t> hash,
                                          std::string_view signature) {
  std::array<std::uint8_t, kModulusBytesMax> encoded;
  std::size_t size = encoded.size();
  return EVP_PKEY_verify_recover(of_hashes.get(), encoded.data(), &size, Unsigned(signature.data()),
                                 signature.size()) == 1 &&
         encoding->Is({encoded.data(), size}, hash);
}

bool SignatureVerifier::Impl::VerifyEcdsa(std::span<const std::uint8_t> hash,
                                          std::string_view signature) {
  const CurveTraits& curve = TraitsOf(traits.curve);
  if (!IsEcdsaSignature(curve, signature)) return false;
  EcdsaDer buffer;
  const auto der = EncodeEcdsaDer(curve, signature, buffer);
  return EVP_PKEY_verify(of_hashes.get(), der.data(), der.size(), hash.data(), hash.size()) == 1;
}

// One shot, as Ed25519 is defined: the context keeps nothing of it, and is as it was made.
bool SignatureVerifier::Impl::VerifyMessage(std::string_view message, std::string_view signature) {
  return EVP_DigestVerify(of_messages.get(), Unsigned(signature.data()), signature.size(),
                          Unsigned(message.data()), message.size()) == 1;
}

bool SignatureVerifier::Impl::Verify(std::string_view message, const Sha256& sha256,
                                     std::string_view signature) {
  if (signature.size() != signature_bytes) return false;
  switch (traits.hash) {
    case Hash::kSha256:
      return VerifyHashed(sha256, signature);
    case Hash::kSha384:
      return VerifyHashed(Sha384Of(message), signature);
    case Hash::kSha512:
      return VerifyHashed(Sha512Of(message), signature);
    case Hash::kItsOwn:
      return VerifyMessage(message, signature);
  }
  return false;
}

absl::StatusOr<SignatureVerifier> SignatureVerifier::Create(const Library& library,
                                                            const PublicKey& key,
                                                            SignatureAlgorithm algorithm) {
  const absl::Status good = CheckPublicKey(key);
  if (!good.ok()) return good;
  if (!Fits(algorithm, key)) {
    return absl::InvalidArgumentError("the key does not fit the algorithm");
  }
  std::unique_ptr<Impl> impl(new Impl{.algorithm = algorithm, .traits = TraitsOf(algorithm)});
  if (!impl->MakeReady(library.impl().context.get(), key)) {
    ERR_clear_error();
    return absl::InvalidArgumentError("OpenSSL does not take the key");
  }
  return SignatureVerifier(std::move(impl));
}

SignatureVerifier::SignatureVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SignatureVerifier::SignatureVerifier(SignatureVerifier&&) noexcept = default;
SignatureVerifier& SignatureVerifier::operator=(SignatureVerifier&&) noexcept = default;
SignatureVerifier::~SignatureVerifier() = default;

SignatureAlgorithm SignatureVerifier::algorithm() const { return impl_->algorithm; }

bool SignatureVerifier::Verify(std::string_view message, const Sha256& sha256,
                               std::string_view signature) {
  const bool good = impl_->Verify(message, sha256, signature);
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace introspectd::crypto
