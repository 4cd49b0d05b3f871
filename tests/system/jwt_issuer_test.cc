// A real issuer beside the real server: its keys change under load, strangers name keys that nobody
// has, and it stands still and dies (contract 4.5).

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "support/jwt_peers.h"
#include "support/wait_until.h"
#include "system/jwt_world.h"
#include "system/key_changes.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::JwtIssuer;
using support::kInactive;
using support::MemberOf;
using support::milliseconds;
using support::seconds;
using support::SteadyClock;
using support::WaitUntil;

class JwtIssuerTest : public testing::Test {
 protected:
  struct Options {
    int cooldown_s = 1;
    int max_stale_s = 86'400;
    std::vector<std::string> types = {"at+jwt"};
    std::vector<std::string> audiences = {std::string(kApi)};
  };
  ConfigText Config(const Options& options) const {
    ConfigText config;
    config.server = "workers = 2";
    config.tables = IssuerTable{.issuer = issuer_.issuer(),
                                .keys = fmt::format("jwks_uri = \"{}\"", issuer_.jwks_uri()),
                                .audiences = options.audiences,
                                .types = options.types,
                                .more = fmt::format("jwks_cooldown_s = {}\njwks_max_stale_s = {}",
                                                    options.cooldown_s, options.max_stale_s)}
                        .Text();
    return config;
  }

  static Verdict Asked(const Node& node, std::string_view token) {
    Connection connection = node.Connect();
    return Judge(connection, token);
  }
  static bool BecomesActive(const Node& node, std::string_view token) {
    return WaitUntil([&] { return Asked(node, token) == Verdict::kActive; }, seconds(10));
  }

  JwtIssuer issuer_;
};

TEST_F(JwtIssuerTest, ItsAccessTokensAreActive) {
  Node node(Config({}));
  const std::string token = issuer_.AccessToken();
  ASSERT_TRUE(BecomesActive(node, token));
  const std::string answer = node.Introspect(token);
  EXPECT_EQ(MemberOf(answer, "iss"), issuer_.issuer());
  EXPECT_EQ(MemberOf(answer, "aud"), fmt::format(R"(["{}"])", kApi));
  EXPECT_EQ(MemberOf(answer, "client_id"), "machine");
  EXPECT_EQ(MemberOf(answer, "scope"), "read");
  EXPECT_EQ(MemberOf(answer, "token_type"), "Bearer");
  EXPECT_EQ(MemberOf(node.Introspect(issuer_.Token("dpop_access")), "token_type"), "DPoP");
  const std::string of_login = MemberOf(issuer_.peer().Ask("login"), "access_token");
  EXPECT_EQ(MemberOf(node.Introspect(of_login), "sub"), "somebody");
}

TEST_F(JwtIssuerTest, ItsOtherTokensAreNot) {
  Node strict(Config({}));
  Node loose(Config({.types = {"at+jwt", "JWT", ""}, .audiences = {"*"}}));
  const std::string tokens = issuer_.peer().Ask("login");
  const std::string access = MemberOf(tokens, "access_token");
  ASSERT_TRUE(BecomesActive(strict, access) && BecomesActive(loose, access));
  for (const Node* node : {&strict, &loose}) {
    for (const std::string& token :
         {MemberOf(tokens, "id_token"), MemberOf(tokens, "refresh_token"), MemberOf(tokens, "code"),
          issuer_.Token("logout"), issuer_.Token("introspection"),
          issuer_.Token(R"(sign {"header":{"typ":"token-introspection+jwt"}})"),
          issuer_.Token(R"(sign {"header":{"typ":"dpop+jwt"}})"),
          issuer_.Token(R"(sign {"header":{"typ":"JWT"},"claims":{"typ":"Refresh"}})"),
          issuer_.Token(R"(sign {"claims":{"token_use":"refresh"}})")}) {
      EXPECT_EQ(node->Introspect(token), kInactive) << token;
    }
  }
}

// A token is right at every moment: active while its key is published (or 503 to whoever has not
// got an answer to it yet), and never active again once it was inactive.
TEST_F(JwtIssuerTest, KeysChangeUnderLoad) {
  Node node(Config({}));
  KeyChanges changes(issuer_, node);
  ASSERT_TRUE(changes.Start());
  const char* const asked = std::getenv("INTROSPECTD_KEY_ROUNDS");
  const int rounds = asked != nullptr ? std::atoi(asked) : 9;
  for (int i = 0; i < rounds && changes.AllRight(); ++i) changes.Round(i);
  changes.Finish();
  for (const std::string& wrong : changes.wrong()) ADD_FAILURE() << wrong;
  RecordProperty("asked", std::to_string(changes.asked()));
  RecordProperty("not_now", std::to_string(changes.not_now()));
  EXPECT_GT(changes.asked(), 1000);
}

