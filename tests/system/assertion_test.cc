// Clients that prove themselves by signing, on the real server with two workers; what they sign
// with is somebody else's code (contract 4.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "support/jwt_peers.h"
#include "support/loopback_listener.h"
#include "support/wait_until.h"
#include "system/node.h"
#include "text/json_writer.h"

namespace introspectd::system_test {
namespace {

using support::JwtAlgorithms;
using support::JwtIssuer;
using support::JwtMint;
using support::kExampleToken;
using support::kIssuer;
using support::LoopbackListener;
using support::WaitUntil;
using testing::HasSubstr;

constexpr std::string_view kEndpoint = "https://introspect.example.com/introspect";
constexpr std::string_view kType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::string_view kTyped = R"({"typ":"JWT"})";

std::int64_t Seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// An assertion's claims: good, and each time of another jti, unless a member says otherwise.
struct Said {
  std::string iss = "signer";
  std::string sub = "signer";
  std::string aud = fmt::format("\"{}\"", kIssuer);
  std::int64_t exp_s = 200;  // from now
  std::string jti = fmt::format(R"(,"jti":"{}")", ++names);

  std::string Text() const {
    return fmt::format(R"({{"iss":"{}","sub":"{}","aud":{},"exp":{}{}}})", iss, sub, aud,
                       Seconds() + exp_s, jti);
  }
  inline static int names = 0;
};

std::string Quoted(std::string_view text) {
  std::string out;
  text::AppendJsonString(text, out);
  return out;
}

std::string SignerTable(std::string_view id, std::string_view keys, std::string_view more = "") {
  return fmt::format(
      "[[clients]]\nid = \"{}\"\nauth = [\"private_key_jwt\"]\n{}\naudiences = [\"*\"]\n"
      "issuers = [\"*\"]\nassertion_algorithms = [\"{}\"]\n{}\n",
      id, keys, fmt::join(JwtAlgorithms(), "\", \""), more);
}
std::string InlineKeys(std::string_view jwk) {
  return fmt::format("jwks = '{{\"keys\":[{}]}}'", jwk);
}
ConfigText With(std::string tables) {
  ConfigText config;
  config.server = "workers = 2";
  config.introspection = fmt::format("endpoint = \"{}\"", kEndpoint);
  config.tables = std::move(tables);
  return config;
}

Request RequestOf(std::string_view assertion, std::string_view more = "",
                  std::string_view type = kType) {
  return {.authorization = "",
          .body = fmt::format("client_assertion_type={}&client_assertion={}&token={}{}", type,
                              assertion, kExampleToken, more)};
}

class AssertionTest : public testing::Test {
 protected:
  // One for all: making its RSA keys takes a second or two.
  static void SetUpTestSuite() { mint_ = std::make_unique<JwtMint>(); }
  static void TearDownTestSuite() { mint_.reset(); }
  void SetUp() override { ASSERT_NE(mint_, nullptr); }

