// JWTs that somebody else's code signed, each in one way good or bad (contract 4.3 to 4.5).

#include "support/jwt_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/loopback_listener.h"
#include "system/jwt_world.h"
#include "system/node.h"
#include "text/json_writer.h"

namespace introspectd::system_test {
namespace {

using support::JwtAlgorithms;
using support::JwtMint;
using support::kInactive;
using support::kIssuer;
using support::LoopbackListener;
using support::MemberOf;
using testing::StartsWith;

constexpr std::string_view kTimes = R"("iat":@-60,"exp":@+3600)";

std::string Quoted(std::string_view text) {
  std::string out;
  text::AppendJsonString(text, out);
  return out;
}

// Claims that are good; `more` members come after the others, and `times` instead of kTimes.
std::string Claims(std::string_view more = R"("client_id":"c")", std::string_view times = kTimes) {
  return fmt::format(R"({{"iss":"{}","sub":"s","aud":"{}",{},{}}})", kIssuer, kApi, times, more);
}
std::string ClaimsFor(std::string_view aud_member) {
  return fmt::format(R"({{"iss":"{}","sub":"s","client_id":"c",{}{}}})", kIssuer, aud_member,
                     kTimes);
}

class JwtPeersTest : public testing::Test {
 protected:
  // One for all: making its RSA keys takes a second or two.
  static void SetUpTestSuite() { mint_ = std::make_unique<JwtMint>(); }
  static void TearDownTestSuite() { mint_.reset(); }
  void SetUp() override { ASSERT_NE(mint_, nullptr); }

  ConfigText Config(std::vector<std::string> types = {"at+jwt"},
                    std::vector<std::string> audiences = {std::string(kApi)}) const {
    ConfigText config;
    config.tables = IssuerTable{.issuer = std::string(kIssuer),
                                .keys = fmt::format("jwks_file = \"{}\"", mint_->jwks_file()),
                                .algorithms = JwtAlgorithms(),
                                .audiences = std::move(audiences),
                                .types = std::move(types)}
                        .Text();
    return config;
  }

  std::string Good() { return mint_->Signed("ES256", Claims()); }
  // The answer to a token of these claims.
  std::string Said(Node& node, std::string_view claims, std::string_view header = "{}") {
    const std::string token = mint_->Signed("ES256", claims, header);
    node.KeepSecret("a JWT", token);
    return node.Introspect(token);
  }
  void ExpectInactive(const Node& node, const std::string& token, std::string_view what) {
    EXPECT_EQ(node.Introspect(token), kInactive) << what << ": " << token;
  }
  void ExpectInactiveClaims(Node& node, std::string_view claims) {
    EXPECT_EQ(Said(node, claims), kInactive) << claims;
  }

