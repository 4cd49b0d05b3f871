// Who may do what on the control plane: bearer tokens, their scopes, their issuers (contract 6).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fmt/format.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::kIssuer;
using support::kOtherIssuer;
using support::Revoke;
using support::WithTimes;

// The bearer token of the admin token `name`.
std::string BearerOf(std::string_view name) { return fmt::format("bearer-token-of-{}-x7Q", name); }

std::string AdminTable(std::string_view name, std::string_view scopes, std::string_view issuers) {
  return fmt::format(
      "[[admin.tokens]]\nname = \"{}\"\ntoken = \"{}\"\nscopes = [{}]\nissuers = [{}]\n", name,
      BearerOf(name), scopes, issuers);
}

ConfigText Config() {
  ConfigText config;
  config.tables =
      AdminTable("pusher", "\"push\"", "") + AdminTable("upserter", "\"upsert\"", "\"*\"") +
      AdminTable("revoker", "\"revoke\"", "\"*\"") + AdminTable("exporter", "\"export\"", "") +
      AdminTable("loader", "\"sync\"", "") + AdminTable("watcher", "\"status\"", "") +
      AdminTable("other", "\"push\"", fmt::format("\"{}\"", kOtherIssuer)) +
      AdminTable("two", "\"push\"", fmt::format("\"{}\", \"{}\"", kIssuer, kOtherIssuer));
  return config;
}

struct Call {
  std::string_view name;
  std::string_view method;
  std::string_view target;
};
constexpr Call kPush = {"push", "POST", "/v1/tokens"};
constexpr Call kLoad = {"load", "POST", "/v1/tokens?to=node"};
constexpr Call kExport = {"export", "GET", "/v1/tokens"};
constexpr Call kStatus = {"status", "GET", "/v1/status"};

class PermissionTest : public testing::Test {
 protected:
  PermissionTest() {
    for (const char* name :
         {"pusher", "upserter", "revoker", "exporter", "loader", "watcher", "other", "two"}) {
      node_.KeepSecret(name, BearerOf(name));
    }
  }

  Response Try(const std::string& bearer, const Call& call) {
    AdminClient admin = node_.AdminAs(bearer);
    return call.method == "GET" ? admin.Get(call.target) : admin.Post(call.target, "");
  }
  AdminClient As(std::string_view name) { return node_.AdminAs(BearerOf(name)); }

  Node node_{Config()};
};

TEST_F(PermissionTest, NobodyGetsInWithoutAToken) {
  for (const Call& call : {kPush, kLoad, kExport, kStatus}) {
    const Response response = Try("", call);
    EXPECT_EQ(response.status, 401) << call.name;
    EXPECT_TRUE(response.Header("www-authenticate").value_or("").starts_with("Bearer"))
        << call.name;
  }
}

TEST_F(PermissionTest, NobodyGetsInWithAWrongToken) {
  for (const std::string& bearer :
       {std::string("wrong"), BearerOf("pusher") + "x", BearerOf("pusher").substr(0, 10),
        std::string(support::kGatewaySecret), BearerOf("nobody")}) {
    for (const Call& call : {kPush, kLoad, kExport, kStatus}) {
      EXPECT_EQ(Try(bearer, call).status, 401) << call.name;
    }
  }
}

TEST_F(PermissionTest, TheGatewaysCredentialsAreOfNoUseHere) {
  const std::string request = "GET /v1/status HTTP/1.1\r\nHost: a\r\n" +
                              support::Basic(support::kGateway, support::kGatewaySecret) + "\r\n";
  EXPECT_EQ(node_.admin().Connect().Ask(request).status, 401);
}

TEST_F(PermissionTest, EveryCallNeedsItsScope) {
  struct Row {
    std::string_view name;
    int push, load, get, status;
  };
  for (const Row& row : {Row{"pusher", 200, 403, 403, 403}, Row{"upserter", 200, 403, 403, 403},
                         Row{"revoker", 200, 403, 403, 403}, Row{"exporter", 403, 403, 200, 403},
                         Row{"loader", 403, 422, 403, 403}, Row{"watcher", 403, 403, 403, 200}}) {
    const std::string bearer = BearerOf(row.name);
    EXPECT_EQ(Try(bearer, kPush).status, row.push) << row.name;
    EXPECT_EQ(Try(bearer, kLoad).status, row.load) << row.name;  // an empty export is none
    EXPECT_EQ(Try(bearer, kExport).status, row.get) << row.name;
    EXPECT_EQ(Try(bearer, kStatus).status, row.status) << row.name;
  }
}

TEST_F(PermissionTest, HealthNeedsNone) {
  EXPECT_EQ(node_.StatusOf(Plane::kAdmin, "/healthz"), 200);
  EXPECT_EQ(node_.StatusOf(Plane::kAdmin, "/readyz"), 200);
}

