// JWTs, good and bad (contract 4.5; RFC 8725 3).

#include "jose/verifier.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "jose/minter.h"
#include "text/base64.h"

namespace introspectd::jose {
namespace {

using crypto::SignatureAlgorithm;
using Kind = Verifier::Outcome::Kind;

const Minter& Ed() {
  static const Minter minter(SignatureAlgorithm::kEdDsa, "ed");
  return minter;
}

class VerifierTest : public testing::Test {
 protected:
  VerifierTest() { Trust(TakesAll(), {Rsa().jwk(), Ec().jwk(), Ed().jwk()}); }

  void Trust(const IssuerConfig& config, std::vector<Jwk> keys, bool forget = true) {
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const Issuers>(std::vector{config});
    const JwkSet set{.keys = std::move(keys), .ignored = {}};
    trust->keys.push_back(
        {.ring = std::make_shared<KeyRing>(library_, trust->issuers->all()[0], set),
         .asked_us = asked_s_ * kMicrosPerSecond,
         .stale_at_ms = stale_at_ms_,
         .cooldown_until_ms = cooldown_until_ms_});
    verifier_.SetTrust(std::move(trust), forget);
  }
  Verifier::Outcome Verify(std::string_view token, Verifier::Effort effort = {}) {
    return verifier_.Verify(token, now_, effort);
  }
  Kind KindOf(std::string_view token, Verifier::Effort effort = {}) {
    return Verify(token, effort).kind;
  }
  Refusal Why(std::string_view token) {
    const Verifier::Outcome outcome = Verify(token);
    EXPECT_EQ(outcome.kind, Kind::kBad) << token;
    EXPECT_EQ(outcome.verdict, nullptr);
    return outcome.refusal;
  }
  // Why a token of the RSA key with this header, or these claims, is bad.
  Refusal WhyHeader(std::string_view header) { return Why(Rsa().Sign(header, Claims())); }
  Refusal WhyClaims(std::string_view claims) { return Why(Rsa().Mint(claims)); }

