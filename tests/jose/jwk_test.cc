#include "jose/jwk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/private_key.h"
#include "crypto/vectors.h"
#include "text/base64.h"

namespace introspectd::jose {
namespace {

using crypto::SignatureAlgorithm;
using testing::ElementsAre;
using testing::IsEmpty;

std::string RsaJwk(std::string_view extra = "") {
  const auto key = std::get<crypto::RsaPublicKey>(crypto::Rs256Vector().key);
  return R"({"kty":"RSA","e":"AQAB","n":")" + text::EncodeBase64Url(key.modulus) + "\"" +
         std::string(extra) + "}";
}

std::string RsaOf(std::string_view n, std::string_view e) {
  return R"({"kty":"RSA","n":")" + text::EncodeBase64Url(n) + R"(","e":")" +
         text::EncodeBase64Url(e) + "\"}";
}

std::string EcJwk(std::string_view extra = "") {
  return R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")" +
         std::string(extra) + "}";
}

std::string OkpJwk(std::string_view extra = "") {
  return R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")" +
         std::string(extra) + "}";
}

std::string Set(const std::vector<std::string>& keys) {
  std::string text = R"({"keys":[)";
  for (const std::string& key : keys) text += (text.back() == '[' ? "" : ",") + key;
  return text + "]}";
}

JwkSet Parsed(const std::vector<std::string>& keys) {
  auto set = ParseJwkSet(Set(keys));
  EXPECT_TRUE(set.ok()) << set.status();
  return set.ok() ? *std::move(set) : JwkSet{};
}

