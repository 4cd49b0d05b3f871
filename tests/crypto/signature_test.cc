#include "crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <string>
#include <vector>

#include "crypto/algorithms.h"
#include "crypto/openssl_ptr.h"
#include "crypto/private_key.h"
#include "crypto/vectors.h"

namespace introspectd::crypto {
namespace {

using Algorithm = SignatureAlgorithm;

constexpr std::string_view kMessage = "header.payload";

std::vector<Algorithm> AllAlgorithms() {
  std::vector<Algorithm> all;
  for (std::size_t i = 0; i < kSignatureAlgorithms; ++i) all.push_back(static_cast<Algorithm>(i));
  return all;
}

// One key a kind, since those of RSA take long to make.
const PrivateKey& KeyOf(Algorithm algorithm) {
  static const PrivateKey rsa = PrivateKey::Generate(Algorithm::kRs256);
  static const PrivateKey p256 = PrivateKey::Generate(Algorithm::kEs256);
  static const PrivateKey p384 = PrivateKey::Generate(Algorithm::kEs384);
  static const PrivateKey p521 = PrivateKey::Generate(Algorithm::kEs512);
  static const PrivateKey ed25519 = PrivateKey::Generate(Algorithm::kEdDsa);
  for (const PrivateKey* key : {&rsa, &p256, &p384, &p521}) {
    if (Fits(algorithm, key->public_key())) return *key;
  }
  return ed25519;
}

SignatureVerifier VerifierOf(const PublicKey& key, Algorithm algorithm) {
  static const Library library;
  auto verifier = SignatureVerifier::Create(library, key, algorithm);
  EXPECT_TRUE(verifier.ok()) << verifier.status();
  return *std::move(verifier);
}

bool Verify(SignatureVerifier& verifier, std::string_view message, std::string_view signature) {
  const bool good = verifier.Verify(message, Sha256Of(message), signature);
  EXPECT_EQ(ERR_peek_error(), 0u) << "an error was left behind";
  return good;
}

void ExpectIsThatOf(const Vector& vector) {
  SignatureVerifier verifier = VerifierOf(vector.key, vector.algorithm);
  EXPECT_TRUE(Verify(verifier, vector.message, vector.signature));
  EXPECT_FALSE(Verify(verifier, vector.message + ".", vector.signature));
}

TEST(SignatureTest, IsThatOfTheRfcs) {
  ExpectIsThatOf(Rs256Vector());
  ExpectIsThatOf(Es256Vector());
  ExpectIsThatOf(Es512Vector());
  ExpectIsThatOf(EdDsaVector());
}

TEST(SignatureTest, NamesAreExact) {
  for (const Algorithm algorithm : AllAlgorithms()) {
    EXPECT_EQ(SignatureAlgorithmOf(NameOf(algorithm)), algorithm);
  }
  for (const char* name : {"", "none", "HS256", "rs256", "RS256 ", "RS2", "ES256K", "Ed25519"}) {
    EXPECT_EQ(SignatureAlgorithmOf(name), std::nullopt) << name;
  }
  EXPECT_EQ(SignatureAlgorithmOf(std::string_view("RS256\0", 6)), std::nullopt);
}

class EveryAlgorithm : public testing::TestWithParam<Algorithm> {};

INSTANTIATE_TEST_SUITE_P(, EveryAlgorithm, testing::ValuesIn(AllAlgorithms()),
                         [](const auto& of) { return std::string(NameOf(of.param)); });

TEST_P(EveryAlgorithm, VerifiesAgainAndAgainAlsoAfterFailures) {
  const PrivateKey& key = KeyOf(GetParam());
  SignatureVerifier verifier = VerifierOf(key.public_key(), GetParam());
  EXPECT_EQ(verifier.algorithm(), GetParam());
  const std::string empty = *key.Sign(GetParam(), "");
  for (int i = 0; i < 3; ++i) {
    const std::string message =
        std::string(kMessage) + std::string(static_cast<std::size_t>(i), 'x');
    const std::string signature = *key.Sign(GetParam(), message);
    EXPECT_TRUE(Verify(verifier, message, signature));
    EXPECT_TRUE(Verify(verifier, message, signature));
    EXPECT_FALSE(Verify(verifier, message + "x", signature));
    EXPECT_FALSE(Verify(verifier, message, empty));
    EXPECT_TRUE(Verify(verifier, "", empty));
  }
}

TEST_P(EveryAlgorithm, RefusesEveryFlippedByte) {
  const PrivateKey& key = KeyOf(GetParam());
  SignatureVerifier verifier = VerifierOf(key.public_key(), GetParam());
  const std::string good = *key.Sign(GetParam(), kMessage);
  for (std::size_t i = 0; i < good.size(); i += 5) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(Verify(verifier, kMessage, bad)) << i;
  }
  EXPECT_TRUE(Verify(verifier, kMessage, good));
}

TEST_P(EveryAlgorithm, RefusesEveryOtherLength) {
  const PrivateKey& key = KeyOf(GetParam());
  SignatureVerifier verifier = VerifierOf(key.public_key(), GetParam());
  const std::string good = *key.Sign(GetParam(), kMessage);
  for (const std::string& bad :
       {std::string(), good.substr(1), good.substr(0, good.size() - 1), good + '\0', '\0' + good,
        std::string(good.size(), '\0'), std::string(good.size(), '\xff'), good + good,
        std::string(100'000, 'x')}) {
    EXPECT_FALSE(Verify(verifier, kMessage, bad)) << bad.size();
  }
}

TEST_P(EveryAlgorithm, RefusesSignaturesOfOtherAlgorithmsAndKeys) {
  const PrivateKey& key = KeyOf(GetParam());
  SignatureVerifier verifier = VerifierOf(key.public_key(), GetParam());
  for (const Algorithm other : AllAlgorithms()) {
    if (other == GetParam()) continue;
    EXPECT_FALSE(Verify(verifier, kMessage, *KeyOf(other).Sign(other, kMessage))) << NameOf(other);
  }
  const PrivateKey stranger = PrivateKey::Generate(GetParam());
  EXPECT_FALSE(Verify(verifier, kMessage, *stranger.Sign(GetParam(), kMessage)));
}

TEST_P(EveryAlgorithm, IsMadeForKeysThatFitAlone) {
  const Library library;
  for (const Algorithm other : AllAlgorithms()) {
    const PublicKey key = KeyOf(other).public_key();
    const auto verifier = SignatureVerifier::Create(library, key, GetParam());
    EXPECT_EQ(verifier.ok(), Fits(GetParam(), key));
    if (!verifier.ok()) {
      EXPECT_EQ(verifier.status().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

TEST_P(EveryAlgorithm, OutlivesAMove) {
  const PrivateKey& key = KeyOf(GetParam());
  SignatureVerifier first = VerifierOf(key.public_key(), GetParam());
  SignatureVerifier second = std::move(first);
  EXPECT_TRUE(Verify(second, kMessage, *key.Sign(GetParam(), kMessage)));
}

// The private key in the hands of OpenSSL itself, for signatures that ours does not make.
PkeyPtr OpensslKey(const PrivateKey& key) {
  const std::string pem = key.ToPem();
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return PkeyPtr(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
}

std::string SignPss(const PrivateKey& key, int salt_bytes, const EVP_MD* mask_hash) {
  const PkeyPtr openssl_key = OpensslKey(key);
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, openssl_key.get()),
            1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt_bytes), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(options, mask_hash), 1);
  std::string signature(256, '\0');
  std::size_t size = signature.size();
  EXPECT_EQ(EVP_DigestSign(context.get(), Unsigned(signature.data()), &size,
                           Unsigned(kMessage.data()), kMessage.size()),
            1);
  return signature;
}

TEST(PssTest, TheSaltIsAsLongAsTheDigestAndTheMaskHasTheSameHash) {
  const PrivateKey& key = KeyOf(Algorithm::kPs256);
  SignatureVerifier verifier = VerifierOf(key.public_key(), Algorithm::kPs256);
  EXPECT_TRUE(Verify(verifier, kMessage, SignPss(key, 32, EVP_sha256())));
  for (const int salt : {0, 20, 31, 33, 64}) {
    EXPECT_FALSE(Verify(verifier, kMessage, SignPss(key, salt, EVP_sha256()))) << salt;
  }
  EXPECT_FALSE(Verify(verifier, kMessage, SignPss(key, 32, EVP_sha1())));
  EXPECT_FALSE(Verify(verifier, kMessage, SignPss(key, 32, EVP_sha512())));
}

class Ecdsa : public testing::TestWithParam<Algorithm> {
 protected:
  const PrivateKey& key() { return KeyOf(GetParam()); }
  const CurveTraits& curve() { return TraitsOf(TraitsOf(GetParam()).curve); }
  std::string zero() { return std::string(curve().field_bytes, '\0'); }
  std::string one() { return std::string(curve().field_bytes - 1, '\0') + '\x01'; }
  std::string order() { return std::string(curve().order); }
  std::string Plus(std::string number, int small) {
    number.back() = static_cast<char>(number.back() + small);
    return number;
  }
};

INSTANTIATE_TEST_SUITE_P(, Ecdsa,
                         testing::Values(Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512),
                         [](const auto& of) { return std::string(NameOf(of.param)); });

TEST_P(Ecdsa, OrdersAreThoseOfOpenssl) {
  const EcGroupPtr group(EC_GROUP_new_by_curve_name(curve().openssl_id));
  std::string bytes(curve().field_bytes, '\0');
  BN_bn2binpad(EC_GROUP_get0_order(group.get()), Unsigned(bytes.data()),
               static_cast<int>(bytes.size()));
  EXPECT_EQ(bytes, curve().order);
}

// CVE-2022-21449 and its relatives.
TEST_P(Ecdsa, RefusesNumbersOutOfRange) {
  SignatureVerifier verifier = VerifierOf(key().public_key(), GetParam());
  const std::string good = *key().Sign(GetParam(), kMessage);
  const std::string r = good.substr(0, curve().field_bytes);
  const std::string s = good.substr(curve().field_bytes);
  const std::string all(curve().field_bytes, '\xff');
  std::string twin;
  for (const std::string& bad : {zero(), order(), Plus(order(), 1), all}) {
    for (const std::string& signature :
         {bad + s, r + bad, bad + bad, bad + one(), one() + bad, zero() + bad, bad + zero()}) {
      EXPECT_FALSE(Verify(verifier, kMessage, signature));
      EXPECT_FALSE(TwinOf(GetParam(), signature, twin));
    }
  }
  EXPECT_FALSE(Verify(verifier, kMessage, one() + one()));
  EXPECT_FALSE(Verify(verifier, kMessage, Plus(order(), -1) + Plus(order(), -1)));
  EXPECT_TRUE(Verify(verifier, kMessage, good));
}

TEST_P(Ecdsa, RefusesDer) {
  const PkeyPtr openssl_key = OpensslKey(key());
  const MdCtxPtr context(EVP_MD_CTX_new());
  const char* hash = OpensslNameOf(TraitsOf(GetParam()).hash);
  ASSERT_EQ(EVP_DigestSignInit_ex(context.get(), nullptr, hash, nullptr, nullptr, openssl_key.get(),
                                  nullptr),
            1);
  std::string der(200, '\0');
  std::size_t size = der.size();
  ASSERT_EQ(EVP_DigestSign(context.get(), Unsigned(der.data()), &size, Unsigned(kMessage.data()),
                           kMessage.size()),
            1);
  der.resize(size);
  SignatureVerifier verifier = VerifierOf(key().public_key(), GetParam());
  EXPECT_FALSE(Verify(verifier, kMessage, der));
  der.resize(2 * curve().field_bytes);
  EXPECT_FALSE(Verify(verifier, kMessage, der));
}

// So that r or s is short, or begins with a set bit, often enough.
TEST_P(Ecdsa, ManySignaturesAndTheirTwinsAreGood) {
  SignatureVerifier verifier = VerifierOf(key().public_key(), GetParam());
  for (int i = 0; i < 100; ++i) {
    const std::string signature = *key().Sign(GetParam(), kMessage);
    ASSERT_TRUE(Verify(verifier, kMessage, signature));
    std::string twin;
    ASSERT_TRUE(TwinOf(GetParam(), signature, twin));
    EXPECT_NE(twin, signature);
    EXPECT_TRUE(Verify(verifier, kMessage, twin));
    EXPECT_FALSE(Verify(verifier, "another", twin));
    std::string back;
    ASSERT_TRUE(TwinOf(GetParam(), twin, back));
    EXPECT_EQ(back, signature);
  }
}

TEST(TwinTest, OnlyEcdsaHasThem) {
  std::string twin = "untouched";
  for (const Algorithm algorithm : AllAlgorithms()) {
    const bool is_ecdsa = TraitsOf(algorithm).scheme == Scheme::kEcdsa;
    const std::string signature = *KeyOf(algorithm).Sign(algorithm, kMessage);
    if (!is_ecdsa) {
      EXPECT_FALSE(TwinOf(algorithm, signature, twin));
      EXPECT_EQ(twin, "untouched");
    }
    EXPECT_FALSE(TwinOf(algorithm, signature.substr(1), twin));
    EXPECT_FALSE(TwinOf(algorithm, "", twin));
  }
}

}  // namespace
}  // namespace introspectd::crypto