  Now now_{.wall_us = kMintedAt * kMicrosPerSecond, .boot_ms = kBoot_ms};
  UnixSeconds asked_s_ = kMintedAt - 100;
  std::int64_t stale_at_ms_ = kBoot_ms + 1000;
  std::int64_t cooldown_until_ms_ = 0;
  std::shared_ptr<crypto::Library> library_ = std::make_shared<crypto::Library>();
  Verifier verifier_{{.verdict_bytes_max = 1 << 20}};
};

TEST_F(VerifierTest, AGoodTokenIsTheAnswer) {
  const std::string token = Ec().Mint(Claims(R"(,"client_id":"c","sub":"s")"));
  const Verifier::Outcome outcome = Verify(token);
  ASSERT_EQ(outcome.kind, Kind::kGood);
  EXPECT_EQ(outcome.digest, TokenDigest::Of(token));
  EXPECT_EQ(outcome.verdict->record->answer(),
            R"({"active":true,"iss":"https://server.example.com/","aud":["https://api.example/"],)"
            R"("exp":1700000600,"iat":1700000000,"client_id":"c","sub":"s","token_type":"Bearer",)"
            R"("extended_claims":{}})");
}

TEST_F(VerifierTest, EveryAlgorithmIsVerified) {
  for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i) {
    const Minter minter(static_cast<SignatureAlgorithm>(i), "k");
    Trust(TakesAll(), {minter.jwk()});
    EXPECT_EQ(KindOf(minter.Mint()), Kind::kGood) << crypto::NameOf(minter.algorithm());
    std::string changed = minter.Mint();
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    EXPECT_NE(KindOf(changed), Kind::kGood) << crypto::NameOf(minter.algorithm());
  }
}

TEST_F(VerifierTest, AGoodTokenIsVerifiedOnce) {
  const std::string token = Rsa().Mint();
  const Verdict* first = Verify(token).verdict;
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(Verify(token, {.may_verify = false}).verdict, first);
  EXPECT_EQ(verifier_.verdicts().size(), 1u);
}

TEST_F(VerifierTest, AKeyThatIsForAnotherAlgorithmNowEndsItsVerdicts) {
  const std::string token = Rsa().Mint();
  ASSERT_EQ(KindOf(token), Kind::kGood);
  Jwk narrowed = Rsa().jwk();
  narrowed.algorithm = SignatureAlgorithm::kPs512;
  Trust(TakesAll(), {narrowed}, false);
  EXPECT_EQ(Why(token), Refusal::kAlgorithm);
  EXPECT_EQ(verifier_.verdicts().size(), 0u);
}

TEST_F(VerifierTest, ABadTokenIsNotRemembered) {
  const std::string good = Rsa().Mint();
  const std::string bad = good.substr(0, good.rfind('.') + 1) + "AAAA";
  EXPECT_EQ(Why(bad), Refusal::kSignature);
  EXPECT_EQ(verifier_.verdicts().size(), 0u);
  EXPECT_EQ(KindOf(bad, {.may_verify = false}), Kind::kBusy);
}

TEST_F(VerifierTest, WhatIsNoJwtOfAConfiguredIssuerIsNotOurs) {
  const std::string foreign =
      Rsa().Mint(R"({"iss":"https://other.example/","exp":1700000600,"iat":1700000000})");
  const std::string token = Rsa().Mint();
  for (const std::string& other :
       {std::string("2YotnFZFEjr1zCsicMWpAA"),
        std::string(),
        std::string("."),
        std::string(".."),
        std::string("..."),
        std::string("e.e.e"),
        std::string("eyJ.."),
        foreign,
        token + ".",
        token.substr(0, token.rfind('.')),
        token + ".a.b",
        "." + token,
        std::string(100'000, '.'),
        Rsa().Sign(Rsa().Header(), "no json"),
        Rsa().Sign(Rsa().Header(), "[1]"),
        Rsa().Sign(Rsa().Header(), R"({"iss":7,"exp":1700000600})"),
        Rsa().Sign(Rsa().Header(), Claims() + Claims()),
        Rsa().Sign("[]", Claims()),
        Rsa().Mint(R"({"iss":"https://server.example.com","exp":1700000600})"),
        Rsa().Mint(R"({"iss":"https://SERVER.example.com/","exp":1700000600})"),
        Rsa().Mint("\xef\xbb\xbf" + Claims()),
        Rsa().Mint(Claims(",\"sub\":\"\xff\"")),
        Rsa().Mint(Claims(R"(,"sub":"\ud800")")),
        Rsa().Mint(Claims(R"(,"exp":1700000600)")),
        Rsa().Mint(Claims(R"(,"\u0065xp":1700000600)")),
        Rsa().Mint(Claims(R"(,"n":1e400)"))}) {
    const Verifier::Outcome outcome = Verify(other);
    EXPECT_EQ(outcome.kind, Kind::kNotOurs) << other.substr(0, 200);
    EXPECT_EQ(outcome.digest, TokenDigest::Of(other));
  }
}

TEST_F(VerifierTest, TheHeaderMustBeStrict) {
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","typ":"at+jwt","kid":"rsa","alg":"RS256"})"),
            Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","typ":"at+jwt","kid":"rsa","\u0061lg":"RS256"})"),
            Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","typ":"at+jwt","kid":7})"), Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","typ":"at+jwt","kid":""})"), Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","typ":"at+jwt","kid":"a\u0000"})"), Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","typ":["at+jwt"],"kid":"rsa"})"), Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":7,"typ":"at+jwt"})"), Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256"}{})"), Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(R"({"typ":"at+jwt","kid":"rsa"})"), Refusal::kAlgorithm);
  EXPECT_EQ(WhyHeader(Rsa().Header(",\"x\":\"" + std::string(3000, 'x') + "\"")),
            Refusal::kMalformed);
  EXPECT_EQ(WhyHeader(Rsa().Header(R"(,"x":[[[[[[[]]]]]]])")), Refusal::kMalformed);
}

