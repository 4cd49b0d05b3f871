#include "population/jwt_minter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "jose/jwk.h"
#include "jose/jws.h"
#include "text/base64.h"

namespace introspectd::population {
namespace {

using crypto::PrivateKey;
using crypto::SignatureAlgorithm;
using ::testing::HasSubstr;

constexpr std::string_view kClaims = R"({"iss":"https://server.example.com/","exp":1700000000})";

// RSA keys take long to make.
PrivateKey KeyFor(SignatureAlgorithm algorithm) {
  static const std::string rsa = PrivateKey::Generate(SignatureAlgorithm::kRs256).ToPem();
  return algorithm < SignatureAlgorithm::kEs256 ? PrivateKey::FromPem(rsa).value()
                                                : PrivateKey::Generate(algorithm);
}

JwtMinter MinterFor(SignatureAlgorithm algorithm) {
  return JwtMinter::Create(algorithm, KeyFor(algorithm)).value();
}

std::string Encoded(const crypto::Sha256& digest) {
  return text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// Whether the key of the set, and nothing else, says that this is a token of it.
bool Verifies(const jose::Jws& jws, const jose::Jwk& key) {
  const crypto::Library library;
  auto verifier = crypto::SignatureVerifier::Create(library, key.key, key.algorithm.value());
  std::string signature;
  return verifier.ok() && jose::DecodePart(jws.signature, signature) &&
         verifier->Verify(jws.signed_part, crypto::Sha256Of(jws.signed_part), signature);
}

class EachAlgorithmTest : public testing::TestWithParam<std::size_t> {
 protected:
  SignatureAlgorithm algorithm() const { return static_cast<SignatureAlgorithm>(GetParam()); }
};

TEST_P(EachAlgorithmTest, TheTokenIsOneOfThePublishedKey) {
  const JwtMinter minter = MinterFor(algorithm());
  const std::string token = minter.Mint(kClaims);
  const auto set = jose::ParseJwkSet(minter.JwkSet());
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->keys.size(), 1u);
  const jose::Jwk& key = set->keys[0];
  EXPECT_EQ(key.kid, minter.kid());
  EXPECT_EQ(minter.kid(), Encoded(key.thumbprint));
  EXPECT_EQ(key.algorithm, algorithm());
  EXPECT_THAT(minter.JwkSet(), HasSubstr(R"("use":"sig")"));
  const auto jws = jose::SplitCompact(token);
  ASSERT_TRUE(jws);
  EXPECT_TRUE(Verifies(*jws, key));
}

TEST_P(EachAlgorithmTest, TheTokenSaysWhatItIs) {
  const JwtMinter minter = MinterFor(algorithm());
  const std::string token = minter.Mint(kClaims);
  const auto jws = jose::SplitCompact(token);
  ASSERT_TRUE(jws);
  jose::HeaderReader reader;
  jose::Header header;
  ASSERT_EQ(reader.Read(jws->header, header), jose::Refusal::kNone);
  EXPECT_EQ(header.algorithm, algorithm());
  EXPECT_EQ(header.type, "at+jwt");
  EXPECT_EQ(header.kid, minter.kid());
  std::string claims;
  ASSERT_TRUE(jose::DecodePart(jws->payload, claims));
  EXPECT_EQ(claims, kClaims);
}

TEST_P(EachAlgorithmTest, TheSameClaimsAreTheSameTokenUnlessSignaturesAreRandom) {
  const JwtMinter minter = MinterFor(algorithm());
  const JwtMinter clone = minter.Clone();
  EXPECT_EQ(clone.kid(), minter.kid());
  const bool alike =
      algorithm() <= SignatureAlgorithm::kRs512 || algorithm() == SignatureAlgorithm::kEdDsa;
  EXPECT_EQ(minter.Mint(kClaims) == minter.Mint(kClaims), alike);
  EXPECT_EQ(minter.Mint(kClaims) == clone.Mint(kClaims), alike);
}

INSTANTIATE_TEST_SUITE_P(JwtMinter, EachAlgorithmTest,
                         testing::Range<std::size_t>(0, crypto::kSignatureAlgorithms),
                         [](const auto& test) {
                           return std::string(
                               crypto::NameOf(static_cast<SignatureAlgorithm>(test.param)));
                         });

TEST(JwtMinterTest, RefusesAKeyOfAnotherKind) {
  for (const auto& [algorithm, of, why] :
       {std::tuple{SignatureAlgorithm::kRs256, SignatureAlgorithm::kEs256,
                   "RS256 is not for a key of P-256"},
        std::tuple{SignatureAlgorithm::kEs256, SignatureAlgorithm::kEs512,
                   "ES256 is not for a key of P-521"},
        std::tuple{SignatureAlgorithm::kEdDsa, SignatureAlgorithm::kPs256,
                   "EdDSA is not for a key of RSA"},
        std::tuple{SignatureAlgorithm::kPs512, SignatureAlgorithm::kEdDsa,
                   "PS512 is not for a key of Ed25519"}}) {
    const auto minter = JwtMinter::Create(algorithm, KeyFor(of));
    EXPECT_EQ(minter.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(minter.status().message(), why);
  }
}

TEST(JwtMinterTest, RefusesAKeyThatAServerWouldNotTrust) {
  const auto minter = JwtMinter::Create(SignatureAlgorithm::kRs512,
                                        PrivateKey::Generate(SignatureAlgorithm::kRs512, 1024));
  EXPECT_EQ(minter.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace introspectd::population
