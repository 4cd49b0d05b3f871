// Client assertions on the data plane: what they prove, how often, and what waits for them
// (contract 4.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "api/data_plane.h"
#include "fmt/format.h"
#include "jose/minter.h"
#include "support/request.h"
#include "text/base64.h"

namespace introspectd::api {
namespace {

using crypto::SignatureAlgorithm;
using http::Resumption;
using jose::Minter;
using support::ConfigText;
using support::kInactive;
using support::Request;
using support::Response;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string Signer(std::string_view id) {
  return fmt::format(
      "[[clients]]\nid = \"{}\"\nauth = [\"private_key_jwt\"]\njwks_file = \"keys\"\n"
      "audiences = [\"*\"]\n",
      id);
}
ConfigText Text(const std::string& signers = Signer("signer") + Signer("other")) {
  return {.tables =
              "[[issuers]]\nissuer = \"https://server.example.com/\"\n"
              "audiences = [\"*\"]\njwks_file = \"keys\"\n" +
              signers};
}

std::string Claims(std::string_view jti, std::string_view client = "signer") {
  return fmt::format(R"({{"iss":"{0}","sub":"{0}","aud":"{1}","exp":{2},"jti":"{3}"}})", client,
                     support::kIssuer, jose::kMintedAt + 60, jti);
}
std::string Body(std::string_view assertion, std::string_view more = "",
                 std::string_view type = kType, std::string_view token = "opaque") {
  return fmt::format("client_assertion_type={}&client_assertion={}&token={}{}", type, assertion,
                     token, more);
}
std::string Bytes(std::string body, std::string authorization = "") {
  return Request{.authorization = std::move(authorization), .body = std::move(body)}.Bytes();
}

class AssertionTest : public testing::Test {
 protected:
  AssertionTest() : plane_(Text().Text()) {
    plane_.now.wall_us = jose::kMintedAt * kMicrosPerSecond;
    Trust({key_.jwk()});
    plane_.Push(support::Upsert("opaque", R"({"exp":1700000600})"));
    plane_.endpoint.EndBatch();
  }

  // Both clients have `keys`, and the issuer has its own.
  std::shared_ptr<const jose::Trust> TrustIn(const Config& config,
                                             const std::vector<jose::Jwk>& keys) {
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const jose::Issuers>(config.issuers);
    trust->clients = std::make_shared<const jose::AssertionClients>(config);
    Add(*trust, trust->issuers->all()[0].algorithms, {issuers_key_.jwk()});
    for (const auto& client : trust->clients->all()) Add(*trust, client.algorithms, keys);
    return trust;
  }
  void Add(jose::Trust& trust, const jose::AlgorithmSet& algorithms, std::vector<jose::Jwk> keys) {
    const jose::JwkSet set{.keys = std::move(keys), .ignored = {}};
    trust.keys.push_back({.ring = std::make_shared<jose::KeyRing>(library_, algorithms, set),
                          .asked_us = plane_.now.wall_us,
                          .stale_at_ms = 10'000,
                          .cooldown_until_ms = 0});
  }
  void Trust(const std::vector<jose::Jwk>& keys) {
    plane_.jwts.SetTrust(TrustIn(plane_.config, keys));
  }
  // As after SIGHUP.
  void Reload(const std::string& config, const std::vector<jose::Jwk>& keys) {
    plane_.Reload(config);
    plane_.jwts.BeginTurn();
    plane_.jwts.SetTrust(TrustIn(ConfigOf(config), keys));
  }
  // Turns until nobody waits for time, nor for being used.
  void Finish() {
    for (bool more = true; more;) {
      more = plane_.TurnJwts() || !plane_.uses.empty();
      while (!plane_.uses.empty()) plane_.Use();
    }
  }