TEST_F(VerifierTest, OnlyTheAlgorithmsOfIssuerAndKeyAreTaken) {
  for (const char* name : {"none", "None", "NONE", "nOnE", "HS256", "HS512", "rs256", "RS1",
                           "ES256K", "Ed25519", "RSA-OAEP", "dir", ""}) {
    EXPECT_EQ(WhyHeader(fmt::format(R"({{"alg":"{}","typ":"at+jwt","kid":"rsa"}})", name)),
              Refusal::kAlgorithm)
        << name;
  }
  for (const char* name : {"RS384", "PS256", "ES256", "EdDSA"}) {  // of a key that is for RS256
    EXPECT_EQ(WhyHeader(fmt::format(R"({{"alg":"{}","typ":"at+jwt","kid":"rsa"}})", name)),
              Refusal::kAlgorithm)
        << name;
  }
  IssuerConfig config = TakesAll();
  config.algorithms = {"ES256"};
  Trust(config, {Rsa().jwk(), Ec().jwk()});
  EXPECT_EQ(Why(Rsa().Mint()), Refusal::kAlgorithm);
  EXPECT_EQ(KindOf(Ec().Mint()), Kind::kGood);
}

TEST_F(VerifierTest, AKeyThatNamesNoAlgorithmVerifiesThoseThatFit) {
  Jwk jwk = Rsa().jwk();
  jwk.algorithm.reset();
  Trust(TakesAll(), {jwk});
  const std::string header = R"({"alg":"PS512","typ":"at+jwt","kid":"rsa"})";
  const std::string part = text::EncodeBase64Url(header) + "." + text::EncodeBase64Url(Claims());
  const auto signature = Rsa().key().Sign(SignatureAlgorithm::kPs512, part);
  EXPECT_EQ(KindOf(part + "." + text::EncodeBase64Url(*signature)), Kind::kGood);
  EXPECT_EQ(KindOf(Rsa().Mint()), Kind::kGood);
}