  static std::string MintsKeys() { return fmt::format("jwks_file = \"{}\"", mint_->jwks_file()); }
  static ConfigText Config() { return With(SignerTable("signer", MintsKeys())); }
  static void PushExample(Node& node) {
    ASSERT_EQ(node.Push(Upsert(kExampleToken, support::ExampleClaims())).status, 200);
  }
  static std::string Mint(const Said& said, std::string_view alg = "ES256",
                          std::string_view header = kTyped) {
    return mint_->Signed(alg, said.Text(), header);
  }
  static std::string OfAttacker(const Said& said) {
    return mint_->Token(fmt::format(R"({{"alg":"ES256","key":"attacker","header":{},"claims":{}}})",
                                    kTyped, said.Text()));
  }
  static int StatusOf(const Node& node, std::string_view assertion, std::string_view more = "") {
    return node.Ask(RequestOf(assertion, more)).status;
  }
  static std::size_t ReloadsReported(Node& node) {
    const std::string log = node.process().log();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find("reloaded", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  static void ReloadAndWait(Node& node, const ConfigText& config) {
    const std::size_t before = ReloadsReported(node);
    node.process().Reconfigure(config.Text());
    node.process().Signal(SIGHUP);
    ASSERT_TRUE(WaitUntil([&] { return ReloadsReported(node) > before; }, support::seconds(20)))
        << node.process().log();
  }

  inline static std::unique_ptr<JwtMint> mint_;
};

TEST_F(AssertionTest, AGoodOneOfEveryAlgorithmProvesItsClient) {
  Node node(Config());
  PushExample(node);
  for (const std::string& alg : JwtAlgorithms()) {
    const std::string assertion = Mint({}, alg);
    node.KeepSecret("an assertion", assertion);
    const Response good = node.Ask(RequestOf(assertion));
    EXPECT_EQ(good.status, 200) << alg;
    EXPECT_EQ(good.body, support::ExampleAnswer()) << alg;
    EXPECT_EQ(StatusOf(node, assertion), 401) << alg << " again";
  }
  EXPECT_EQ(
      StatusOf(node, Mint({.aud = fmt::format("[\"x\",\"{}\"]", kEndpoint)}), "&client_id=signer"),
      200);
  EXPECT_EQ(StatusOf(node, Mint({}, "ES256", R"({"typ":null,"kid":null})")), 200)
      << "neither typ nor kid";
}

// On as many connections as there may be, spread over both workers: the kernel decides.
TEST_F(AssertionTest, OneIsGoodOnceWhereverItComesFirst) {
  constexpr int kRounds = 10;
  constexpr int kConnections = 40;
  Node node(Config());
  PushExample(node);
  std::vector<Connection> connections;
  for (int i = 0; i < kConnections; ++i) connections.push_back(node.Connect());
  for (int round = 0; round < kRounds; ++round) {
    const std::string request = RequestOf(Mint({})).Bytes();
    for (Connection& connection : connections) connection.Send(request);
    int good = 0;
    for (Connection& connection : connections) {
      const Response response = connection.Read();
      good += response.status == 200 ? 1 : 0;
      EXPECT_TRUE(response.status == 200 || response.status == 401) << response.status;
    }
    EXPECT_EQ(good, 1) << "round " << round;
  }
  // Each worker has refused some, or nothing was tried.
  EXPECT_TRUE(WaitUntil([&] {
    const std::string status = node.admin().Get("/v1/status").body;
    return status.find(R"("unauthorized":)") != std::string::npos &&
           status.find(R"("unauthorized":0)") == std::string::npos;
  }));
}

TEST_F(AssertionTest, BadOnesAreRefusedAlike) {
  Node node(With(SignerTable("signer", MintsKeys()) +
                 SignerTable("other", InlineKeys(mint_->AttackersJwk("ES256")))));
  PushExample(node);
  const Response wrong_secret = node.Ask({.authorization = support::Basic("gateway", "wrong")});
  ASSERT_EQ(wrong_secret.status, 401);
  const std::string with_public_key =
      mint_->Token(fmt::format(R"({{"alg":"HS256","secret":{},"header":{},"claims":{}}})",
                               Quoted(mint_->Pem("RS256")), kTyped, Said{}.Text()));
  const std::string none = mint_->Token(fmt::format(
      R"({{"raw":{{"header":{{"alg":"none"}},"payload":{}}}}})", Quoted(Said{}.Text())));
  const std::vector<std::pair<const char*, std::string>> bad = {
      {"for somebody else", Mint({.aud = R"("https://elsewhere.example/")"})},
      {"iss is not sub", Mint({.sub = "other"})},
      {"of nobody", Mint({.iss = "nobody", .sub = "nobody"})},
      {"without jti", Mint({.jti = ""})},
      {"too long", Mint({.exp_s = 400})},
      {"expired", Mint({.exp_s = -1})},
      {"HS256 with the public key", with_public_key},
      {"none", none},
      {"wrong key", OfAttacker({})},
      {"another client's key", Mint({.iss = "other", .sub = "other"})},
      {"an access token", Mint({}, "ES256", "{}")},
      {"critical", Mint({}, "ES256", R"({"typ":"JWT","crit":["x"],"x":1})")},
      {"of a client that has a secret", Mint({.iss = "gateway", .sub = "gateway"})},
  };
  for (const auto& [what, assertion] : bad) {
    const Response response = node.Ask(RequestOf(assertion));
    EXPECT_EQ(response.status, 401) << what;
    EXPECT_EQ(response.body, wrong_secret.body) << what;
    EXPECT_EQ(response.Header("www-authenticate"), wrong_secret.Header("www-authenticate"));
  }
  EXPECT_EQ(StatusOf(node, OfAttacker({.iss = "other", .sub = "other"})), 200) << "his own client";
}

TEST_F(AssertionTest, OneMechanismARequest) {
  Node node(Config());
  PushExample(node);
  const std::string assertion = Mint({});
  Request with_basic = RequestOf(assertion);
  with_basic.authorization = Request{}.authorization;
  EXPECT_EQ(node.Ask(with_basic).status, 400);
  EXPECT_EQ(StatusOf(node, assertion, "&client_id=signer&client_secret=x"), 400);
  EXPECT_EQ(StatusOf(node, assertion, "&client_id=gateway"), 401);
  EXPECT_EQ(node.Ask(RequestOf(assertion, "", "urn:x")).status, 401);
  EXPECT_EQ(StatusOf(node, assertion), 200) << "nothing of that has used it";
}

TEST_F(AssertionTest, AReloadTakesKeysAndClientsAwayAndForgetsNoUse) {
  const std::string both = SignerTable("signer", MintsKeys()) +
                           SignerTable("other", InlineKeys(mint_->AttackersJwk("ES256")));
  const Said by_other{.iss = "other", .sub = "other"};
  Node node(With(both));
  PushExample(node);
  const std::string used = Mint({});
  EXPECT_EQ(StatusOf(node, used), 200);
  EXPECT_EQ(StatusOf(node, OfAttacker(by_other)), 200);
  Connection open = node.Connect();

  const std::string unused = OfAttacker({.iss = "other", .sub = "other"});
  ReloadAndWait(node, With(SignerTable("signer", MintsKeys()) +
                           SignerTable("other", InlineKeys(mint_->AttackersJwk("RS256")))));
  EXPECT_EQ(open.Ask(RequestOf(unused).Bytes()).status, 401) << "its key is gone";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(StatusOf(node, unused), 401) << "on every worker";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(StatusOf(node, used), 401) << "it stays used";
  EXPECT_EQ(StatusOf(node, Mint({})), 200);

  ReloadAndWait(node, With(SignerTable("other", InlineKeys(mint_->AttackersJwk("ES256")))));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(StatusOf(node, Mint({})), 401) << "it is gone";
  EXPECT_EQ(open.Ask(RequestOf(unused).Bytes()).status, 200) << "it was never used";
}

TEST_F(AssertionTest, KeysAtAUrlMayChange) {
  JwtIssuer keys;
  Node node(With(SignerTable("signer", fmt::format("jwks_uri = \"{}\"", keys.jwks_uri()))));
  PushExample(node);
  const auto mint = [&] {
    return keys.Token(fmt::format(R"(sign {{"header":{},"claims":{}}})", kTyped, Said{}.Text()));
  };
  const auto becomes = [&](int status) {
    return WaitUntil([&] { return StatusOf(node, mint()) == status; }, support::seconds(30));
  };
  ASSERT_TRUE(becomes(200));
  keys.Rotate();
  EXPECT_TRUE(becomes(200)) << "whoever brings a new kid waits for it";
  keys.Rotate();
  EXPECT_TRUE(becomes(200));
  EXPECT_THAT(node.admin().Get("/v1/status").body, HasSubstr(R"("client":"signer")"));
}

TEST_F(AssertionTest, KeysThatCannotBeHadAreNoRefusal) {
  std::uint16_t port = 0;
  {
    LoopbackListener closed;
    port = closed.port();
  }
  Node node(With(SignerTable("signer", fmt::format("jwks_uri = \"http://127.0.0.1:{}/\"", port))));
  PushExample(node);
  EXPECT_EQ(StatusOf(node, Mint({})), 503);
  EXPECT_EQ(StatusOf(node, Mint({.jti = ""})), 401) << "this one is no good anyway";
  EXPECT_EQ(node.Ask({}).body, support::ExampleAnswer()) << "nobody else is held up";
}

}  // namespace
}  // namespace introspectd::system_test