  std::string Mint(std::string_view jti, std::string_view client = "signer") const {
    return key_.Sign(R"({"alg":"ES256","kid":"k"})", Claims(jti, client));
  }
  Response Ask(const std::string& body, const std::string& authorization = "") {
    return plane_.AskAnew(Bytes(body, authorization));
  }
  int StatusOf(const std::string& body, const std::string& authorization = "") {
    return Ask(body, authorization).status;
  }
  void AskAndWait(const std::string& body) {
    plane_.jwts.BeginTurn();
    EXPECT_EQ(plane_.Say(Bytes(body)), "");
  }
  // Takes the time that this turn has for signatures, as another connection's tokens would.
  void SpendTurn() {
    for (int i = 0; i < 1000; ++i) {
      const std::string token = issuers_key_.Mint(jose::Claims(fmt::format(R"(,"jti":"{}")", i)));
      const http::Head head;
      std::uint64_t note = 0;
      const http::Exchange other{.head = head,
                                 .body = {},
                                 .peer = plane_.peer,
                                 .ticket = {},
                                 .now = plane_.now,
                                 .asked = plane_.now,
                                 .note = note};
      if (plane_.jwts.Ask(token, other).kind == JwtDesk::Answer::Kind::kPending) return;
    }
    FAIL() << "there was time for a thousand signatures";
  }
  // Of what was waited for.
  Response Answer() { return support::ParseResponse(plane_.Take()).response; }