TEST_F(VerifierTest, SignaturesOfOthersAreNone) {
  const Minter attacker(SignatureAlgorithm::kRs256, "rsa");
  EXPECT_EQ(Why(attacker.Mint()), Refusal::kSignature);
  // What the token brings along is not looked at.
  const std::string jwk = attacker.jwk_text();
  EXPECT_EQ(Why(attacker.Sign(attacker.Header(",\"jwk\":" + jwk), Claims())), Refusal::kSignature);
  EXPECT_EQ(Why(attacker.Sign(attacker.Header(R"(,"jku":"https://attacker.example/")"), Claims())),
            Refusal::kSignature);
  EXPECT_EQ(Why(Join(Rsa().Header(), Claims(), "")), Refusal::kSignature);
  EXPECT_EQ(Why(Join(Rsa().Header(), Claims(), std::string(256, '\0'))), Refusal::kSignature);
  EXPECT_EQ(Why(Join(Ec().Header(), Claims(), std::string(64, '\0'))), Refusal::kSignature);
  EXPECT_EQ(Why(Join(Ec().Header(), Claims(), std::string(63, '\1'))), Refusal::kSignature);
  EXPECT_EQ(Why(Join(Ed().Header(), Claims(), std::string(64, '\0'))), Refusal::kSignature);
}

TEST_F(VerifierTest, LooseBase64IsRefused) {
  const std::string token = Rsa().Mint();
  for (const char* tail : {"=", "==", "+", "/", " ", "?", "\n", "A"}) {
    const Verifier::Outcome outcome = Verify(token + tail);
    EXPECT_EQ(outcome.kind, Kind::kBad) << tail;
  }
  std::string unused_bits = token;  // 256 bytes: two bits of the last character mean nothing
  ASSERT_EQ((token.size() - token.rfind('.') - 1) % 4, 2u);
  unused_bits.back() = unused_bits.back() == 'Q' ? 'R' : static_cast<char>(token.back() + 1);
  EXPECT_EQ(Why(unused_bits), Refusal::kMalformed);
}

TEST_F(VerifierTest, ExtensionsThatMustBeUnderstoodAreNot) {
  for (const char* member :
       {R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"crit":["b64"],"b64":false)", R"(,"b64":false)",
        R"(,"b64":"true")", R"(,"zip":"DEF")", R"(,"enc":"A128GCM")", R"(,"crit":null)"}) {
    EXPECT_EQ(WhyHeader(Rsa().Header(member)), Refusal::kCritical) << member;
  }
}

TEST_F(VerifierTest, TypesOfOtherJwtsAreRefused) {
  const auto with = [](std::string_view type) {
    return fmt::format(R"({{"alg":"RS256","typ":"{}","kid":"rsa"}})", type);
  };
  for (const char* type :
       {"JWT", "logout+jwt", "dpop+jwt", "token-introspection+jwt", "secevent+jwt", "id_token+jwt",
        "at", "", "at+jwt ", "application/jwt"}) {
    EXPECT_EQ(WhyHeader(with(type)), Refusal::kType) << type;
  }
  EXPECT_EQ(WhyHeader(R"({"alg":"RS256","kid":"rsa"})"), Refusal::kType);
  for (const char* type : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"}) {
    EXPECT_EQ(KindOf(Rsa().Sign(with(type), Claims())), Kind::kGood) << type;
  }
  IssuerConfig config = TakesAll();
  config.types = {"JWT", "", "dpop+jwt"};
  Trust(config, {Rsa().jwk()});
  EXPECT_EQ(KindOf(Rsa().Sign(with("jwt"), Claims())), Kind::kGood);
  EXPECT_EQ(KindOf(Rsa().Sign(R"({"alg":"RS256","kid":"rsa"})", Claims())), Kind::kGood);
  EXPECT_EQ(WhyHeader(with("at+jwt")), Refusal::kType);
  EXPECT_EQ(WhyHeader(with("dpop+jwt")), Refusal::kType);
}

TEST_F(VerifierTest, TokensOfOtherKindsAreRefused) {
  for (const char* member :
       {R"(,"typ":"ID")", R"(,"typ":"Refresh")", R"(,"typ":"Offline")", R"(,"typ":"Logout")",
        R"(,"token_use":"id")", R"(,"at_hash":"x")", R"(,"c_hash":"x")",
        R"(,"events":{"http://schemas.openid.net/event/backchannel-logout":{}})",
        R"(,"token_introspection":{"active":true})"}) {
    EXPECT_EQ(WhyClaims(Claims(member)), Refusal::kClaims) << member;
  }
}

TEST_F(VerifierTest, TimesAreChecked) {
  const auto claims = [](std::string_view times) {
    return fmt::format(R"({{"iss":"{}","aud":"https://api.example/",{}}})", kIssuer, times);
  };
  EXPECT_EQ(WhyClaims(claims(R"("iat":1700000000)")), Refusal::kClaims);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1700000600)")), Refusal::kClaims);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1700000000,"iat":1699999000)")), Refusal::kExpired);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1700000000.9,"iat":1699999000)")), Refusal::kExpired);
  EXPECT_EQ(KindOf(Rsa().Mint(claims(R"("exp":1700000001,"iat":1699999000)"))), Kind::kGood);
  EXPECT_EQ(KindOf(Rsa().Mint(claims(R"("exp":1700000600,"iat":1700000030)"))), Kind::kGood);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1700000600,"iat":1700000031)")), Refusal::kIssuedLater);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1700000600,"iat":1700000030.5)")), Refusal::kIssuedLater);
  EXPECT_EQ(KindOf(Rsa().Mint(claims(R"("exp":1700000600,"iat":1700000000,"nbf":1700000030)"))),
            Kind::kGood);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1700000600,"iat":1700000000,"nbf":1700000031)")),
            Refusal::kNotYetValid);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1702592001,"iat":1700000000)")), Refusal::kLifetime);
  EXPECT_EQ(WhyClaims(claims(R"("exp":-1,"iat":1700000000)")), Refusal::kClaims);
  EXPECT_EQ(WhyClaims(claims(R"("exp":1e300,"iat":1700000000)")), Refusal::kClaims);
  EXPECT_EQ(WhyClaims(claims(R"("exp":"1700000600","iat":1700000000)")), Refusal::kClaims);
}