std::string WhyRefused(std::string_view text) {
  const auto set = ParseJwkSet(text);
  if (set.ok()) return "";
  EXPECT_EQ(set.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(set.status().message());
}

// Beside a good key, which stays.
std::string WhyIgnored(const std::string& key) {
  const JwkSet set = Parsed({key, OkpJwk(R"(,"kid":"good")")});
  EXPECT_EQ(set.ignored.size() + set.keys.size(), 2u);
  return set.ignored.empty() ? "" : set.ignored[0];
}

TEST(JwkSetTest, ReadsEveryKindOfKey) {
  const JwkSet set =
      Parsed({RsaJwk(R"(,"kid":"r","alg":"PS384","use":"sig")"), EcJwk(R"(,"kid":"e")"),
              OkpJwk(R"(,"key_ops":["sign","verify"],"x5c":["?"],"other":{"a":[1]})")});
  ASSERT_EQ(set.keys.size(), 3u);
  EXPECT_THAT(set.ignored, IsEmpty());
  EXPECT_EQ(set.keys[0].kid, "r");
  EXPECT_EQ(set.keys[0].algorithm, SignatureAlgorithm::kPs384);
  EXPECT_EQ(std::get<crypto::RsaPublicKey>(set.keys[0].key).modulus,
            std::get<crypto::RsaPublicKey>(crypto::Rs256Vector().key).modulus);
  EXPECT_EQ(std::get<crypto::RsaPublicKey>(set.keys[0].key).exponent, std::string("\1\0\1", 3));
  EXPECT_EQ(set.keys[1].kid, "e");
  EXPECT_EQ(set.keys[1].algorithm, std::nullopt);
  EXPECT_EQ(std::get<crypto::EcPublicKey>(set.keys[1].key).y,
            std::get<crypto::EcPublicKey>(crypto::Es256Vector().key).y);
  EXPECT_EQ(set.keys[2].kid, std::nullopt);
  EXPECT_EQ(std::get<crypto::Ed25519PublicKey>(set.keys[2].key).x,
            std::get<crypto::Ed25519PublicKey>(crypto::EdDsaVector().key).x);
}

TEST(JwkSetTest, AllowsTheAlgorithmThatIsNamedOrThoseThatFit) {
  const JwkSet set = Parsed({RsaJwk(R"(,"alg":"RS256")"), RsaJwk(), EcJwk(), OkpJwk()});
  const auto allows = [&set](std::size_t i, SignatureAlgorithm a) { return set.keys[i].Allows(a); };
  EXPECT_TRUE(allows(0, SignatureAlgorithm::kRs256));
  EXPECT_FALSE(allows(0, SignatureAlgorithm::kPs256));
  EXPECT_TRUE(allows(1, SignatureAlgorithm::kPs256));
  EXPECT_TRUE(allows(1, SignatureAlgorithm::kRs512));
  EXPECT_FALSE(allows(1, SignatureAlgorithm::kEs256));
  EXPECT_TRUE(allows(2, SignatureAlgorithm::kEs256));
  EXPECT_FALSE(allows(2, SignatureAlgorithm::kEs384));
  EXPECT_TRUE(allows(3, SignatureAlgorithm::kEdDsa));
  EXPECT_FALSE(allows(3, SignatureAlgorithm::kRs256));
}

TEST(JwkSetTest, RefusesWhatIsNoSet) {
  EXPECT_EQ(WhyRefused(""), "not one JSON object in UTF-8");
  EXPECT_EQ(WhyRefused("<html>"), "not one JSON object in UTF-8");
  EXPECT_EQ(WhyRefused(Set({EcJwk()}) + "x"), "not one JSON object in UTF-8");
  EXPECT_EQ(WhyRefused("[" + EcJwk() + "]"), "not a JSON object");
  EXPECT_EQ(WhyRefused("{}"), "it has no array \"keys\"");
  EXPECT_EQ(WhyRefused(EcJwk()), "it has no array \"keys\"");
  EXPECT_EQ(WhyRefused(R"({"keys":{}})"), "it has no array \"keys\"");
  EXPECT_EQ(WhyRefused(R"({"keys":null})"), "it has no array \"keys\"");
  EXPECT_EQ(WhyRefused(R"({"keys":[]})"), "the set is empty");
  EXPECT_EQ(WhyRefused(Set({EcJwk(), "7"})), "key 1 is no object");
  EXPECT_EQ(WhyRefused(Set({EcJwk(), "[]"})), "key 1 is no object");
}

TEST(JwkSetTest, RefusesWhatIsThereTwice) {
  constexpr const char* kMember = "a member stands twice in one object";
  EXPECT_EQ(WhyRefused(Set({EcJwk(R"(,"kid":"a","kid":"b")")})), kMember);
  EXPECT_EQ(WhyRefused(Set({EcJwk(R"(,"kid":"a","\u006bid":"b")")})), kMember);
  EXPECT_EQ(WhyRefused(R"({"keys":[],"keys":[]})"), kMember);
  EXPECT_EQ(WhyRefused(Set({EcJwk(R"(,"kid":"a")"), OkpJwk(), EcJwk(R"(,"kid":"a")")})),
            "key 2 (kid \"a\") is there twice");
  EXPECT_EQ(WhyRefused(Set({EcJwk(R"(,"kid":"a")"), RsaJwk(R"(,"kid":"a")")})), "");
  EXPECT_EQ(WhyRefused(Set({EcJwk(), EcJwk()})), "");
}

TEST(JwkSetTest, ADuplicateThatCannotBeUsedDoesNoHarm) {
  const JwkSet set = Parsed({EcJwk(R"(,"kid":"a","use":"enc")"), EcJwk(R"(,"kid":"a")")});
  EXPECT_EQ(set.keys.size(), 1u);
  EXPECT_THAT(set.ignored, ElementsAre("key 0 (kid \"a\"): it is not for verifying signatures"));
}

TEST(JwkSetTest, RefusesSecretsAnywhere) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    for (const char* value : {"\"c2VjcmV0\"", "null", "[]"}) {
      const std::string extra = R"(,"kid":"s",")" + std::string(member) + "\":" + value;
      EXPECT_EQ(WhyRefused(Set({EcJwk(), OkpJwk(extra)})),
                "key 1 (kid \"s\") is private or symmetric");
      EXPECT_EQ(WhyRefused(Set({EcJwk(), OkpJwk(extra + R"(,"use":"enc")")})),
                "key 1 (kid \"s\") is private or symmetric");
    }
  }
  EXPECT_EQ(WhyRefused(Set({EcJwk(), R"({"kty":"oct"})"})), "key 1 is private or symmetric");
  EXPECT_EQ(WhyRefused(Set({EcJwk(), R"({"kty":"?","\u0064":""})"})),
            "key 1 is private or symmetric");
}

