#include "crypto/private_key.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/vectors.h"

namespace introspectd::crypto {
namespace {

using Algorithm = SignatureAlgorithm;

TEST(PrivateKeyTest, PemKeepsEverything) {
  for (const auto algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEs384,
                               Algorithm::kEs512, Algorithm::kEdDsa}) {
    const PrivateKey key = PrivateKey::Generate(algorithm);
    EXPECT_TRUE(CheckPublicKey(key.public_key()).ok());
    const std::string pem = key.ToPem();
    EXPECT_EQ(pem.rfind("-----BEGIN PRIVATE KEY-----\n", 0), 0u);
    const auto again = PrivateKey::FromPem(pem);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->ToPem(), pem);
    const Library library;
    auto verifier = SignatureVerifier::Create(library, key.public_key(), algorithm);
    ASSERT_TRUE(verifier.ok());
    EXPECT_TRUE(verifier->Verify("text", Sha256Of("text"), *again->Sign(algorithm, "text")));
  }
}

TEST(PrivateKeyTest, RsaHasTheBitsThatWereAskedFor) {
  const PublicKey key = PrivateKey::Generate(Algorithm::kPs512, 3072).public_key();
  EXPECT_EQ(std::get<RsaPublicKey>(key).modulus.size(), 384u);
}

// RFC 8037 A.1 and A.4, the key in the form of RFC 8410: Ed25519 signs alike every time.
TEST(PrivateKeyTest, SignsAsTheRfcDoes) {
  const auto key = PrivateKey::FromPem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(key.ok()) << key.status();
  const Vector vector = EdDsaVector();
  EXPECT_EQ(std::get<Ed25519PublicKey>(key->public_key()).x,
            std::get<Ed25519PublicKey>(vector.key).x);
  EXPECT_EQ(*key->Sign(Algorithm::kEdDsa, vector.message), vector.signature);
}

TEST(PrivateKeyTest, DoesNotSignWithWhatDoesNotFit) {
  const PrivateKey key = PrivateKey::Generate(Algorithm::kEs256);
  for (const auto algorithm : {Algorithm::kEs384, Algorithm::kRs256, Algorithm::kEdDsa}) {
    EXPECT_EQ(key.Sign(algorithm, "text").status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(PrivateKeyTest, RefusesWhatIsNoKeyOfOurs) {
  const PrivateKey good = PrivateKey::Generate(Algorithm::kEs256);
  const std::string pem = good.ToPem();
  const std::string inside = pem.substr(28, 40);
  for (const std::string& bad :
       {std::string(), std::string("text"), pem.substr(0, pem.size() / 2), pem.substr(1),
        std::string("-----BEGIN PRIVATE KEY-----\n") + inside + "\n-----END PRIVATE KEY-----\n"}) {
    const auto key = PrivateKey::FromPem(bad);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(key.status().message().find(inside), std::string::npos);
  }
}

TEST(PrivateKeyTest, RefusesOtherCurves) {
  // X25519: the key of RFC 7748 6.1 (Alice's).
  const auto x25519 = PrivateKey::FromPem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
      "-----END PRIVATE KEY-----\n");
  EXPECT_EQ(x25519.status().message(), "not a key of RSA, P-256, P-384, P-521 or Ed25519");
}

}  // namespace
}  // namespace introspectd::crypto
