// JWTs on the data plane: what is asked about them, in which order and when (contract 4.5).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "api/data_plane.h"
#include "fmt/format.h"
#include "jose/minter.h"
#include "support/request.h"
#include "text/base64.h"

namespace introspectd::api {
namespace {

using crypto::SignatureAlgorithm;
using jose::Minter;
using support::ClientTable;
using support::ConfigText;
using support::kInactive;
using support::Request;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kStaleAt_ms = 10'000;

ConfigText Text() {
  return {.tables =
              R"([[issuers]]
issuer = "https://server.example.com/"
audiences = ["https://api.example/"]
jwks_file = "keys"
jwks_wait_ms = 1000
)" + ClientTable("other", "secret = \"other-secret\"", "audiences = [\"https://other.example/\"]") +
              ClientTable("strict", "secret = \"strict-secret\"",
                          "audiences = [\"*\"]\nissuers = [\"*\"]\nunknown_token = \"error\"")};
}

class JwtTest : public testing::Test {
 protected:
  JwtTest() : plane_(Text().Text()) {
    plane_.now.wall_us = jose::kMintedAt * kMicrosPerSecond;
    plane_.jwts.SetTrust(Trust({key_.jwk()}));
  }

  std::shared_ptr<const jose::Trust> Trust(std::vector<jose::Jwk> keys) {
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const jose::Issuers>(plane_.config.issuers);
    trust->keys.push_back({.ring = std::make_shared<jose::KeyRing>(
                               library_, trust->issuers->all()[0],
                               jose::JwkSet{.keys = std::move(keys), .ignored = {}}),
                           .asked_us = plane_.now.wall_us,
                           .stale_at_ms = kStaleAt_ms,
                           .cooldown_until_ms = 0});
    return trust;
  }
  static std::string Body(std::string_view token) { return fmt::format("token={}", token); }
  std::string Ask(std::string_view token) {
    return plane_.AskAnew(Request{.body = Body(token)}.Bytes()).body;
  }
  // Says the question, and nothing is answered yet.
  void AskAndWait(std::string_view token) {
    EXPECT_EQ(plane_.Say(Request{.body = Body(token)}.Bytes()), "");
  }
  support::Response Answer() { return support::ParseResponse(plane_.Take()).response; }
  void Revoke(std::string_view line) {
    plane_.Push(line);
    plane_.endpoint.EndBatch();
  }

  std::shared_ptr<crypto::Library> library_ = std::make_shared<crypto::Library>();
  const Minter key_{SignatureAlgorithm::kEs256};
  const std::string token_ = key_.Mint(jose::Claims(R"(,"jti":"j","sub":"s","scope":"read")"));
  DataPlane plane_;
};

TEST_F(JwtTest, AGoodOneIsActiveWhateverTheHint) {
  const std::string answer =
      R"({"active":true,"iss":"https://server.example.com/","aud":["https://api.example/"],)"
      R"("exp":1700000600,"iat":1700000000,"jti":"j","sub":"s","scope":"read",)"
      R"("token_type":"Bearer","extended_claims":{}})";
  EXPECT_EQ(Ask(token_), answer);
  EXPECT_EQ(Ask(token_ + "&token_type_hint=pct"), answer);
  EXPECT_EQ(Ask(token_ + "&token_type_hint=access_token"), answer);
  EXPECT_EQ(Ask(token_ + "&scope=read"), answer);
  EXPECT_EQ(Ask(token_ + "&scope=write"), kInactive);
  EXPECT_EQ(plane_.counters.Get(Count::kActive), 4u);
}