TEST(JwkSetTest, KeepsItsLimits) {
  std::vector<std::string> keys(kJwkSetKeysMax, OkpJwk());
  EXPECT_EQ(Parsed(keys).keys.size(), kJwkSetKeysMax);
  keys.push_back(OkpJwk());
  EXPECT_EQ(WhyRefused(Set(keys)), "it has more than 100 keys");
  std::string text = Set({EcJwk()});
  text.append(kJwkSetBytesMax - text.size(), ' ');
  EXPECT_EQ(WhyRefused(text), "");
  EXPECT_EQ(WhyRefused(text + " "), "too large");
  std::string many = R"({"keys":[{})";
  for (int i = 1; i < 10'000; ++i) many += ",{}";
  EXPECT_EQ(WhyRefused(many + "]}"), "it has more than 100 keys");
  const std::string deep = std::string(20, '[') + std::string(20, ']');
  EXPECT_EQ(WhyRefused(Set({EcJwk(",\"deep\":" + deep)})), "nested too deeply");
}

TEST(JwkSetTest, IgnoresKeysForOtherUses) {
  for (const char* extra : {R"(,"use":"enc")", R"(,"use":1)", R"(,"use":"SIG")", R"(,"use":null)",
                            R"(,"key_ops":["encrypt"])", R"(,"key_ops":[])",
                            R"(,"key_ops":"verify")", R"(,"key_ops":[["verify"],1])"}) {
    EXPECT_EQ(WhyIgnored(EcJwk(extra)), "key 0: it is not for verifying signatures") << extra;
  }
  EXPECT_EQ(WhyIgnored(EcJwk(R"(,"key_ops":[1,"verify"])")), "");
}

TEST(JwkSetTest, IgnoresAlgorithmsThatAreUnknownOrDoNotFit) {
  for (const char* alg :
       {"\"none\"", "\"HS256\"", "\"es256\"", "\"ECDH-ES\"", "\"\"", "1", "null"}) {
    EXPECT_EQ(WhyIgnored(EcJwk(",\"alg\":" + std::string(alg))), "key 0: its alg is unknown")
        << alg;
  }
  for (const char* alg : {"ES384", "ES512", "RS256", "PS256", "EdDSA"}) {
    EXPECT_EQ(WhyIgnored(EcJwk(R"(,"alg":")" + std::string(alg) + "\"")),
              "key 0: its alg is not one of such keys");
  }
  EXPECT_EQ(WhyIgnored(RsaJwk(R"(,"alg":"ES256")")), "key 0: its alg is not one of such keys");
}

TEST(JwkSetTest, IgnoresUnknownTypesAndCurves) {
  EXPECT_EQ(WhyIgnored("{}"), "key 0: its type is unknown");
  EXPECT_EQ(WhyIgnored(R"({"kty":"AKP","alg":"ML-DSA-44"})"), "key 0: its type is unknown");
  EXPECT_EQ(WhyIgnored(R"({"kty":1})"), "key 0: its type is unknown");
  EXPECT_EQ(WhyIgnored(R"({"kty":"rsa"})"), "key 0: its type is unknown");
  EXPECT_EQ(WhyIgnored(R"({"kty":"EC","crv":"secp256k1","x":"","y":""})"),
            "key 0: its curve is unknown");
  EXPECT_EQ(WhyIgnored(R"({"kty":"EC","x":"","y":""})"), "key 0: its curve is unknown");
  EXPECT_EQ(WhyIgnored(R"({"kty":"OKP","crv":"X25519","x":""})"), "key 0: its curve is unknown");
}

TEST(JwkSetTest, IgnoresWeakRsaKeys) {
  const std::string e("\1\0\1", 3);
  EXPECT_EQ(WhyIgnored(RsaOf(std::string(128, '\xc5'), e)),
            "key 0: the RSA modulus has fewer than 2048 bits");
  EXPECT_EQ(WhyIgnored(RsaOf(std::string(2048, '\xc5'), e)),
            "key 0: the RSA modulus has more than 8192 bits");
  const std::string n = std::get<crypto::RsaPublicKey>(crypto::Rs256Vector().key).modulus;
  EXPECT_EQ(WhyIgnored(RsaOf(n, e)), "");
  EXPECT_EQ(WhyIgnored(RsaOf(n, "\1")), "key 0: the RSA exponent is not within 3 and 2^32 - 1");
  EXPECT_EQ(WhyIgnored(RsaOf(n, "\2")), "key 0: the RSA exponent is even");
  EXPECT_EQ(WhyIgnored(RsaOf("", e)), "key 0: an RSA number is empty or begins with a zero");
  EXPECT_EQ(WhyIgnored(RsaOf(n, std::string(3, '\0'))),
            "key 0: an RSA number is empty or begins with a zero");
}

TEST(JwkSetTest, LeadingZerosOfRsaNumbersAreNothing) {
  const std::string n = std::get<crypto::RsaPublicKey>(crypto::Rs256Vector().key).modulus;
  const JwkSet set = Parsed({RsaOf('\0' + n, std::string("\0\1\0\1", 4)), RsaJwk()});
  ASSERT_EQ(set.keys.size(), 2u);
  EXPECT_EQ(std::get<crypto::RsaPublicKey>(set.keys[0].key).modulus, n);
  EXPECT_EQ(set.keys[0].thumbprint, set.keys[1].thumbprint);
}