TEST_F(PermissionTest, AnUpserterRevokesNothingAndARevokerUpsertsNothing) {
  const std::string upsert = Upsert("permission-token", GoodClaims());
  EXPECT_EQ(As("revoker").Push(upsert).rejected, 1);
  EXPECT_EQ(node_.Introspect("permission-token"), kInactive);
  EXPECT_EQ(As("upserter").Push(upsert).applied, 1);
  EXPECT_EQ(As("upserter").Push(Revoke("permission-token")).rejected, 1);
  EXPECT_TRUE(node_.IsActive("permission-token"));
  EXPECT_EQ(As("revoker").Push(Revoke("permission-token")).applied, 1);
  EXPECT_EQ(node_.Introspect("permission-token"), kInactive);
}

std::string UpsertOf(std::string_view token, std::string_view issuer) {
  return Upsert(token, GoodClaims(fmt::format("\"sub\":\"s\",\"iss\":\"{}\",", issuer)));
}

TEST_F(PermissionTest, APusherSpeaksForItsIssuersOnly) {
  EXPECT_EQ(As("pusher").Push(UpsertOf("issuer-token-1", kIssuer)).applied, 1);
  EXPECT_EQ(As("pusher").Push(UpsertOf("issuer-token-2", kOtherIssuer)).rejected, 1);
  EXPECT_EQ(As("other").Push(UpsertOf("issuer-token-3", kIssuer)).rejected, 1);
  EXPECT_EQ(As("other").Push(UpsertOf("issuer-token-4", kOtherIssuer)).applied, 1);
  EXPECT_EQ(As("two").Push(UpsertOf("issuer-token-5", kIssuer)).applied, 1);
  EXPECT_EQ(As("two").Push(UpsertOf("issuer-token-6", kOtherIssuer)).applied, 1);
  EXPECT_EQ(node_.Introspect("issuer-token-2"), kInactive);
  EXPECT_EQ(node_.Introspect("issuer-token-3"), kInactive);
  EXPECT_TRUE(node_.IsActive("issuer-token-4"));
}

TEST_F(PermissionTest, ATokenWithoutIssuerIsOfTheServersOwn) {
  EXPECT_EQ(As("pusher").Push(Upsert("implied-issuer-1", GoodClaims())).applied, 1);
  EXPECT_EQ(As("other").Push(Upsert("implied-issuer-2", GoodClaims())).rejected, 1);
}

TEST_F(PermissionTest, RevokingByTokenNeedsNoIssuer) {
  node_.Push(UpsertOf("foreign-token", kIssuer));
  EXPECT_EQ(As("other").Push(Revoke("foreign-token")).applied, 1);
  EXPECT_EQ(node_.Introspect("foreign-token"), kInactive);
}

TEST_F(PermissionTest, RevokingByJtiOrRuleNeedsTheIssuer) {
  const std::string jti = fmt::format(R"({{"op":"revoke","iss":"{}","jti":"j"}})", kIssuer);
  const std::string rule = fmt::format(R"({{"op":"revoke","iss":"{}","sub":"s"}})", kIssuer);
  EXPECT_EQ(As("other").Push(jti).rejected, 1);
  EXPECT_EQ(As("other").Push(rule).rejected, 1);
  EXPECT_EQ(As("pusher").Push(jti).applied, 1);
  EXPECT_EQ(As("pusher").Push(rule).applied, 1);
}

// A rule that names no issuer covers those that its pusher may speak for, and no others.
TEST_F(PermissionTest, ARuleReachesAsFarAsItsPusher) {
  const auto push_both = [this](std::string_view suffix) {
    node_.Push(UpsertOf(fmt::format("rule-own-{}", suffix), kIssuer) +
               UpsertOf(fmt::format("rule-other-{}", suffix), kOtherIssuer));
  };
  push_both("a");
  ASSERT_EQ(As("pusher").Push(R"({"op":"revoke","sub":"s"})").applied, 1);
  EXPECT_EQ(node_.Introspect("rule-own-a"), kInactive);
  EXPECT_TRUE(node_.IsActive("rule-other-a"));
  ASSERT_EQ(As("two").Push(R"({"op":"revoke","sub":"s"})").applied, 1);
  EXPECT_EQ(node_.Introspect("rule-other-a"), kInactive);
}

TEST_F(PermissionTest, EveryCallIsLoggedWithTheTokensName) {
  As("watcher").Get("/v1/status");
  EXPECT_THAT(node_.process().log(), testing::HasSubstr("watcher"));
}

}  // namespace
}  // namespace introspectd::system_test
