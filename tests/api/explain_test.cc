// POST /v1/explain (contract 6).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/admin_plane.h"
#include "fmt/format.h"
#include "jose/minter.h"

namespace introspectd::api {
namespace {

using support::ClientTable;
using support::ConfigText;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kToken = "2YotnFZFEjr1zCsicMWpAA";

class ExplainTest : public testing::Test {
 protected:
  ExplainTest()
      : plane_(ConfigText{.tables = R"([[issuers]]
issuer = "https://server.example.com/"
audiences = ["https://api.example/"]
jwks_file = "keys"
[[admin.tokens]]
name = "status only"
token = "status-only-token"
scopes = ["status"]
)" + ClientTable("a", "secret = \"a-secret\"", "audiences = [\"https://a.example/\"]") +
                                    ClientTable("i", "secret = \"i-secret\"",
                                                "audiences = [\"*\"]\nissuers = [\"x\"]")}
                   .Text()) {
    plane_.now.wall_us = jose::kMintedAt * kMicrosPerSecond;
  }

  support::Response Ask(std::string_view form, std::string_view bearer = support::kAdminToken) {
    return plane_.Ask(AdminRequest("POST", "/v1/explain", bearer,
                                   "Content-Type: application/x-www-form-urlencoded\r\n", form));
  }
  // The reason.
  std::string Why(std::string_view form) {
    const support::Response response = Ask(form);
    EXPECT_EQ(response.status, 200) << response.body;
    const std::size_t begin = response.body.find("\"reason\":\"") + 10;
    return response.body.substr(begin, response.body.find('"', begin) - begin);
  }
  std::string WhyToken(std::string_view token) { return Why(fmt::format("token={}", token)); }
  void Push(std::string_view lines) { EXPECT_EQ(plane_.Ask(PushRequest(lines)).status, 200); }
  void Upsert(std::string_view token, std::string_view more) {
    Push(support::Upsert(token, fmt::format(R"({{"exp":1700000600{}}})", more)));
  }
  void Trust(const jose::Minter& minter) {
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const jose::Issuers>(plane_.config.issuers);
    const jose::JwkSet set{.keys = {minter.jwk()}, .ignored = {}};
    trust->keys.push_back({.ring = std::make_shared<jose::KeyRing>(
                               std::make_shared<crypto::Library>(), trust->issuers->all()[0], set),
                           .asked_us = plane_.now.wall_us,
                           .stale_at_ms = INT64_MAX,
                           .cooldown_until_ms = 0});
    plane_.explainer.SetTrust(std::move(trust));
  }

  AdminPlane plane_;
};

TEST_F(ExplainTest, SaysWhyAnOpaqueTokenIsWhatItIs) {
  EXPECT_EQ(WhyToken(kToken), "unknown");
  Upsert(kToken, R"(,"client_id":"c")");
  EXPECT_EQ(WhyToken(kToken), "active");
  Upsert("early", R"(,"nbf":1700000100)");
  EXPECT_EQ(WhyToken("early"), "not-yet-valid");
  Upsert("jti", R"(,"jti":"j")");
  Upsert("rule", R"(,"sub":"s","client_id":"rc")");
  Push(R"({"op":"revoke","iss":"https://server.example.com/","jti":"j"})");
  Push(R"({"op":"revoke","sub":"s","client_id":"rc"})");
  EXPECT_EQ(WhyToken("jti"), "revoked:jti");
  EXPECT_EQ(WhyToken("rule"), "rule:sub+client_id");
  Push(support::Revoke(kToken));
  EXPECT_EQ(WhyToken(kToken), "revoked");
  plane_.now.wall_us += 600 * kMicrosPerSecond;
  EXPECT_EQ(WhyToken("early"), "expired");
}

TEST_F(ExplainTest, SaysWhatItKnowsButNotTheToken) {
  Upsert(kToken, R"(,"client_id":"c")");
  const std::string body = Ask(fmt::format("token={}", kToken)).body;
  EXPECT_EQ(body, R"({"active":true,"reason":"active","kind":"opaque",)"
                  R"("token_sha256":"bJYTDxMKsNbRWDl-JNK8wQ","client_id":"c","exp":1700000600})")
      << body;
  EXPECT_EQ(Ask("token_sha256=bJYTDxMKsNbRWDl-JNK8wQ").body, body);
}

TEST_F(ExplainTest, SaysWhichClientMayNotKnow) {
  Upsert(kToken, R"(,"aud":"https://b.example/")");
  EXPECT_EQ(Why(fmt::format("token={}&client=a", kToken)), "audience");
  EXPECT_EQ(Why(fmt::format("token={}&client=i", kToken)), "issuer");
  EXPECT_EQ(Why(fmt::format("token={}&client={}", kToken, support::kGateway)), "active");
}

TEST_F(ExplainTest, SaysWhyAJwtIsBad) {
  const jose::Minter minter(crypto::SignatureAlgorithm::kEs256);
  Trust(minter);
  const std::string good = minter.Mint(jose::Claims(R"(,"sub":"s","client_id":"c")"));
  EXPECT_EQ(WhyToken(good), "active");
  EXPECT_EQ(WhyToken(good), "active");
  const std::string body = Ask("token=" + good).body;
  EXPECT_THAT(body, HasSubstr(R"("kind":"jwt")"));
  EXPECT_THAT(body, HasSubstr(R"("kid":"k")"));
  EXPECT_THAT(body, Not(HasSubstr(good)));
  EXPECT_EQ(WhyToken(minter.Mint(jose::Claims("", 0))), "expired");
  EXPECT_EQ(WhyToken(minter.Mint(jose::Claims("", 100'000'000))), "lifetime");
  EXPECT_EQ(WhyToken(minter.Sign(R"({"alg":"ES256","kid":"k"})", jose::Claims())), "typ");
  EXPECT_EQ(WhyToken(minter.Sign(R"({"alg":"none"})", jose::Claims())), "alg");
  EXPECT_EQ(WhyToken(jose::Minter(crypto::SignatureAlgorithm::kEs256).Mint()), "signature");
  EXPECT_EQ(WhyToken(jose::Minter(crypto::SignatureAlgorithm::kEs256, "x").Mint()), "kid-unknown");
  EXPECT_EQ(Why("client=a&token=" + good), "audience");
  Push(R"({"op":"revoke","sub":"s","issued_before":1700000000})");
  EXPECT_EQ(WhyToken(good), "rule:sub");
  Push(support::Revoke(good));
  EXPECT_EQ(WhyToken(good), "revoked");
}

TEST_F(ExplainTest, RefusesWhatIsNoQuestion) {
  for (const char* form :
       {"", "client=a", "token=a&token_sha256=bJYTDxMKsNbRWDl-JNK8wQ", "token_sha256=short",
        "token=a&client=nobody", "token=a&token=b", "token=%"}) {
    EXPECT_EQ(Ask(form).status, 400) << form;
  }
  EXPECT_EQ(plane_.Ask(AdminRequest("GET", "/v1/explain", support::kAdminToken)).status, 405);
  EXPECT_EQ(plane_
                .Ask(AdminRequest("POST", "/v1/explain", support::kAdminToken,
                                  "Content-Type: application/json\r\n", "{}"))
                .status,
            415);
}

TEST_F(ExplainTest, NeedsItsScope) { EXPECT_EQ(Ask("token=a", "status-only-token").status, 403); }

}  // namespace
}  // namespace introspectd::api