TEST_F(VerifierTest, TheAudienceMustBeOneOfTheIssuers) {
  const auto claims = [](std::string_view aud) {
    return fmt::format(R"({{"iss":"{}",{}"exp":1700000600,"iat":1700000000}})", kIssuer, aud);
  };
  EXPECT_EQ(WhyClaims(claims("")), Refusal::kAudience);
  EXPECT_EQ(WhyClaims(claims(R"("aud":[],)")), Refusal::kAudience);
  EXPECT_EQ(WhyClaims(claims(R"("aud":"https://api.example",)")), Refusal::kAudience);
  EXPECT_EQ(WhyClaims(claims(R"("aud":{"a":"https://api.example/"},)")), Refusal::kClaims);
  EXPECT_EQ(KindOf(Rsa().Mint(claims(R"("aud":["x","https://api.example/"],)"))), Kind::kGood);
  IssuerConfig config = TakesAll();
  config.audiences = {"*"};
  Trust(config, {Rsa().jwk()});
  EXPECT_EQ(KindOf(Rsa().Mint(claims(""))), Kind::kGood);
}

TEST_F(VerifierTest, WithoutAKidTheKeysThatFitAreTried) {
  const std::string header = R"({"alg":"RS256","typ":"at+jwt"})";
  EXPECT_EQ(KindOf(Rsa().Sign(header, Claims())), Kind::kGood);
  const Minter other(SignatureAlgorithm::kRs256, "other");
  Trust(TakesAll(), {other.jwk(), Rsa().jwk()});
  EXPECT_EQ(KindOf(Rsa().Sign(header, Claims())), Kind::kGood);
  EXPECT_EQ(Why(Rsa().Sign(R"({"alg":"RS256","typ":"at+jwt","kid":"other"})", Claims())),
            Refusal::kSignature);
}

TEST_F(VerifierTest, AnUnknownKidIsWorthOneFetch) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  EXPECT_EQ(KindOf(fresh.Mint()), Kind::kKeysWanted);
  asked_s_ = kMintedAt;
  Trust(TakesAll(), {Rsa().jwk()});
  EXPECT_EQ(KindOf(fresh.Mint(), {.keys_are_fresh = true}), Kind::kBad);
  asked_s_ = kMintedAt - 1;  // another token asked for it, and this one's key may be younger
  Trust(TakesAll(), {Rsa().jwk()});
  EXPECT_EQ(KindOf(fresh.Mint(), {.keys_are_fresh = true}), Kind::kKeysMissing);
  Trust(TakesAll(), {fresh.jwk()});
  EXPECT_EQ(KindOf(fresh.Mint(), {.keys_are_fresh = true}), Kind::kGood);
}

TEST_F(VerifierTest, WithinTheCooldownTheAgeOfTheKeysDecides) {
  cooldown_until_ms_ = kBoot_ms + 1;
  asked_s_ = kMintedAt + 1;
  Trust(TakesAll(), {Rsa().jwk()});
  EXPECT_EQ(Why(Ec().Mint()), Refusal::kKidUnknown);  // the issuer had no such key then
  asked_s_ = kMintedAt;
  Trust(TakesAll(), {Rsa().jwk()});
  EXPECT_EQ(KindOf(Ec().Mint()), Kind::kKeysMissing);  // it may have one by now
  now_.boot_ms += 1;
  EXPECT_EQ(KindOf(Ec().Mint()), Kind::kKeysWanted);
}

TEST_F(VerifierTest, NothingIsSaidWithoutKeysOrWithOldOnes) {
  const std::string token = Rsa().Mint();
  EXPECT_EQ(KindOf(token), Kind::kGood);
  now_.boot_ms = stale_at_ms_;
  EXPECT_EQ(KindOf(token), Kind::kKeysMissing) << "remembered";
  EXPECT_EQ(KindOf(Rsa().Mint(Claims(R"(,"a":1)"))), Kind::kKeysMissing);
  EXPECT_EQ(Why(Rsa().Mint(Claims("", 0))), Refusal::kExpired) << "it is bad with any key";
  auto never = std::make_shared<jose::Trust>();
  never->issuers = std::make_shared<const Issuers>(std::vector{TakesAll()});
  never->keys.emplace_back();
  verifier_.SetTrust(never, true);
  EXPECT_EQ(KindOf(token), Kind::kKeysMissing);
}

TEST_F(VerifierTest, AVerdictGoesWithItsKey) {
  const std::string token = Rsa().Mint();
  EXPECT_EQ(KindOf(token), Kind::kGood);
  Trust(TakesAll(), {Ec().jwk(), Rsa().jwk()}, false);
  EXPECT_EQ(KindOf(token, {.may_verify = false}), Kind::kGood) << "the key is still there";
  Trust(TakesAll(), {Ec().jwk()}, false);
  EXPECT_EQ(KindOf(token), Kind::kKeysWanted);
  const Minter same_kid(SignatureAlgorithm::kRs256, "rsa");
  Trust(TakesAll(), {Rsa().jwk()}, false);
  EXPECT_EQ(KindOf(token), Kind::kGood);
  Trust(TakesAll(), {same_kid.jwk()}, false);
  EXPECT_EQ(Why(token), Refusal::kSignature);
}

TEST_F(VerifierTest, AnEcdsaSignatureHasATwin) {
  const std::string token = Ec().Mint();
  const Verifier::Outcome outcome = Verify(token);
  ASSERT_TRUE(outcome.verdict->twin);
  const std::size_t dot = token.rfind('.');
  std::string signature;
  ASSERT_TRUE(DecodePart(std::string_view(token).substr(dot + 1), signature));
  std::string twin;
  ASSERT_TRUE(crypto::TwinOf(SignatureAlgorithm::kEs256, signature, twin));
  const std::string twin_token = token.substr(0, dot + 1) + text::EncodeBase64Url(twin);
  EXPECT_EQ(*outcome.verdict->twin, TokenDigest::Of(twin_token));
  EXPECT_EQ(Verify(twin_token).verdict->twin, TokenDigest::Of(token));
  EXPECT_FALSE(Verify(Rsa().Mint()).verdict->twin);
}

TEST_F(VerifierTest, MemoryIsBounded) {
  Verifier small({.verdict_bytes_max = 20'000});
  auto trust = std::make_shared<jose::Trust>(verifier_.trust());
  small.SetTrust(trust, true);
  for (int i = 0; i < 200; ++i) {
    const std::string token = Ed().Mint(Claims(fmt::format(R"(,"jti":"{}")", i)));
    const Verifier::Outcome outcome = small.Verify(token, now_, {});
    ASSERT_EQ(outcome.kind, Kind::kGood);
    EXPECT_NE(outcome.verdict->record->answer().find(fmt::format(R"("jti":"{}")", i)),
              std::string_view::npos);
    small.EndTurn();
  }
  EXPECT_LE(small.verdicts().bytes(), 20'000u);
  EXPECT_GT(small.verdicts().size(), 10u);
}

}  // namespace
}  // namespace introspectd::jose
