// Client assertions, good and bad (contract 4.1; RFC 7523 3; RFC 8725 3).

#include "jose/assertion_verifier.h"

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

constexpr std::string_view kClient = "gateway";
constexpr std::string_view kEndpoint = "https://introspect.example.com/introspect";

std::string Dated(std::string_view member, UnixSeconds ahead) {
  return fmt::format(R"(,"{}":{})", member, kMintedAt + ahead);
}
// An assertion's claims: what stands here unless a member says otherwise.
struct Said {
  std::string iss = R"("gateway")";
  std::string sub = R"("gateway")";
  std::string aud = R"("https://server.example.com/")";
  std::string times = Dated("exp", 60) + Dated("iat", 0);
  std::string jti = R"(,"jti":"j")";
  std::string more = "";

  std::string Text() const {
    return fmt::format(R"({{"iss":{},"sub":{},"aud":{}{}{}{}}})", iss, sub, aud, times, jti, more);
  }
};

const Minter& Attacker() {
  static const Minter minter(SignatureAlgorithm::kEs256, "ec");
  return minter;
}

std::string HeaderOf(std::string_view members) {
  return fmt::format(R"({{"alg":"ES256","kid":"ec"{}}})", members);
}
std::string Mint(const Said& said = {}, std::string_view header = R"({"alg":"ES256","kid":"ec"})") {
  return Ec().Sign(header, said.Text());
}

class AssertionVerifierTest : public testing::Test {
 protected:
  AssertionVerifierTest() {
    config_.introspection = {.issuer = std::string(kIssuer), .endpoint = std::string(kEndpoint)};
    config_.issuers = {TakesAll()};
    AddClient("by-secret", {AuthMethod::kClientSecretBasic});
    AddClient(kClient, {AuthMethod::kPrivateKeyJwt});
    AddClient("other", {AuthMethod::kClientSecretPost, AuthMethod::kPrivateKeyJwt});
    Trust({Ec().jwk(), Rsa().jwk()});
  }

  void AddClient(std::string_view id, std::vector<AuthMethod> auth) {
    ClientConfig client;
    client.id = id;
    client.auth = std::move(auth);
    client.assertion_algorithms = TakesAll().algorithms;
    client.assertion_audiences = {"https://also.example/"};
    config_.clients.push_back(std::move(client));
  }
  // The gateway has these keys, the other client has the attacker's, and the issuer has none.
  void Trust(std::vector<Jwk> keys) {
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const Issuers>(config_.issuers);
    trust->clients = std::make_shared<const AssertionClients>(config_);
    trust->keys.emplace_back();
    for (const auto& of_client : {std::move(keys), std::vector{Attacker().jwk()}}) {
      const JwkSet set{.keys = of_client, .ignored = {}};
      const AlgorithmSet& algorithms = trust->clients->all()[trust->keys.size() - 1].algorithms;
      trust->keys.push_back({.ring = std::make_shared<KeyRing>(library_, algorithms, set),
                             .asked_us = asked_s_ * kMicrosPerSecond,
                             .stale_at_ms = kBoot_ms + 1000,
                             .cooldown_until_ms = cooldown_until_ms_});
    }
    verifier_.SetTrust(std::move(trust));
  }
  AssertionVerifier::Outcome Verify(std::string_view assertion,
                                    std::optional<std::string_view> client_id = std::nullopt,
                                    SignatureCheck::Effort effort = {}) {
    return verifier_.Verify(assertion, client_id, now_, effort);
  }
  Judgement Judge(const Said& said) { return Verify(Mint(said)).judgement; }
  Refusal Why(std::string_view assertion) {
    const auto outcome = Verify(assertion);
    EXPECT_EQ(outcome.judgement, Judgement::kBad) << assertion;
    return outcome.refusal;
  }
  Refusal Why(const Said& said) { return Why(Mint(said)); }
  Refusal WhyTimes(const std::string& times) { return Why(Said{.times = times}); }

  Config config_;
  Now now_{.wall_us = kMintedAt * kMicrosPerSecond, .boot_ms = kBoot_ms};
  UnixSeconds asked_s_ = kMintedAt - 100;
  std::int64_t cooldown_until_ms_ = 0;
  std::shared_ptr<crypto::Library> library_ = std::make_shared<crypto::Library>();
  AssertionVerifier verifier_{16 << 10};
};

