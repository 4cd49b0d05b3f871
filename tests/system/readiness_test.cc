// When the server must not answer: not warm yet, or no news from the issuer for too long.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::milliseconds;
using support::WaitUntil;
using testing::HasSubstr;

constexpr std::string_view kComplete = "{\"op\":\"complete\"}\n";
constexpr std::string_view kHeartbeat = "{\"op\":\"heartbeat\"}\n";

ConfigText Warm() {
  ConfigText config;
  config.storage = "start = \"warm\"";
  return config;
}

void ExpectUnavailable(const Response& response) {
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("\"temporarily_unavailable\""));
  EXPECT_TRUE(response.Header("retry-after").has_value());
  EXPECT_THAT(response.Header("cache-control"), testing::Optional(std::string("no-store")));
}

TEST(WarmTest, ANodeWithoutTokensAnswersNothingUntilComplete) {
  Node node(Warm());
  ExpectUnavailable(node.Ask({}));
  ASSERT_EQ(node.Push(Upsert(support::kExampleToken, support::ExampleClaims())).applied, 1);
  ExpectUnavailable(node.Ask({}));  // known already, and still not said
  ASSERT_EQ(node.Push(kComplete).status, 200);
  EXPECT_EQ(node.Introspect(support::kExampleToken), support::ExampleAnswer());
  EXPECT_EQ(node.Introspect(support::kUnknownToken), kInactive);
}

TEST(WarmTest, ReadinessIsShownOnBothPlanesAndHealthDoesNotDependOnIt) {
  Node node(Warm());
  for (const Plane plane : {Plane::kData, Plane::kAdmin}) {
    EXPECT_EQ(node.StatusOf(plane, "/readyz"), 503);
    EXPECT_EQ(node.StatusOf(plane, "/healthz"), 200);
  }
  node.Push(kComplete);
  for (const Plane plane : {Plane::kData, Plane::kAdmin}) {
    EXPECT_EQ(node.StatusOf(plane, "/readyz"), 200);
  }
}

// Contract 3: credentials come before readiness, and readiness before the parameters.
TEST(WarmTest, TheOrderOfChecksStays) {
  Node node(Warm());
  EXPECT_EQ(node.Ask({.authorization = support::Basic("gateway", "wrong")}).status, 401);
  EXPECT_EQ(node.Ask({.body = "token=%"}).status, 400);
  EXPECT_EQ(node.Ask({.type = "Content-Type: text/plain\r\n"}).status, 415);
  ExpectUnavailable(node.Ask({.body = ""}));
  ExpectUnavailable(node.Ask({.body = "token=x&token_type_hint=refresh_token"}));
}

TEST(WarmTest, AnImportMakesReadyToo) {
  Node first;
  first.Push(Upsert("an-imported-token", GoodClaims()));
  Node second(Warm());
  ASSERT_EQ(second.admin().Post("/v1/tokens?to=node", first.admin().Get("/v1/tokens").body).status,
            200);
  second.Push(kComplete);
  EXPECT_TRUE(second.IsActive("an-imported-token"));
}

TEST(WarmTest, AReadyNodeNeedsNoComplete) {
  Node node;
  EXPECT_EQ(node.Introspect(support::kUnknownToken), kInactive);
  EXPECT_EQ(node.Push(kComplete).status, 200);
  EXPECT_EQ(node.Introspect(support::kUnknownToken), kInactive);
}

TEST(WarmTest, TheStatusSaysWhetherAndHow) {
  Node node(Warm());
  const Response before = node.admin().Get("/v1/status");
  EXPECT_EQ(before.status, 200);
  node.Push(Upsert("a-token-to-count", GoodClaims()) + std::string(kComplete));
  const Response after = node.admin().Get("/v1/status");
  EXPECT_NE(before.body, after.body);
  EXPECT_THAT(after.body, HasSubstr("\"version\""));
  EXPECT_THAT(after.body, HasSubstr("\"tokens\":1"));
}