  std::shared_ptr<crypto::Library> library_ = std::make_shared<crypto::Library>();
  const Minter key_{SignatureAlgorithm::kEs256};
  const Minter issuers_key_{SignatureAlgorithm::kEs256, "issuer"};
  DataPlane plane_;
};

TEST_F(AssertionTest, AGoodOneProvesWhoAsks) {
  EXPECT_THAT(Ask(Body(Mint("a"))).body, HasSubstr("\"active\":true"));
  EXPECT_EQ(StatusOf(Body(Mint("b"), "&client_id=signer")), 200);
  EXPECT_EQ(StatusOf(Body(Mint("c", "other"), "&client_id=other")), 200);
  EXPECT_EQ(plane_.counters.Get(Count::kActive), 3u);
}

TEST_F(AssertionTest, ItIsGoodForOneRequest) {
  const std::string request = Bytes(Body(Mint("a")));
  EXPECT_EQ(plane_.AskAnew(request).status, 200);
  EXPECT_EQ(plane_.Ask(request).status, 401) << "on its connection";
  EXPECT_EQ(plane_.AskAnew(request).status, 401) << "and on another";
  EXPECT_EQ(StatusOf(Body(Mint("a"))), 401) << "its jti is what counts";
  EXPECT_EQ(StatusOf(Body(Mint("a", "other"))), 200) << "of this client";
  plane_.Reconnect();
  const std::string again = Bytes(Body(Mint("b")));
  std::string said = plane_.Say(again + again);
  Finish();
  said += plane_.Take();
  EXPECT_THAT(said, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(said, HasSubstr("HTTP/1.1 401"));
  EXPECT_EQ(plane_.counters.Get(Count::kUnauthorized), 4u);
}

TEST_F(AssertionTest, OneThatProvesNothingUsesNothing) {
  const Minter attacker(SignatureAlgorithm::kEs256);
  const std::string header = R"({"alg":"ES256","kid":"k"})";
  EXPECT_EQ(StatusOf(Body(attacker.Sign(header, Claims("a")))), 401);
  EXPECT_EQ(StatusOf(Body(Mint("a"), "&client_id=other")), 401);
  EXPECT_EQ(StatusOf(Body(Mint("a"), "", "urn:x")), 401);
  EXPECT_EQ(StatusOf(Body(Mint("a")), support::Basic(support::kGateway, support::kGatewaySecret)),
            400);
  EXPECT_EQ(plane_.used_assertions.size(), 0u);
  EXPECT_EQ(StatusOf(Body(Mint("a"))), 200);
}

TEST_F(AssertionTest, AFailureLooksLikeAnyOther) {
  const Response by_secret = Ask("token=opaque", support::Basic("signer", "secret"));
  ASSERT_EQ(by_secret.status, 401);
  for (const std::string& body :
       {Body("x"), Body(Mint("a", "nobody")), Body(Mint("a"), "", "urn:x"), Body("", "", kType),
        std::string("token=opaque&client_assertion=x")}) {
    const Response response = Ask(body);
    EXPECT_EQ(response.status, 401) << body;
    EXPECT_EQ(response.body, by_secret.body);
    EXPECT_EQ(response.headers, by_secret.headers);
  }
}

TEST_F(AssertionTest, TwoMechanismsAreOneTooMany) {
  const std::string basic = support::Basic(support::kGateway, support::kGatewaySecret);
  const std::string with_secret =
      Body(Mint("a"), fmt::format("&client_id=gateway&client_secret={}", support::kGatewaySecret));
  for (const Response& response :
       {Ask(Body(Mint("a")), basic), Ask(Body(Mint("a")), "Authorization: Bearer abc\r\n"),
        Ask(with_secret), Ask(Body("", "", kType), basic)}) {
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("\"error\":\"invalid_request\""));
  }
}

// The head that was good for a body without an assertion is not good for one with it.
TEST_F(AssertionTest, AKnownHeadIsAMechanismAllTheSame) {
  const std::string basic = support::Basic(support::kGateway, support::kGatewaySecret);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(plane_.Ask(Bytes("token=opaque", basic)).status, 200);
  const std::size_t length = Body(Mint("a")).size();
  const std::string padded = "token=opaque&x=" + std::string(length - 15, 'x');
  EXPECT_EQ(plane_.Ask(Bytes(padded, basic)).status, 200);
  EXPECT_EQ(plane_.Ask(Bytes(Body(Mint("a")), basic)).status, 400);
}

TEST_F(AssertionTest, AClientHasTheMechanismsItIsConfiguredWith) {
  EXPECT_EQ(StatusOf(Body(Mint("a", "gateway"))), 401);
}

TEST_F(AssertionTest, NobodyIsHeldUpByAUse) {
  plane_.use_later = true;
  AskAndWait(Body(Mint("a")));
  ASSERT_EQ(plane_.uses.size(), 1u);
  const auto ticket = plane_.uses.front().ticket;
  plane_.Resume(ticket, Resumption::kRetry);
  EXPECT_EQ(plane_.Take(), "") << "it is not known yet";
  EXPECT_EQ(plane_.uses.size(), 1u) << "nor brought again";
  plane_.Use();
  EXPECT_EQ(Answer().status, 200);
}

TEST_F(AssertionTest, AUseThatIsNotAnsweredInTimeIsUnavailable) {
  plane_.use_later = true;
  AskAndWait(Body(Mint("a")));
  plane_.Resume(plane_.uses.front().ticket, Resumption::kUnavailable);
  EXPECT_EQ(Answer().status, 503);
  plane_.Use();  // nobody waits for it any more
  EXPECT_EQ(plane_.Take(), "");
  AskAndWait(Body(Mint("b")));
  plane_.Use();
  EXPECT_EQ(Answer().status, 200) << "the next one is another";
}

TEST_F(AssertionTest, AnAnswerToAnOlderRequestOfTheConnectionIsNone) {
  plane_.use_later = true;
  AskAndWait(Body(Mint("a")));
  const auto old = plane_.uses.front();
  plane_.uses.clear();
  plane_.Reconnect();
  AskAndWait(Body(Mint("a")));
  plane_.jwts.assertions().Used(old.ticket, client::Use::kFirst);
  plane_.Resume(old.ticket, Resumption::kRetry);
  EXPECT_EQ(plane_.Take(), "");
  plane_.used_assertions.Take(old.name, old.exp, plane_.now.seconds());
  plane_.Use();
  EXPECT_EQ(Answer().status, 401);
}

TEST_F(AssertionTest, WhenNoMoreCanBeRememberedNoneIsGood) {
  int good = 0;
  for (int i = 0; i < 100; ++i) good += StatusOf(Body(Mint(std::to_string(i)))) == 200 ? 1 : 0;
  EXPECT_EQ(good, 100);
  EXPECT_EQ(StatusOf(Body(Mint("one more"))), 503);
  EXPECT_EQ(StatusOf(Body(Mint("7"))), 401) << "this one was used, that is sure";
}

// A request is asked about again for many reasons, none of which makes it a replay of itself.
TEST_F(AssertionTest, ARequestThatWaitsForItsTokensKeyWasUsedOnce) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  AskAndWait(Body(Mint("a"), "", kType, fresh.Mint()));
  EXPECT_THAT(plane_.wanted_keys, ElementsAre(0u));
  EXPECT_EQ(plane_.used_assertions.size(), 1u);
  plane_.jwts.KeysAsked(0, true, 6000);
  EXPECT_EQ(Answer().body, kInactive);
}

TEST_F(AssertionTest, ARequestThatWaitsForTimeWasUsedOnce) {
  plane_.use_later = true;
  const std::string token = issuers_key_.Mint(jose::Claims(R"(,"jti":"asked about")"));
  AskAndWait(Body(Mint("a"), "", kType, token));
  SpendTurn();
  plane_.Use();
  EXPECT_EQ(plane_.Take(), "") << "there is no time for the token";
  Finish();
  EXPECT_THAT(Answer().body, HasSubstr("\"active\":true"));
  EXPECT_EQ(plane_.used_assertions.size(), 1u);
}

TEST_F(AssertionTest, AKeyThatIsNotKnownIsWaitedFor) {
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  const auto mint = [&](std::string_view jti) {
    return fresh.Sign(R"({"alg":"ES256","kid":"fresh"})", Claims(jti));
  };
  AskAndWait(Body(mint("a")));
  EXPECT_THAT(plane_.wanted_keys, ElementsAre(1u)) << "the owner behind the issuer";
  plane_.jwts.SetKeys(TrustIn(plane_.config, {key_.jwk(), fresh.jwk()}));
  plane_.jwts.KeysAsked(1, true, 6000);
  Finish();
  EXPECT_EQ(Answer().status, 200);

  const Minter never(SignatureAlgorithm::kEs256, "never");
  const std::string header = R"({"alg":"ES256","kid":"never"})";
  AskAndWait(Body(never.Sign(header, Claims("b", "other"))));
  plane_.jwts.KeysAsked(2, false, 6000);
  EXPECT_EQ(Answer().status, 503) << "they cannot be had";
  plane_.jwts.SetKeys(TrustIn(plane_.config, {key_.jwk()}));
  AskAndWait(Body(never.Sign(header, Claims("c"))));
  plane_.jwts.KeysAsked(1, true, 6000);
  EXPECT_EQ(Answer().status, 401) << "it is none of them";
}

TEST_F(AssertionTest, WithoutKeysNothingIsSaid) {
  plane_.now.boot_ms = 10'000;
  EXPECT_EQ(StatusOf(Body(Mint("a"))), 503);
  EXPECT_EQ(StatusOf("token=opaque", support::Basic(support::kGateway, support::kGatewaySecret)),
            200)
      << "the rest goes on";
}

TEST_F(AssertionTest, WhoeverIsTakenOutWhileItWaitsIsRefused) {
  plane_.use_later = true;
  AskAndWait(Body(Mint("a")));
  Reload(Text(Signer("other")).Text(), {key_.jwk()});
  plane_.Use();
  EXPECT_EQ(Answer().status, 401);
  EXPECT_EQ(StatusOf(Body(Mint("b"))), 401);
}

TEST_F(AssertionTest, AKeyThatIsTakenOutWhileItWaitsProvesNothing) {
  plane_.use_later = true;
  const Minter another(SignatureAlgorithm::kEs256, "k");
  AskAndWait(Body(Mint("a")));
  Reload(Text().Text(), {another.jwk()});
  plane_.Use();
  EXPECT_EQ(Answer().status, 401);
}

TEST_F(AssertionTest, AReloadMakesNoReplay) {
  plane_.use_later = true;
  AskAndWait(Body(Mint("a", "other")));
  Reload(Text(Signer("other")).Text(), {key_.jwk()});  // it has another place now
  plane_.Use();
  EXPECT_EQ(Answer().status, 200);
  EXPECT_THAT(plane_.uses, IsEmpty());
  const Minter fresh(SignatureAlgorithm::kEs256, "fresh");
  plane_.use_later = false;
  AskAndWait(Body(Mint("b", "other"), "", kType, fresh.Mint()));
  Reload(Text().Text(), {key_.jwk()});
  EXPECT_EQ(plane_.Take(), "") << "its token waits again, and it does not prove itself again";
  EXPECT_EQ(plane_.used_assertions.size(), 2u);
}

// Whoever has no key can still make others verify.
TEST_F(AssertionTest, AFloodHoldsNoOpaqueTokenUp) {
  const std::string good = Mint("a");
  const std::string forged =
      good.substr(0, good.rfind('.') + 1) + text::EncodeBase64Url(std::string(64, '1'));
  plane_.jwts.BeginTurn();
  int waits = 0;
  for (int i = 0; i < 50; ++i) {
    plane_.Reconnect();
    waits += plane_.Say(Bytes(Body(forged))).empty() ? 1 : 0;
  }
  EXPECT_GT(waits, 0) << "there is a limit";
  plane_.Reconnect();
  const std::string basic = support::Basic(support::kGateway, support::kGatewaySecret);
  EXPECT_THAT(plane_.Say(Bytes("token=opaque", basic)), HasSubstr("\"active\":true"));
}

// Two lines, served in turn.
class SignatureQueueTest : public testing::Test {
 protected:
  using Line = SignatureQueue::Line;