TEST_F(AssertionVerifierTest, AGoodOneProvesItsClient) {
  const std::string assertion = Mint();
  for (int i = 0; i < 2; ++i) {  // nothing is remembered: whoever asks must see to replays
    const auto outcome = Verify(assertion);
    ASSERT_EQ(outcome.judgement, Judgement::kGood);
    EXPECT_EQ(outcome.client->id, kClient);
    EXPECT_EQ(outcome.client->index, 1u) << "among all clients";
    EXPECT_EQ(outcome.jti, "j");
    EXPECT_EQ(outcome.exp, kMintedAt + 60);
  }
  EXPECT_EQ(Verify(assertion, "gateway").judgement, Judgement::kGood);
  EXPECT_EQ(Verify(assertion, "other").judgement, Judgement::kNotOurs);
}

TEST_F(AssertionVerifierTest, EveryAlgorithmIsVerified) {
  for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i) {
    const Minter minter(static_cast<SignatureAlgorithm>(i), "k");
    Trust({minter.jwk()});
    const std::string header = fmt::format(R"({{"alg":"{}"}})", crypto::NameOf(minter.algorithm()));
    const std::string good = minter.Sign(header, Said{}.Text());
    EXPECT_EQ(Verify(good).judgement, Judgement::kGood) << header;
    EXPECT_EQ(Why(good.substr(0, good.size() - 8) + "AAAAAAAA"), Refusal::kSignature) << header;
  }
}