  inline static std::unique_ptr<JwtMint> mint_;
};

TEST_F(JwtPeersTest, EveryAlgorithmIsVerified) {
  Node node(Config());
  for (const std::string& alg : JwtAlgorithms()) {
    const std::string answer = node.Introspect(mint_->Signed(alg, Claims()));
    EXPECT_THAT(answer, StartsWith(R"({"active":true,)")) << alg;
    EXPECT_EQ(answer, node.Introspect(mint_->Signed(alg, Claims()))) << alg;
    const std::string forged =
        mint_->Token(fmt::format(R"({{"alg":"{}","key":"attacker","claims":{}}})", alg, Claims()));
    ExpectInactive(node, forged, alg + " of the attacker");
  }
}

TEST_F(JwtPeersTest, TheSameTokenIsAnsweredAlikeOftenAndHoweverItIsAsked) {
  Node node(Config());
  const std::string token = Good();
  const std::string answer = node.Introspect(token);
  EXPECT_THAT(answer, StartsWith(R"({"active":true,)"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(node.Introspect(token), answer);
  EXPECT_EQ(node.Ask({.body = "token=" + token + "&token_type_hint=pct"}).body, answer);
  EXPECT_EQ(node.Ask({.body = "token=" + token + "&token_type_hint=access_token"}).body, answer);
}

TEST_F(JwtPeersTest, TheAnswerHasTheShapeOfAnyOther) {
  Node node(Config());
  const std::string answer = Said(node, Claims(R"("client_id":"c","scope":"read","ext":[1, 2])"));
  ASSERT_THAT(answer, StartsWith(R"({"active":true,)"));
  EXPECT_EQ(MemberOf(answer, "aud"), fmt::format(R"(["{}"])", kApi));
  EXPECT_EQ(MemberOf(answer, "iss"), kIssuer);
  EXPECT_EQ(MemberOf(answer, "sub"), "s");
  EXPECT_EQ(MemberOf(answer, "client_id"), "c");
  EXPECT_EQ(MemberOf(answer, "scope"), "read");
  EXPECT_EQ(MemberOf(answer, "iat"), support::WithTimes("@-60"));
  EXPECT_EQ(MemberOf(answer, "exp"), support::WithTimes("@+3600"));
  EXPECT_EQ(MemberOf(answer, "token_type"), "Bearer");
  EXPECT_EQ(MemberOf(answer, "ext"), "[1,2]");
  EXPECT_EQ(MemberOf(answer, "extended_claims"), "{}");
}

TEST_F(JwtPeersTest, ClientsScopesAndKeysComeFromWhereverIssuersPutThem) {
  Node node(Config());
  for (const char* name : {"client_id", "azp", "cid", "appid"}) {
    const std::string answer = Said(node, Claims(fmt::format(R"("{}":"c")", name)));
    EXPECT_EQ(MemberOf(answer, "client_id"), "c") << name;
  }
  const std::string both = Said(node, Claims(R"("azp":"a","client_id":"c","appid":"b")"));
  EXPECT_EQ(MemberOf(both, "client_id"), "c");
  EXPECT_EQ(MemberOf(Said(node, Claims(R"("scp":["read","write"])")), "scope"), "read write");
  const std::string bound = Said(node, Claims(R"("cnf":{"jkt":"k"})"));
  EXPECT_EQ(MemberOf(bound, "token_type"), "DPoP");
  EXPECT_EQ(MemberOf(bound, "cnf"), R"({"jkt":"k"})");
}

TEST_F(JwtPeersTest, GoodButUnusual) {
  Node node(Config());
  const std::string fraction = Said(node, Claims(R"("a":1)", R"("iat":@-60.5,"exp":@+3600.5)"));
  EXPECT_EQ(MemberOf(fraction, "iat"), support::WithTimes("@-59"));
  EXPECT_EQ(MemberOf(fraction, "exp"), support::WithTimes("@+3600"));
  const std::string two = ClaimsFor(R"("aud":["other","https://api.example/"],)");
  EXPECT_EQ(MemberOf(Said(node, two), "aud"), R"(["other","https://api.example/"])");
  const std::string_view soon = R"("iat":@+5,"nbf":@+5,"exp":@+3600)";
  EXPECT_THAT(Said(node, Claims(R"("a":1)", soon)), StartsWith(R"({"active":true,)"));
  EXPECT_THAT(Said(node, Claims(), R"({"typ":"application/at+jwt"})"),
              StartsWith(R"({"active":true,)"));
}

TEST_F(JwtPeersTest, ClaimsThatAreNotEnough) {
  Node node(Config());
  for (const char* aud : {"", R"("aud":"https://api.example",)", R"("aud":[],)", R"("aud":7,)",
                          R"("aud":["https://API.example/"],)"}) {
    ExpectInactiveClaims(node, ClaimsFor(aud));
  }
  for (const char* times : {R"("iat":@-60,"exp":@-1)", R"("iat":@-60)", R"("exp":@+3600)",
                            R"("iat":@+900,"exp":@+3600)", R"("iat":@-60,"nbf":@+900,"exp":@+3600)",
                            R"("iat":@-60,"exp":"@+3600")", R"("iat":@-1,"exp":@+2592001)",
                            R"("iat":@-60,"exp":1e300)"}) {
    ExpectInactiveClaims(node, Claims(R"("client_id":"c")", times));
  }
  for (const char* issuer : {"https://server.example.com", "https://other.example/"}) {
    ExpectInactiveClaims(node,
                         fmt::format(R"({{"iss":"{}","aud":"{}",{}}})", issuer, kApi, kTimes));
  }
  EXPECT_TRUE(node.IsActive(Good()));
}

// What is signed by the same key for the same API, and is no access token: neither by default nor
// for an issuer that cannot set typ.
TEST_F(JwtPeersTest, OtherKindsOfTokens) {
  Node strict(Config());
  Node loose(Config({"at+jwt", "JWT", ""}, {"*"}));
  EXPECT_TRUE(loose.IsActive(mint_->Signed("ES256", Claims(), R"({"typ":"JWT"})")));
  EXPECT_TRUE(loose.IsActive(mint_->Signed("ES256", Claims(), R"({"typ":null})")));
  ExpectInactive(strict, mint_->Signed("ES256", Claims(), R"({"typ":"JWT"})"), "typ JWT");
  ExpectInactive(strict, mint_->Signed("ES256", Claims(), R"({"typ":null})"), "no typ");
  for (Node* node : {&strict, &loose}) {
    for (const char* typ : {"logout+jwt", "token-introspection+jwt", "dpop+jwt", "secevent+jwt",
                            "oauth-authz-req+jwt", "ID", ""}) {
      const std::string header = fmt::format(R"({{"typ":"{}"}})", typ);
      EXPECT_EQ(Said(*node, Claims(), header), kInactive) << header;
    }
    for (const char* member :
         {R"("at_hash":"h")", R"("c_hash":"h")", R"("events":{})", R"("token_introspection":{})",
          R"("token_use":"id")", R"("token_use":"refresh")", R"("typ":"ID")", R"("typ":"Refresh")",
          R"("typ":"Offline")", R"("typ":"Logout")"}) {
      ExpectInactiveClaims(*node, Claims(member));
    }
  }
  EXPECT_TRUE(loose.IsActive(mint_->Signed("ES256", Claims(R"("token_use":"access")"))));
  EXPECT_TRUE(loose.IsActive(mint_->Signed("ES256", Claims(R"("typ":"Bearer")"))));
}

TEST_F(JwtPeersTest, APublicKeyIsNoSecret) {
  Node node(Config());
  const std::string pem = mint_->Pem("RS256");
  for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1), std::string()}) {
    for (const char* alg : {"HS256", "HS384", "HS512"}) {
      const std::string token = mint_->Token(
          fmt::format(R"({{"alg":"{}","secret":{},"header":{{"kid":"rs256-1"}},"claims":{}}})", alg,
                      Quoted(secret), Claims()));
      ExpectInactive(node, token, alg);
    }
  }
}

TEST_F(JwtPeersTest, WithoutASignatureOrWithOneForSomethingElse) {
  Node node(Config());
  for (const char* alg : {"none", "None", "", "ES256"}) {
    const std::string token = mint_->Token(fmt::format(
        R"({{"raw":{{"header":{{"alg":"{}","typ":"at+jwt","kid":"es256-1"}},"payload":{}}}}})", alg,
        Quoted(support::WithTimes(Claims()))));
    ExpectInactive(node, token, "unsigned");
  }
  const std::string good = Good();
  const std::string other = mint_->Signed("ES256", Claims(R"("client_id":"d")"));
  ExpectInactive(node, other.substr(0, other.rfind('.')) + good.substr(good.rfind('.')), "swapped");
  ExpectInactive(node, good.substr(0, good.size() - 1), "cut off");
  ExpectInactive(node, good + "=", "padded");
  EXPECT_TRUE(node.IsActive(good));
  EXPECT_TRUE(node.IsActive(other));
}

TEST_F(JwtPeersTest, AKeyIsGoodForItsAlgorithmAlone) {
  Node node(Config());
  for (const auto& [alg, kid] :
       std::vector<std::pair<std::string, std::string>>{{"ES256", "es384-1"},
                                                        {"RS256", "ps256-1"},
                                                        {"PS512", "rs512-1"},
                                                        {"EdDSA", "es256-1"}}) {
    const std::string header = fmt::format(R"({{"kid":"{}"}})", kid);
    ExpectInactive(node, mint_->Signed(alg, Claims(), header), alg + " with " + kid);
  }
}

TEST_F(JwtPeersTest, WhatIsSaidTwiceOrIsCriticalIsNotBelieved) {
  Node node(Config());
  const std::string twice = Claims(R"("client_id":"c","client_id":"d")");
  ExpectInactive(node,
                 mint_->Token(fmt::format(R"({{"alg":"ES256","payload":{}}})",
                                          Quoted(support::WithTimes(twice)))),
                 "a member twice");
  ExpectInactive(node, mint_->Signed("ES256", Claims(), R"({"crit":["x"],"x":1})"), "crit");
}

TEST_F(JwtPeersTest, KeysThatATokenBringsOrNamesAreNotLookedAt) {
  Node node(Config());
  const LoopbackListener trap;
  const std::string url = fmt::format("http://127.0.0.1:{}/keys", trap.port());
  const std::string jwk = mint_->AttackersJwk("ES256");
  for (const std::string& bait :
       {fmt::format(R"("jku":"{}")", url), fmt::format(R"("x5u":"{}")", url),
        fmt::format(R"("jwk":{})", jwk), std::string(R"("x5c":["MIIB"])")}) {
    for (const char* kid : {R"("es256-1")", R"("unknown")", "null"}) {
      const std::string header = fmt::format(R"({{"kid":{},{}}})", kid, bait);
      const std::string token = mint_->Token(fmt::format(
          R"({{"alg":"ES256","key":"attacker","header":{},"claims":{}}})", header, Claims()));
      EXPECT_NE(VerdictOf(node.Ask({.body = "token=" + token})), Verdict::kActive) << header;
    }
    node.Introspect(mint_->Signed("ES256", Claims(), fmt::format("{{{}}}", bait)));
  }
  pollfd caller{.fd = trap.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&caller, 1, 500), 0) << "somebody asked the address in the token";
  EXPECT_TRUE(node.IsActive(Good()));
}

}  // namespace
}  // namespace introspectd::system_test