TEST_F(JwtIssuerTest, KeysThatNobodyHasAreAskedForOnceACooldown) {
  constexpr int kThreads = 8;
  constexpr int kKidsEach = 1250;
  constexpr int kCooldownS = 3;
  Node node(Config({.cooldown_s = kCooldownS}));
  const std::string good = issuer_.AccessToken();
  ASSERT_TRUE(BecomesActive(node, good));
  std::this_thread::sleep_for(seconds(kCooldownS));  // so that one may be made at once
  const std::int64_t before = issuer_.Fetches();
  std::atomic<int> wrong = 0;
  const auto start = SteadyClock::now();
  {
    std::vector<std::jthread> strangers;
    for (int t = 0; t < kThreads; ++t) {
      strangers.emplace_back([&, t] {
        Connection connection = node.Connect();
        for (int i = 0; i < kKidsEach; ++i) {
          const std::string kid = fmt::format("{}-{}", t, i);
          const Verdict verdict = Judge(connection, TokenOfUnknownKey(issuer_.issuer(), kid));
          wrong += verdict != Verdict::kInactive && verdict != Verdict::kNotNow ? 1 : 0;
          if (i % 10 == 0) wrong += Judge(connection, good) != Verdict::kActive ? 1 : 0;
        }
      });
    }
  }
  const auto took = std::chrono::ceil<seconds>(SteadyClock::now() - start);
  const std::int64_t fetches = issuer_.Fetches() - before;
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(fetches, 1);
  EXPECT_LE(fetches, 1 + took.count() / kCooldownS) << "in " << took.count() << " s";
  RecordProperty("seconds", std::to_string(took.count()));
  issuer_.Rotate();
  EXPECT_TRUE(BecomesActive(node, issuer_.AccessToken())) << "a real key is found all the same";
}

TEST_F(JwtIssuerTest, WithoutItsIssuerANodeGoesOnWithTheKeysItHas) {
  Node node(Config({}));
  ASSERT_EQ(node.Push(Upsert("opaque", GoodClaims())).status, 200);
  const std::string known = issuer_.AccessToken();
  ASSERT_TRUE(BecomesActive(node, known));
  issuer_.Add();
  const std::string unseen = issuer_.AccessToken();
  std::this_thread::sleep_for(milliseconds(1200));  // the cooldown is over

  issuer_.peer().Pause();
  const auto start = SteadyClock::now();
  Connection waiting = node.Connect();
  waiting.Send(support::Request{.body = "token=" + unseen}.Bytes());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Asked(node, known), Verdict::kActive);
    EXPECT_TRUE(node.IsActive("opaque"));
  }
  EXPECT_LT(SteadyClock::now() - start, milliseconds(900)) << "nobody waits for another's key";
  EXPECT_EQ(VerdictOf(waiting.Read()), Verdict::kNotNow);
  EXPECT_LT(SteadyClock::now() - start, seconds(3));
  issuer_.peer().Continue();
  EXPECT_TRUE(BecomesActive(node, unseen));

  issuer_.Add();
  const std::string never_seen = issuer_.AccessToken();
  issuer_.peer().Kill();
  std::this_thread::sleep_for(milliseconds(1200));
  EXPECT_EQ(Asked(node, never_seen), Verdict::kNotNow);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Asked(node, known), Verdict::kActive);
    EXPECT_EQ(Asked(node, unseen), Verdict::kActive);
    EXPECT_TRUE(node.IsActive("opaque"));
  }
  EXPECT_EQ(node.StatusOf(Plane::kData, "/readyz"), 200);
}

TEST_F(JwtIssuerTest, KeysThatAreTooOldAreNotBelieved) {
  Node node(Config({.max_stale_s = 4}));
  ASSERT_EQ(node.Push(Upsert("opaque", GoodClaims())).status, 200);
  const std::string token = issuer_.AccessToken();
  ASSERT_TRUE(BecomesActive(node, token));
  const auto until = SteadyClock::now() + seconds(6);
  while (SteadyClock::now() < until) {
    ASSERT_EQ(Asked(node, token), Verdict::kActive) << "keys are refreshed before they are stale";
    std::this_thread::sleep_for(milliseconds(20));
  }
  issuer_.peer().Kill();
  EXPECT_EQ(Asked(node, token), Verdict::kActive);
  EXPECT_TRUE(WaitUntil([&] { return Asked(node, token) == Verdict::kNotNow; }, seconds(10)));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Asked(node, token), Verdict::kNotNow);
  EXPECT_TRUE(node.IsActive("opaque"));
  EXPECT_EQ(node.StatusOf(Plane::kData, "/readyz"), 200);
}

TEST_F(JwtIssuerTest, AnIssuerThatWasNeverHeardKeepsOnlyItsOwnTokensWaiting) {
  const std::string token = issuer_.AccessToken();
  issuer_.peer().Pause();
  Node node(Config({}));
  ASSERT_EQ(node.Push(Upsert("opaque", GoodClaims())).status, 200);
  EXPECT_TRUE(node.IsActive("opaque"));
  EXPECT_EQ(node.StatusOf(Plane::kData, "/readyz"), 200);
  EXPECT_EQ(Asked(node, token), Verdict::kNotNow);
  issuer_.peer().Continue();
  EXPECT_TRUE(BecomesActive(node, token));
}

}  // namespace
}  // namespace introspectd::system_test