TEST_F(AssertionVerifierTest, IssuerAndSubjectAreTheClient) {
  EXPECT_EQ(Judge({.iss = R"("other")"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.sub = R"("other")"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.iss = R"("nobody")", .sub = R"("nobody")"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.iss = R"("Gateway")", .sub = R"("Gateway")"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.iss = R"("")", .sub = R"("")"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.iss = "7", .sub = "7"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.iss = R"("by-secret")", .sub = R"("by-secret")"}), Judgement::kNotOurs);
  EXPECT_EQ(
      Judge({.iss = R"("https://server.example.com/")", .sub = R"("https://server.example.com/")"}),
      Judgement::kNotOurs)
      << "an issuer is no client";
  const auto no_subject =
      fmt::format(R"({{"iss":"gateway","aud":"{}","exp":{},"jti":"j"}})", kIssuer, kMintedAt + 60);
  EXPECT_EQ(Verify(Ec().Sign(HeaderOf(""), no_subject)).judgement, Judgement::kNotOurs);
}

TEST_F(AssertionVerifierTest, AnotherClientsKeyProvesNothing) {
  const Said other{.iss = R"("other")", .sub = R"("other")"};
  EXPECT_EQ(Why(other), Refusal::kSignature);
  EXPECT_EQ(Verify(Attacker().Sign(HeaderOf(""), other.Text())).judgement, Judgement::kGood);
  EXPECT_EQ(Why(Attacker().Sign(HeaderOf(""), Said{}.Text())), Refusal::kSignature);
}

TEST_F(AssertionVerifierTest, ItIsMeantForThisServer) {
  for (const char* aud :
       {R"("https://server.example.com/")", R"("https://introspect.example.com/introspect")",
        R"("https://also.example/")", R"(["https://server.example.com/"])",
        R"(["https://elsewhere.example/","https://introspect.example.com/introspect"])"}) {
    EXPECT_EQ(Judge({.aud = aud}), Judgement::kGood) << aud;
  }
  for (const char* aud :
       {R"("https://server.example.com")", R"("https://SERVER.example.com/")", R"("")", "[]", "7",
        "null", R"({"a":"https://server.example.com/"})", R"(["https://elsewhere.example/"])",
        R"(["https://server.example.com/",7])", R"([["https://server.example.com/"]])",
        R"("https://api.example/")"}) {
    EXPECT_EQ(Why(Said{.aud = aud}), Refusal::kAudience) << aud;
  }
  const auto none =
      fmt::format(R"({{"iss":"gateway","sub":"gateway","exp":{},"jti":"j"}})", kMintedAt + 60);
  EXPECT_EQ(Why(Ec().Sign(HeaderOf(""), none)), Refusal::kAudience);
}

TEST_F(AssertionVerifierTest, AnEndpointThatIsNotConfiguredIsNoAudience) {
  config_.introspection.endpoint = "";
  Trust({Ec().jwk()});
  EXPECT_EQ(Why(Said{.aud = R"("")"}), Refusal::kAudience);
  EXPECT_EQ(Why(Said{.aud = fmt::format("\"{}\"", kEndpoint)}), Refusal::kAudience);
  EXPECT_EQ(Judge({}), Judgement::kGood);
}

TEST_F(AssertionVerifierTest, ItIsShortLived) {
  for (const auto& times :
       {Dated("exp", 1), Dated("exp", 300), fmt::format(",\"exp\":{}.9", kMintedAt + 300),
        Dated("exp", 60) + Dated("iat", 30) + Dated("nbf", 30),
        Dated("exp", 60) + Dated("iat", -100'000)}) {
    EXPECT_EQ(Judge({.times = times}), Judgement::kGood) << times;
  }
  EXPECT_EQ(WhyTimes(Dated("exp", 301)), Refusal::kLifetime);
  EXPECT_EQ(WhyTimes(",\"exp\":9e15"), Refusal::kLifetime);
  EXPECT_EQ(WhyTimes(Dated("exp", 0)), Refusal::kExpired);
  EXPECT_EQ(WhyTimes(Dated("exp", -1)), Refusal::kExpired);
  EXPECT_EQ(WhyTimes(fmt::format(",\"exp\":{}.9", kMintedAt)), Refusal::kExpired);
  EXPECT_EQ(WhyTimes(""), Refusal::kClaims);
  EXPECT_EQ(WhyTimes(Dated("exp", 60) + Dated("iat", 31)), Refusal::kIssuedLater);
  EXPECT_EQ(WhyTimes(Dated("exp", 60) + Dated("nbf", 31)), Refusal::kNotYetValid);
  for (const char* times :
       {R"(,"exp":"1700000060")", R"(,"exp":null)", R"(,"exp":-1)", R"(,"exp":1e300)",
        R"(,"exp":1700000060,"iat":"now")", R"(,"exp":1700000060,"nbf":[1])"}) {
    EXPECT_EQ(Judge({.times = times}), Judgement::kNotOurs) << times;
  }
}

TEST_F(AssertionVerifierTest, ItHasAName) {
  EXPECT_EQ(Why(Said{.jti = ""}), Refusal::kClaims);
  EXPECT_EQ(Why(Said{.jti = R"(,"jti":"")"}), Refusal::kClaims);
  EXPECT_EQ(Judge({.jti = R"(,"jti":7)"}), Judgement::kNotOurs);
  EXPECT_EQ(Judge({.jti = R"(,"jti":null)"}), Judgement::kNotOurs);
}

TEST_F(AssertionVerifierTest, TheClientsAlgorithmsAreTheOnlyOnes) {
  config_.clients[1].assertion_algorithms = {"PS256"};
  Trust({Ec().jwk(), Rsa().jwk()});
  EXPECT_EQ(Why(Mint()), Refusal::kAlgorithm);
  const std::string by_rsa = Rsa().Sign(R"({"alg":"RS256","kid":"rsa"})", Said{}.Text());
  EXPECT_EQ(Why(by_rsa), Refusal::kAlgorithm);
  const Minter ps(SignatureAlgorithm::kPs256, "rsa");
  Jwk for_rs = ps.jwk();
  for_rs.algorithm = SignatureAlgorithm::kRs256;
  Trust({for_rs});
  EXPECT_EQ(Why(ps.Sign(R"({"alg":"PS256","kid":"rsa"})", Said{}.Text())), Refusal::kAlgorithm)
      << "the key's own says otherwise";
}

TEST_F(AssertionVerifierTest, SharedSecretsAndNoneAreNoAlgorithms) {
  const std::string claims = Said{}.Text();
  for (const char* alg : {"HS256", "HS384", "HS512", "none", "None", "", "es256", "ES256K"}) {
    const std::string header = fmt::format(R"({{"alg":"{}","kid":"ec"}})", alg);
    EXPECT_EQ(Why(Ec().Sign(header, claims)), Refusal::kAlgorithm) << alg;
    EXPECT_EQ(Why(Join(header, claims, "")), Refusal::kAlgorithm) << alg;
  }
}

TEST_F(AssertionVerifierTest, WhatIsAskedForInTheHeaderIsNotObeyed) {
  for (const char* more : {R"(,"crit":["x"])", R"(,"crit":[])", R"(,"b64":false)",
                           R"(,"zip":"DEF")", R"(,"enc":"A128GCM")"}) {
    EXPECT_EQ(Why(Mint({}, HeaderOf(more))), Refusal::kCritical) << more;
  }
  const std::string own_key =
      fmt::format(R"(,"jwk":{},"jku":"https://attacker.example/jwks")", Attacker().jwk_text());
  EXPECT_EQ(Why(Attacker().Sign(HeaderOf(own_key), Said{}.Text())), Refusal::kSignature);
  EXPECT_EQ(Verify(Mint({}, HeaderOf(own_key))).judgement, Judgement::kGood);
}

TEST_F(AssertionVerifierTest, OtherKindsOfJwtsOfTheSameKeyProveNothing) {
  for (const char* type : {"at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "application/at+jwt",
                           "logout+jwt", "secevent+jwt", "", "anything"}) {
    const std::string header = HeaderOf(fmt::format(R"(,"typ":"{}")", type));
    EXPECT_EQ(Why(Mint({}, header)), Refusal::kType) << type;
  }
  for (const char* type :
       {"JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"}) {
    const std::string header = HeaderOf(fmt::format(R"(,"typ":"{}")", type));
    EXPECT_EQ(Verify(Mint({}, header)).judgement, Judgement::kGood) << type;
  }
}

TEST_F(AssertionVerifierTest, WhatIsNoStrictJwtIsNone) {
  const std::string good = Mint();
  for (const std::string& bad :
       {std::string(), std::string("secret"), good + ".", good + ".e30", good + "=", good + "\n",
        "." + good, good.substr(0, good.rfind('.')), Ec().Sign(HeaderOf(""), "[]"),
        Ec().Sign(HeaderOf(""), Said{}.Text() + "{}"), Mint({.more = R"(,"jti":"k")"}),
        Mint({.more = R"(,"sub":"other")"}), Mint({.more = R"(,"x":{"a":1,"a":2})"}),
        Mint({.more = ",\"x\":\"\xff\""}),
        Mint({.more = fmt::format(R"(,"x":"{}")", std::string(16 << 10, 'x'))})}) {
    EXPECT_NE(Verify(bad).judgement, Judgement::kGood) << bad;
  }
  EXPECT_EQ(Why(Mint({}, HeaderOf(R"(,"kid":"other")"))), Refusal::kMalformed);
}

TEST_F(AssertionVerifierTest, OnlyASignatureTakesTime) {
  EXPECT_EQ(Verify(Mint(), {}, {.may_verify = false}).judgement, Judgement::kBusy);
  EXPECT_EQ(Verify(Mint({.jti = ""}), {}, {.may_verify = false}).judgement, Judgement::kBad);
  EXPECT_GT(Verify(Mint()).spent_ns, 0);
}

std::string OfUnknownKey(std::string_view times = Dated("exp", 60)) {
  return Mint({.times = std::string(times)}, R"({"alg":"ES256","kid":"new"})");
}

TEST_F(AssertionVerifierTest, AKeyThatIsNotKnownIsWorthAFetch) {
  EXPECT_EQ(Verify(OfUnknownKey()).judgement, Judgement::kKeysWanted);
  EXPECT_EQ(Verify(OfUnknownKey()).owner, 1u) << "behind the issuers";
  verifier_.SetCooldown(1, kBoot_ms + 1);
  EXPECT_EQ(Verify(OfUnknownKey()).judgement, Judgement::kKeysMissing)
      << "it may have been made just now";
  EXPECT_EQ(Why(OfUnknownKey(Dated("exp", 60) + Dated("iat", -101))), Refusal::kKidUnknown)
      << "it is older than the keys";
  EXPECT_EQ(Why(Mint({}, R"({"alg":"ES384","kid":"ec"})")), Refusal::kAlgorithm);
}

TEST_F(AssertionVerifierTest, AKeyThatIsNotAmongFreshOnesIsUnknown) {
  const auto outcome = Verify(OfUnknownKey(), {}, {.keys_are_fresh = true});
  EXPECT_EQ(outcome.judgement, Judgement::kBad);
  EXPECT_EQ(outcome.refusal, Refusal::kKidUnknown);
}

TEST_F(AssertionVerifierTest, KeysOfTheConfigurationAreAllThereAre) {
  asked_s_ = INT64_MAX / kMicrosPerSecond;
  cooldown_until_ms_ = INT64_MAX;
  Trust({Ec().jwk()});
  EXPECT_EQ(Why(OfUnknownKey()), Refusal::kKidUnknown);
  EXPECT_EQ(Why(OfUnknownKey(Dated("exp", 60) + Dated("iat", 30))), Refusal::kKidUnknown);
}

TEST_F(AssertionVerifierTest, WithoutKeysNothingCanBeSaid) {
  now_.boot_ms = kBoot_ms + 1000;  // they are too old
  EXPECT_EQ(Verify(Mint()).judgement, Judgement::kKeysMissing);
  EXPECT_EQ(Why(Said{.jti = ""}), Refusal::kClaims) << "unless it is no good anyway";
}

TEST(AssertionVerifierAloneTest, TrustsNobodyAtFirst) {
  AssertionVerifier verifier(16 << 10);
  EXPECT_EQ(verifier.Verify(Mint(), {}, {.wall_us = kMintedAt * kMicrosPerSecond}, {}).judgement,
            Judgement::kNotOurs);
}

}  // namespace
}  // namespace introspectd::jose