TEST(JwkSetTest, IgnoresPointsThatAreNone) {
  std::string off = EcJwk();
  off.replace(off.find("5a0"), 3, "5a4");
  EXPECT_EQ(WhyIgnored(off), "key 0: the point is not on its curve");
  std::string other = EcJwk();
  other.replace(other.find("P-256"), 5, "P-384");
  EXPECT_EQ(WhyIgnored(other), "key 0: a coordinate is not as long as the curve's field");
  EXPECT_EQ(WhyIgnored(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})"),
            "key 0: the Ed25519 key is not of 32 bytes");
}

TEST(JwkSetTest, Base64urlIsStrict) {
  for (const char* x :
       {"f83O=", "f83O+A", "f83/", "f83O JA", "f83OA", "f83OJ1", "\\n", "\\u0000"}) {
    EXPECT_EQ(WhyIgnored(R"({"kty":"EC","crv":"P-256","x":")" + std::string(x) + R"(","y":""})"),
              "key 0: its x is not base64url")
        << x;
  }
  EXPECT_EQ(WhyIgnored(R"({"kty":"EC","crv":"P-256","x":"","y":7})"), "key 0: it has no y");
  EXPECT_EQ(WhyIgnored(R"({"kty":"RSA","n":""})"), "key 0: it has no e");
  EXPECT_EQ(WhyIgnored(R"({"kty":"OKP","crv":"Ed25519"})"), "key 0: it has no x");
}

TEST(JwkSetTest, KidsThatAreNotGoodAreNotShown) {
  const std::string kWhy = "key 0: its kid is not 1 to 256 printable ASCII characters";
  for (const std::string& kid :
       {std::string("\"\""), std::string("\"a\\nlevel=fatal\""), std::string("\"\\u001b[31m\""),
        std::string("\"\\u0000\""), std::string("\"\xc3\xa9\""), std::string("1"),
        "\"" + std::string(kKidBytesMax + 1, 'k') + "\""}) {
    EXPECT_EQ(WhyIgnored(EcJwk(",\"kid\":" + kid)), kWhy) << kid;
  }
  const std::string longest(kKidBytesMax, 'k');
  EXPECT_EQ(Parsed({EcJwk(R"(,"kid":")" + longest + "\"")}).keys[0].kid, longest);
}

TEST(JwkSetTest, ASetWithoutAKeyThatCanBeUsedSaysWhy) {
  EXPECT_EQ(WhyRefused(Set({EcJwk(R"(,"use":"enc")"), "{}"})),
            "no key can be used; key 0: it is not for verifying signatures");
}

// RFC 7638 3.1.
TEST(ThumbprintTest, IsThatOfTheRfc) {
  const JwkSet set = Parsed(
      {R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7)"
       R"(aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h)"
       R"(4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q)"
       R"(NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKn)"
       R"(qDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})"});
  const crypto::Sha256& thumbprint = set.keys.at(0).thumbprint;
  EXPECT_EQ(
      text::EncodeBase64Url({reinterpret_cast<const char*>(thumbprint.data()), thumbprint.size()}),
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

// RFC 8037 A.3.
TEST(ThumbprintTest, IsThatOfTheRfcForEd25519) {
  const crypto::Sha256 thumbprint = ThumbprintOf(crypto::EdDsaVector().key);
  EXPECT_EQ(
      text::EncodeBase64Url({reinterpret_cast<const char*>(thumbprint.data()), thumbprint.size()}),
      "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(WriteJwkTest, WritesWhatIsReadAgain) {
  for (const auto& vector : {crypto::Rs256Vector(), crypto::Es256Vector(), crypto::Es512Vector(),
                             crypto::EdDsaVector()}) {
    const JwkSet set = Parsed({WriteJwk(vector.key, "a \"kid\"", vector.algorithm)});
    ASSERT_EQ(set.keys.size(), 1u);
    EXPECT_EQ(set.keys[0].kid, "a \"kid\"");
    EXPECT_EQ(set.keys[0].algorithm, vector.algorithm);
    EXPECT_EQ(set.keys[0].thumbprint, ThumbprintOf(vector.key));
  }
  EXPECT_EQ(WriteJwk(crypto::EdDsaVector().key, "k", SignatureAlgorithm::kEdDsa),
            R"({"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",)"
            R"("kid":"k","use":"sig","alg":"EdDSA"})");
}

}  // namespace
}  // namespace introspectd::jose