TEST_F(JwtTest, APushCannotMakeOneActive) {
  const Minter attacker(SignatureAlgorithm::kEs256);
  const std::string forged = attacker.Mint();
  plane_.Push(support::Upsert(forged, R"({"aud":"https://api.example/","exp":1700000600})"));
  EXPECT_EQ(Ask(forged), kInactive);
  const std::string expired = key_.Mint(jose::Claims("", 0));
  plane_.Push(support::Upsert(expired, R"({"aud":"https://api.example/","exp":1700000600})"));
  EXPECT_EQ(Ask(expired), kInactive);
}

TEST_F(JwtTest, OneOfAnIssuerThatIsNotConfiguredIsAsGoodAsWhatWasPushed) {
  const std::string foreign = key_.Mint(R"({"iss":"https://other.example/","exp":1700000600})");
  EXPECT_EQ(Ask(foreign), kInactive);
  plane_.Push(support::Upsert(foreign, R"({"exp":1700000600})"));
  EXPECT_THAT(Ask(foreign), HasSubstr("\"active\":true"));
}

TEST_F(JwtTest, EveryRevocationHitsIt) {
  for (const std::string& line :
       {support::Revoke(token_),
        std::string(R"({"op":"revoke","iss":"https://server.example.com/","jti":"j"})"),
        std::string(R"({"op":"revoke","sub":"s","issued_before":1700000000})")}) {
    DataPlane fresh(Text().Text());
    fresh.now = plane_.now;
    fresh.jwts.SetTrust(Trust({key_.jwk()}));
    const std::string request = Request{.body = Body(token_)}.Bytes();
    EXPECT_THAT(fresh.Ask(request).body, HasSubstr("\"active\":true"));
    fresh.Push(line);
    EXPECT_EQ(fresh.AskAnew(request).body, kInactive) << line;
  }
}

TEST_F(JwtTest, TheOtherFormOfTheSignatureIsRevokedToo) {
  std::string signature;
  const std::size_t dot = token_.rfind('.');
  ASSERT_TRUE(jose::DecodePart(std::string_view(token_).substr(dot + 1), signature));
  std::string twin_signature;
  ASSERT_TRUE(crypto::TwinOf(SignatureAlgorithm::kEs256, signature, twin_signature));
  const std::string twin = token_.substr(0, dot + 1) + text::EncodeBase64Url(twin_signature);
  EXPECT_THAT(Ask(twin), HasSubstr("\"active\":true"));
  Revoke(support::Revoke(token_));
  EXPECT_EQ(Ask(twin), kInactive) << "remembered";
  EXPECT_EQ(Ask(token_), kInactive) << "first seen";
}

TEST_F(JwtTest, TheClientsGateIsForJwtsToo) {
  Request request{.body = Body(token_)};
  request.authorization = support::Basic("other", "other-secret");
  EXPECT_EQ(plane_.AskAnew(request.Bytes()).body, kInactive);
  request.authorization = support::Basic("strict", "strict-secret");
  EXPECT_THAT(plane_.AskAnew(request.Bytes()).body, HasSubstr("\"active\":true"));
}

TEST_F(JwtTest, AKnownJwtIsInactiveAndNoError) {
  Request request{.body = Body(key_.Mint(jose::Claims("", 0)))};
  request.authorization = support::Basic("strict", "strict-secret");
  EXPECT_EQ(plane_.AskAnew(request.Bytes()).body, kInactive);
  request.body = Body(key_.Mint(R"({"iss":"https://other.example/","exp":1700000600})"));
  EXPECT_EQ(plane_.AskAnew(request.Bytes()).status, 400);
}

TEST_F(JwtTest, ItExpiresWhileItIsRemembered) {
  EXPECT_THAT(Ask(token_), HasSubstr("\"active\":true"));
  plane_.now.wall_us += 600 * kMicrosPerSecond;
  EXPECT_EQ(Ask(token_), kInactive);
}

TEST_F(JwtTest, AnUnknownKeyIsFetchedOnceForAllWhoWait) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  AskAndWait(fresh.Mint());
  EXPECT_THAT(plane_.wanted_keys, ElementsAre(0u));
  plane_.jwts.SetKeys(Trust({key_.jwk(), fresh.jwk()}));
  EXPECT_EQ(plane_.Take(), "");
  plane_.jwts.KeysAsked(0, true, 6000);
  EXPECT_THAT(Answer().body, HasSubstr("\"active\":true"));
}

TEST_F(JwtTest, WithoutItInTheNewSetAKeyIsNone) {
  const Minter attacker(SignatureAlgorithm::kEs256, "attacker");
  AskAndWait(attacker.Mint());
  plane_.jwts.KeysAsked(0, true, 6000);
  EXPECT_EQ(Answer().body, kInactive);
}

TEST_F(JwtTest, WhenTheKeysCannotBeHadNothingIsSaid) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  AskAndWait(fresh.Mint());
  plane_.jwts.KeysAsked(0, false, 6000);
  EXPECT_EQ(Answer().status, 503);
  EXPECT_EQ(plane_.AskAnew(Request{.body = Body(fresh.Mint())}.Bytes()).status, 503)
      << "within the cooldown, and its key may be younger than those that are known";
  EXPECT_EQ(plane_.wanted_keys.size(), 1u);
}

TEST_F(JwtTest, KeysThatCameMeanwhileAreGoodEnough) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  AskAndWait(fresh.Mint());
  plane_.jwts.SetKeys(Trust({key_.jwk(), fresh.jwk()}));  // a fetch that was over when it was asked
  plane_.jwts.KeysAsked(0, false, 6000);
  EXPECT_THAT(Answer().body, HasSubstr("\"active\":true"));
}

TEST_F(JwtTest, AFailedFetchSaysNothingOfAnOldToken) {
  plane_.now.wall_us += 60 * kMicrosPerSecond;
  plane_.jwts.SetTrust(Trust({key_.jwk()}));
  AskAndWait(Minter(SignatureAlgorithm::kEs256, "fresh").Mint());
  plane_.jwts.KeysAsked(0, false, 6000);
  EXPECT_EQ(Answer().status, 503);
}

TEST_F(JwtTest, NobodyWaitsForEver) {
  AskAndWait(Minter(SignatureAlgorithm::kEs256, "fresh").Mint());
  plane_.now.boot_ms += 999;
  plane_.jwts.Tick(plane_.now);
  EXPECT_EQ(plane_.Take(), "");
  plane_.now.boot_ms += 1;
  plane_.jwts.Tick(plane_.now);
  EXPECT_EQ(Answer().status, 503);
  plane_.jwts.KeysAsked(0, true, 6000);  // too late, and harmless
  EXPECT_EQ(plane_.Take(), "");
}

TEST_F(JwtTest, AReloadLetsThoseWhoWaitAskAgain) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  AskAndWait(fresh.Mint());
  plane_.jwts.SetTrust(Trust({fresh.jwk()}));
  EXPECT_THAT(Answer().body, HasSubstr("\"active\":true"));
}

// As many as are asked about in one turn of a loop wait for each other, and for no longer than
// that.
TEST_F(JwtTest, SignaturesTakeABoundedShareOfATurn) {
  constexpr int kAsked = 40;  // some 100 µs each under a sanitizer, a tenth of that without
  int waited = 0;
  for (int i = 0; i < kAsked; ++i) {
    plane_.Reconnect();
    plane_.Say(
        Request{.body = Body(key_.Mint(jose::Claims(fmt::format(R"(,"jti":"{}")", i))))}.Bytes());
    waited += plane_.jwts_wait ? 1 : 0;
    plane_.jwts_wait = false;
  }
  EXPECT_GT(waited, 0);
  plane_.Reconnect();
  const std::string last = key_.Mint(jose::Claims(R"(,"jti":"last")"));
  AskAndWait(last);
  int turns = 1;
  plane_.now.wall_us += 1000;
  while (plane_.TurnJwts()) {
    ++turns;
    plane_.now.wall_us += 1000;
  }
  EXPECT_THAT(Answer().body, HasSubstr("\"jti\":\"last\""));
  EXPECT_LE(turns, kAsked + 1);
}

// Questions that are put to the desk as a worker's sessions put them: each that is resumed has a
// reading of the clocks of its own, and goes on with what its client has pipelined.
class JwtDeskTest : public JwtTest {
 protected:
  JwtDeskTest() { desk_.SetTrust(Trust({key_.jwk()})); }

  void Ask(std::string_view token, http::Resumption resumption = http::Resumption::kNone) {
    const auto answer = desk_.Ask(token, {.head = head_,
                                          .body = {},
                                          .peer = http::kUnknownPeer,
                                          .ticket = {},
                                          .resumption = resumption,
                                          .now = plane_.now,
                                          .note = note_});
    ++(answer.kind == JwtDesk::Answer::Kind::kPending ? waited_ : answered_);
  }
  static std::string WithBadSignature(const Minter& minter) {
    const std::string good = minter.Mint();
    return good.substr(0, good.rfind('.') + 1) + text::EncodeBase64Url(std::string(64, '1'));
  }

  static constexpr int kAsked = 400;  // many times as much as a turn has time for

  const http::Head head_{};
  std::uint64_t note_ = 0;
  int answered_ = 0;
  int waited_ = 0;
  std::function<void(http::Resumption)> resume_;
  JwtDesk desk_{plane_.config,
                plane_.counters,
                {.resume =
                     [this](const http::Ticket&, http::Resumption how) {
                       ++plane_.now.wall_us;
                       resume_(how);
                     },
                 .want_keys = [](std::size_t) {},
                 .wake = [] {}}};
};

TEST_F(JwtDeskTest, ATurnEndsHoweverMuchIsPipelined) {
  const std::string token = WithBadSignature(key_);
  while (waited_ < 2) Ask(token);
  answered_ = 0;
  resume_ = [&](http::Resumption how) {
    Ask(token, how);
    if (answered_ < kAsked) Ask(token);
  };
  desk_.BeginTurn();
  EXPECT_TRUE(desk_.Turn());
  EXPECT_GT(answered_, 0);
  EXPECT_LT(answered_, kAsked / 2);
}

TEST_F(JwtDeskTest, ThoseWhoWaitedForKeysShareATurn) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  const std::string token = WithBadSignature(fresh);
  resume_ = [&](http::Resumption how) { Ask(token, how); };
  for (int i = 0; i < kAsked; ++i) Ask(token);
  ASSERT_EQ(waited_, kAsked);
  desk_.SetKeys(Trust({key_.jwk(), fresh.jwk()}));
  desk_.KeysAsked(0, true, 6000);
  EXPECT_GT(answered_, 0);
  EXPECT_LT(answered_, kAsked / 2);
  bool more = true;
  for (int turns = 0; more && turns <= kAsked; ++turns) {
    desk_.BeginTurn();
    more = desk_.Turn();
  }
  EXPECT_EQ(answered_, kAsked);
}

TEST_F(JwtTest, WhoeverWaitsForOneIssuersKeysHoldsNoOthersUp) {
  const std::string other =
      "[[issuers]]\nissuer = \"https://other.example/\"\n"
      "audiences = [\"*\"]\njwks_file = \"other-keys\"\n[limits]\njwks_waiting_max = 1\n";
  ConfigText text = Text();
  text.tables += other;
  DataPlane plane(text.Text());
  plane.now = plane_.now;
  auto trust = std::make_shared<jose::Trust>(*Trust({key_.jwk()}));
  trust->issuers = std::make_shared<const jose::Issuers>(plane.config.issuers);
  trust->keys.push_back(trust->keys[0]);
  plane.jwts.SetTrust(trust);
  const auto ask = [&](std::string_view issuer) {
    const Minter attacker(SignatureAlgorithm::kEs256, "attacker");
    plane.Reconnect();
    return plane.Say(Request{.body = Body(attacker.Mint(fmt::format(
                                 R"({{"iss":"{}","aud":"https://api.example/","exp":1700000600,)"
                                 R"("iat":1700000000}})",
                                 issuer)))}
                         .Bytes());
  };
  EXPECT_EQ(ask(jose::kIssuer), "");
  EXPECT_THAT(ask(jose::kIssuer), HasSubstr("503"));
  EXPECT_EQ(ask("https://other.example/"), "");
  EXPECT_THAT(ask("https://other.example/"), HasSubstr("503"));
  EXPECT_THAT(plane.wanted_keys, ElementsAre(0u, 1u));
}

TEST_F(JwtTest, WithOldKeysNothingIsSaid) {
  EXPECT_THAT(Ask(token_), HasSubstr("\"active\":true"));
  plane_.now.boot_ms = kStaleAt_ms;
  EXPECT_EQ(plane_.AskAnew(Request{.body = Body(token_)}.Bytes()).status, 503);
  plane_.Push(support::Upsert("opaque", R"({"exp":1700000600})"));
  EXPECT_THAT(Ask("opaque"), HasSubstr("\"active\":true")) << "the rest goes on";
}

TEST_F(JwtTest, WhatComesOfThemIsCounted) {
  const auto counts = [this] {
    std::vector<std::uint64_t> all;
    for (std::size_t i = 0; i < kJwtResults; ++i) {
      all.push_back(plane_.counters.Get(static_cast<JwtResult>(i)));
    }
    return all;
  };
  Ask(token_);
  EXPECT_THAT(counts(), ElementsAre(1, 0, 0, 0));
  Ask(token_);
  Ask(token_);
  EXPECT_THAT(counts(), ElementsAre(1, 2, 0, 0));
  Ask(Minter(SignatureAlgorithm::kEs256).Mint());
  Ask(key_.Mint(jose::Claims("", 0)));
  EXPECT_THAT(counts(), ElementsAre(1, 2, 2, 0));
  Ask("opaque.token");
  EXPECT_THAT(counts(), ElementsAre(1, 2, 2, 0));
  plane_.now.boot_ms = kStaleAt_ms;
  Ask(token_);
  EXPECT_THAT(counts(), ElementsAre(1, 2, 2, 1));
}

}  // namespace
}  // namespace introspectd::api