  http::Exchange Exchange(std::uint32_t slot) {
    return {.head = head_,
            .body = {},
            .peer = http::kUnknownPeer,
            .ticket = {.slot = slot},
            .resumption = Resumption::kNone,
            .now = {},
            .note = note_};
  }

  const http::Head head_{};
  std::uint64_t note_ = 0;
  std::vector<std::uint32_t> resumed_;
  std::int64_t costs_ns_ = 0;  // whoever is resumed
  SignatureQueue queue_{10,
                        {.resume =
                             [this](const http::Ticket& ticket, Resumption) {
                               resumed_.push_back(ticket.slot);
                               queue_.Spend(costs_ns_);
                             },
                         .want_keys = [](std::size_t) {},
                         .wake = [] {}}};
};

TEST_F(SignatureQueueTest, TokensDoNotStandBehindAssertions) {
  for (std::uint32_t i = 0; i < 6; ++i) queue_.WaitForTurn(Exchange(i), Line::kAssertions);
  EXPECT_TRUE(queue_.EffortFor(Exchange(9), Line::kTokens).may_verify);
  EXPECT_FALSE(queue_.EffortFor(Exchange(9), Line::kAssertions).may_verify);
  for (std::uint32_t i = 10; i < 13; ++i) queue_.WaitForTurn(Exchange(i), Line::kTokens);
  EXPECT_FALSE(queue_.Turn());
  EXPECT_THAT(resumed_, ElementsAre(0, 10, 1, 11, 2, 12, 3, 4, 5));
}

TEST_F(SignatureQueueTest, WhereATurnEndsTheNextGoesOn) {
  costs_ns_ = 1'000'000;  // more than a turn has
  for (std::uint32_t i = 0; i < 2; ++i) queue_.WaitForTurn(Exchange(i), Line::kAssertions);
  for (std::uint32_t i = 10; i < 12; ++i) queue_.WaitForTurn(Exchange(i), Line::kTokens);
  for (const bool more : {true, true, true, false}) {
    queue_.BeginTurn();
    EXPECT_EQ(queue_.Turn(), more);
  }
  EXPECT_THAT(resumed_, ElementsAre(0, 10, 1, 11));
}

}  // namespace
}  // namespace introspectd::api
