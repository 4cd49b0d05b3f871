// Who may do what on the control plane.

#include "api/admin_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/admin_plane.h"
#include "fmt/format.h"

namespace introspectd::api {
namespace {

using support::ConfigText;
using support::kAdminToken;
using support::Revoke;
using support::Upsert;
using support::WithTimes;
using testing::HasSubstr;

std::string Get(std::string_view target, std::string_view token = kAdminToken) {
  return AdminRequest("GET", target, token);
}

// A token for each scope, named like it.
std::string WithEveryScope() {
  std::string tables;
  for (const char* scope : {"push", "upsert", "revoke", "export", "sync", "status", "metrics"}) {
    tables += fmt::format(
        "[[admin.tokens]]\nname = \"{0}\"\ntoken = \"token-of-{0}\"\nscopes = [\"{0}\"]\n", scope);
  }
  return ConfigText{.tables = tables, .with_admin_token = false}.Text();
}

TEST(AdminRoutesTest, ThereIsNothingElse) {
  AdminPlane plane;
  for (const char* target : {"/", "/v1", "/v1/tokens/", "//v1/tokens", "/v1/Tokens", "/introspect",
                             "/v1/status/x", "/metrics%20", "/v1/tokens%2f", "/../v1/tokens"}) {
    EXPECT_EQ(plane.Ask(Get(target)).status, 404) << target;
    EXPECT_EQ(plane.Ask(Get(target, "")).status, 404) << target;
  }
}

TEST(AdminRoutesTest, MethodsThatThereAreNot) {
  AdminPlane plane;
  for (const auto& [method, target, allow] :
       std::vector<std::tuple<const char*, const char*, const char*>>{
           {"DELETE", "/v1/tokens", "GET, POST"},
           {"HEAD", "/v1/tokens", "GET, POST"},
           {"POST", "/v1/status", "GET"},
           {"HEAD", "/v1/status", "GET"},
           {"POST", "/metrics", "GET"},
           {"POST", "/healthz", "GET, HEAD"},
           {"PUT", "/readyz", "GET, HEAD"},
           {"QUERY", "/v1/tokens", "GET, POST"}}) {
    const support::Response response = plane.Ask(AdminRequest(method, target, kAdminToken));
    EXPECT_EQ(response.status, 405) << method << " " << target;
    EXPECT_EQ(response.Header("allow"), allow) << method << " " << target;
  }
}

TEST(AdminRoutesTest, ATypeThatIsNotNdjson) {
  AdminPlane plane;
  const auto status = [&plane](const std::string& type) {
    return plane.Ask(AdminRequest("POST", "/v1/tokens", kAdminToken, type, "{}")).status;
  };
  EXPECT_EQ(status(""), 415);
  EXPECT_EQ(status("Content-Type: application/json\r\n"), 415);
  EXPECT_EQ(status("Content-Type: application/x-ndjsonx\r\n"), 415);
  EXPECT_EQ(status("Content-Type: Application/X-NDJSON ; charset=utf-8\r\n"), 422);
}

TEST(AdminRoutesTest, AQueryThatThereIsNot) {
  AdminPlane plane;
  for (const char* query : {"to=nodes", "to=node&x", "TO=node", "x"}) {
    EXPECT_EQ(plane.Ask(PushRequest("{}", kAdminToken, std::string("/v1/tokens?") + query)).status,
              400)
        << query;
  }
  EXPECT_EQ(plane.Ask(PushRequest("", kAdminToken, "/v1/tokens?")).status, 200);
}

TEST(AdminRoutesTest, HealthNeedsNoToken) {
  AdminPlane plane;
  EXPECT_EQ(plane.Ask(Get("/healthz", "")).status, 200);
  EXPECT_EQ(plane.Ask(Get("/readyz", "")).status, 503);
  plane.readiness.SetReady(true);
  EXPECT_EQ(plane.Ask(Get("/readyz", "")).status, 200);
  plane.healthy = false;
  EXPECT_EQ(plane.Ask(Get("/healthz", "")).status, 503);
}

TEST(AdminTokensTest, OneIsNeeded) {
  AdminPlane plane;
  for (const std::string& request :
       {Get("/v1/status", ""), Get("/v1/tokens", ""), PushRequest("{}", ""),
        AdminRequest("GET", "/v1/status", "", "Authorization: Basic YTpi\r\n"),
        AdminRequest("GET", "/v1/status", "", "Authorization: Bearer\r\n"),
        AdminRequest("GET", "/v1/status", "", "Authorization: Bearer \r\n")}) {
    const support::Response response = plane.Ask(request);
    EXPECT_EQ(response.status, 401) << request;
    EXPECT_EQ(response.Header("www-authenticate"), "Bearer realm=\"introspectd admin\"");
  }
}

TEST(AdminTokensTest, TheRightOneIsNeeded) {
  AdminPlane plane;
  for (const std::string& wrong : {std::string("x"), std::string(kAdminToken) + "x",
                                   std::string(kAdminToken.substr(1)), std::string(5000, 'x')}) {
    const support::Response response = plane.Ask(Get("/v1/status", wrong));
    EXPECT_EQ(response.status, 401);
    EXPECT_THAT(response.Header("www-authenticate").value_or(""),
                HasSubstr("error=\"invalid_token\""));
  }
  EXPECT_EQ(plane
                .Ask(AdminRequest("GET", "/v1/status", "",
                                  fmt::format("Authorization: bearer  {}\r\n", kAdminToken)))
                .status,
            200);
}

TEST(AdminTokensTest, EveryCallNeedsItsScope) {
  AdminPlane plane(WithEveryScope());
  struct Call {
    std::string (*request)(const std::string& token);
    std::vector<std::string> scopes;
  };
  const std::vector<Call> calls = {
      {[](const std::string& token) { return PushRequest("", token); },
       {"push", "upsert", "revoke"}},
      {[](const std::string& token) { return Get("/v1/tokens", token); }, {"export"}},
      {[](const std::string& token) { return Get("/metrics", token); }, {"metrics"}},
      {[](const std::string& token) { return Get("/v1/status", token); }, {"status"}}};
  for (const Call& call : calls) {
    for (const std::string scope :
         {"push", "upsert", "revoke", "export", "sync", "status", "metrics"}) {
      const std::string request = call.request("token-of-" + scope);
      const bool good = std::ranges::find(call.scopes, scope) != call.scopes.end();
      const support::Response response = plane.Ask(request);
      EXPECT_EQ(response.status, good ? 200 : 403) << request;
      if (good) continue;
      EXPECT_THAT(response.Header("www-authenticate").value_or(""),
                  HasSubstr("error=\"insufficient_scope\""));
    }
  }
}

TEST(AdminTokensTest, HalfOfPushDoesHalf) {
  AdminPlane plane(WithEveryScope());
  const std::string lines = Upsert("one", WithTimes(R"({"exp":@+60})")) + Revoke("two");
  for (const auto& [token, one, two] : std::vector<std::tuple<const char*, TokenState, TokenState>>{
           {"token-of-upsert", TokenState::kActive, TokenState::kUnknown},
           {"token-of-revoke", TokenState::kActive, TokenState::kRevoked}}) {
    const support::Response response = plane.Ask(PushRequest(lines, token));
    EXPECT_EQ(response.status, 422);
    EXPECT_THAT(response.body, HasSubstr("\"applied\":1,\"expired\":0,\"rejected\":1"));
    EXPECT_EQ(plane.StateOf("one"), one);
    EXPECT_EQ(plane.StateOf("two"), two);
  }
}

TEST(AdminTokensTest, WhoeverIsNotLetInIsCounted) {
  AdminPlane plane(WithEveryScope());
  plane.Ask(Get("/healthz", ""));
  plane.Ask(Get("/v1/status", "token-of-status"));
  EXPECT_EQ(plane.failures.refused + plane.failures.forbidden + plane.failures.unavailable, 0u);
  plane.Ask(Get("/v1/status", ""));
  plane.Ask(Get("/v1/status", "wrong"));
  EXPECT_EQ(plane.failures.refused, 2u);
  plane.Ask(Get("/v1/status", "token-of-metrics"));
  EXPECT_EQ(plane.failures.forbidden, 1u);
  plane.Reconnect();
  plane.verify_later = true;
  plane.Say(Get("/v1/status", "token-of-export"));
  ASSERT_EQ(plane.verifications.size(), 1u);
  plane.Resume(plane.verifications.front().ticket, http::Resumption::kUnavailable);
  EXPECT_THAT(plane.Take(), HasSubstr("503 "));
  EXPECT_EQ(plane.failures.unavailable, 1u);
  EXPECT_EQ(plane.failures.refused, 2u);
  EXPECT_EQ(plane.failures.forbidden, 1u);
}

// What is refused is refused before its body is read, and the connection ends.
TEST(AdminTokensTest, NothingOfARefusedPushIsApplied) {
  AdminPlane plane(WithEveryScope());
  const std::string lines = Upsert("one", WithTimes(R"({"exp":@+60})"));
  for (const char* token : {"", "wrong", "token-of-status", "token-of-sync"}) {
    plane.Reconnect();
    EXPECT_THAT(plane.Say(PushRequest(lines, token) + Get("/healthz", "")),
                HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_TRUE(plane.session.closing());
    EXPECT_EQ(plane.StateOf("one"), TokenState::kUnknown);
  }
}

// The same head again is another request, and another look at who asks.
TEST(AdminTokensTest, EveryRequestIsAuthorizedAnew) {
  AdminPlane plane;
  const std::string status =
      AdminRequest("GET", "/v1/status", kAdminToken, "Content-Length: 0\r\n");
  EXPECT_THAT(plane.Say(status), HasSubstr("200 OK"));
  EXPECT_THAT(plane.Say(Get("/nothing")), HasSubstr("404 "));
  EXPECT_THAT(plane.Say(status), HasSubstr("{\"status\":1}")) << "not what came before";
  plane.Reload(ConfigText{.with_admin_token = false}.Text());
  EXPECT_THAT(plane.Say(status), HasSubstr("401 "));
}

TEST(AdminTokensTest, AVerificationIsWaitedFor) {
  AdminPlane plane;
  plane.verify_later = true;
  EXPECT_EQ(plane.Say(Get("/v1/status") + Get("/healthz", "")), "");
  ASSERT_EQ(plane.verifications.size(), 1u);
  plane.Verify();
  const std::string said = plane.Take();
  EXPECT_LT(said.find("{\"status\":1}"), said.find("{\"status\":\"ok\"}"));
  EXPECT_THAT(plane.Say(Get("/v1/status")), HasSubstr("200 OK"));
  EXPECT_TRUE(plane.verifications.empty()) << "it is remembered";
}

TEST(AdminTokensTest, AVerificationThatCannotBeMadeIs503) {
  AdminPlane plane;
  plane.verify_later = true;
  plane.Say(Get("/v1/status"));
  plane.Resume(plane.verifications.front().ticket, http::Resumption::kUnavailable);
  EXPECT_THAT(plane.Take(), HasSubstr("HTTP/1.1 503 "));
  plane.Say(Get("/v1/status"));
  plane.Expire();
  EXPECT_THAT(plane.Take(), HasSubstr("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace introspectd::api