ConfigText Impatient() {
  ConfigText config;
  config.storage = "feed_staleness_max_s = 1";
  return config;
}

TEST(StalenessTest, AfterSilenceUnknownTokensAreNotCalledInactive) {
  Node node(Impatient());
  node.Push(Upsert(support::kExampleToken, support::ExampleClaims()) +
            support::Revoke("a-revoked-token"));
  EXPECT_EQ(node.Introspect(support::kUnknownToken), kInactive);
  ASSERT_TRUE(
      WaitUntil([&] { return node.Ask({.body = "token=never-issued-Zq81RtwLxp"}).status == 503; },
                support::seconds(5)));
  ExpectUnavailable(node.Ask({.body = "token=never-issued-Zq81RtwLxp"}));
  // What is known is still known.
  EXPECT_EQ(node.Introspect(support::kExampleToken), support::ExampleAnswer());
  EXPECT_EQ(node.Introspect("a-revoked-token"), kInactive);
}

TEST(StalenessTest, AHeartbeatOrAPushEndsIt) {
  Node node(Impatient());
  const auto stale = [&] {
    return node.Ask({.body = "token=never-issued-Zq81RtwLxp"}).status == 503;
  };
  ASSERT_TRUE(WaitUntil(stale, support::seconds(5)));
  ASSERT_EQ(node.Push(kHeartbeat).status, 200);
  EXPECT_FALSE(stale());
  ASSERT_TRUE(WaitUntil(stale, support::seconds(5)));
  ASSERT_EQ(node.Push(Upsert("a-token-that-comes", GoodClaims())).status, 200);
  EXPECT_FALSE(stale());
}

TEST(StalenessTest, HeartbeatsKeepTheFeedAlive) {
  Node node(Impatient());
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(node.Push(kHeartbeat).status, 200);
    ASSERT_EQ(node.Introspect(support::kUnknownToken), kInactive);
    std::this_thread::sleep_for(milliseconds(200));
  }
}

// I09: active exactly while now < exp.
TEST(TimeTest, ATokenEndsWithItsLastSecond) {
  Node node;
  const auto now = [] { return std::chrono::system_clock::now(); };
  const std::chrono::sys_seconds exp =
      std::chrono::ceil<std::chrono::seconds>(now()) + std::chrono::seconds(1);
  const std::string claims = "{\"exp\":" + std::to_string(exp.time_since_epoch().count()) + "}";
  ASSERT_EQ(node.Push(Upsert("a-token-about-to-end", claims)).applied, 1);
  int seen_active = 0;
  int seen_inactive = 0;
  while (now() < exp + milliseconds(300)) {
    const auto before = now();
    const bool active = node.IsActive("a-token-about-to-end");
    const auto after = now();
    if (after < exp) {
      EXPECT_TRUE(active);
    }
    if (before >= exp) {
      EXPECT_FALSE(active);
    }
    ++(active ? seen_active : seen_inactive);
  }
  EXPECT_GT(seen_active, 0);
  EXPECT_GT(seen_inactive, 0);
}

TEST(TimeTest, ATokenBeginsWithItsNbf) {
  Node node;
  const auto now = [] { return std::chrono::system_clock::now(); };
  const std::chrono::sys_seconds nbf =
      std::chrono::ceil<std::chrono::seconds>(now()) + std::chrono::seconds(1);
  const std::int64_t begin = nbf.time_since_epoch().count();
  const std::string claims =
      "{\"exp\":" + std::to_string(begin + 600) + ",\"nbf\":" + std::to_string(begin) + "}";
  ASSERT_EQ(node.Push(Upsert("a-token-about-to-begin", claims)).applied, 1);
  EXPECT_FALSE(node.IsActive("a-token-about-to-begin"));
  EXPECT_TRUE(WaitUntil([&] { return node.IsActive("a-token-about-to-begin"); }));
  EXPECT_GE(now(), nbf);
}

}  // namespace
}  // namespace introspectd::system_test
