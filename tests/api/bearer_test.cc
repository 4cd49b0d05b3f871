// Clients that show an access token (RFC 7662 2.1; RFC 6750; contract 4.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/data_plane.h"
#include "fmt/format.h"
#include "jose/minter.h"
#include "support/request.h"

namespace introspectd::api {
namespace {

using support::ConfigText;
using support::Request;
using support::Upsert;
using support::WithTimes;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view kBearer = "an-access-token-of-a-gateway";
constexpr std::string_view kToken = support::kExampleToken;

ConfigText Text() {
  return {.introspection = "endpoint = \"https://introspect.example/introspect\"",
          .limits = "auth_failures_per_s = 1\nauth_failures_per_address_per_s = 3",
          .tables = R"([[issuers]]
issuer = "https://server.example.com/"
audiences = ["*"]
jwks_file = "keys"
[[clients]]
id = "mesh"
auth = ["bearer"]
audiences = ["https://protected.example.net/resource"]
members = ["sub"]
)"};
}

std::string Claims(std::string_view more) {
  return WithTimes(R"({"client_id":"mesh","scope":"a introspect b","exp":@+600,)"
                   R"("aud":["https://other.example/","https://introspect.example/introspect"])" +
                   std::string(more) + "}");
}

class BearerTest : public testing::Test {
 protected:
  explicit BearerTest(const std::string& text = Text().Text()) : plane_(text) {
    plane_.Push(Upsert(kToken, support::ExampleClaims()));
  }

  static Request RequestBy(std::string_view bearer, std::string_view asked = kToken) {
    return {.authorization = fmt::format("Authorization: Bearer {}\r\n", bearer),
            .body = fmt::format("token={}", asked)};
  }
  support::Response Ask(std::string_view bearer, std::string_view asked = kToken) {
    plane_.now.boot_ms += 1000;  // room for failures
    return plane_.AskAnew(RequestBy(bearer, asked).Bytes());
  }
  void ExpectInvalid(std::string_view bearer) {
    const support::Response response = Ask(bearer);
    EXPECT_EQ(response.status, 401) << bearer;
    EXPECT_EQ(response.Header("www-authenticate"),
              R"(Bearer realm="introspectd", error="invalid_token")");
    EXPECT_THAT(response.body, HasSubstr("\"invalid_client\""));
  }
  void Push(const std::string& lines) {
    plane_.endpoint.EndBatch();
    plane_.Push(lines);
  }
  // Pushes one with these claims, and returns it.
  std::string Pushed(const std::string& claims) {
    const std::string token = fmt::format("pushed-token-{}", ++pushed_);
    Push(Upsert(token, claims));
    return token;
  }

  DataPlane plane_;
  int pushed_ = 0;
};

TEST_F(BearerTest, AnAccessTokenProvesItsClient) {
  Push(Upsert(kBearer, Claims("")));
  const support::Response response = Ask(kBearer);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            WithTimes(R"({"active":true,"sub":"Z5O3upPC88QrAjx00dis","exp":@+3600})"))
      << "seen as that client may see it";
  EXPECT_EQ(Ask(kBearer, "unknown").body, support::kInactive);
  EXPECT_EQ(
      plane_
          .AskAnew(Request{.authorization = fmt::format("Authorization: bEARER  {}\r\n", kBearer)}
                       .Bytes())
          .status,
      200);
}

TEST_F(BearerTest, EverythingAboutItMustBeRight) {
  const std::string good = Claims("");
  ASSERT_EQ(Ask(Pushed(good)).status, 200);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string claims = good;
    claims.replace(claims.find(from), from.size(), to);
    return claims;
  };
  ExpectInvalid("never-pushed");
  ExpectInvalid(std::string(8'000, 'x'));
  ExpectInvalid(Pushed(Claims(WithTimes(R"(,"nbf":@+60)"))));
  ExpectInvalid(Pushed(Claims(R"(,"iss":"https://issuer.example.org/")")));
  ExpectInvalid(
      Pushed(Claims(R"(,"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"})")));
  ExpectInvalid(Pushed(Claims(R"(,"\u0063nf":{"jkt":"a"})")));
  ExpectInvalid(Pushed(Claims(R"(,"token_type":"DPoP")")));
  ExpectInvalid(
      Pushed(with("https://introspect.example/introspect", "https://introspect.example/")));
  ExpectInvalid(Pushed(with("\"mesh\"", "\"gateway\"")));
  ExpectInvalid(Pushed(with("\"mesh\"", "\"nobody\"")));
  ExpectInvalid(Pushed(with(R"("client_id":"mesh",)", "")));
  EXPECT_EQ(
      Ask(Pushed(Claims(R"(,"token_type":"bearer","iss":"https://server.example.com/")"))).status,
      200);
}

TEST_F(BearerTest, WithoutTheScopeItIsForbidden) {
  for (const std::string_view scope : {"", "introspect2 a", "Introspect"}) {
    std::string claims = Claims("");
    claims.replace(claims.find("a introspect b"), 14, scope);
    const support::Response response = Ask(Pushed(claims));
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.Header("www-authenticate"),
              R"(Bearer realm="introspectd", error="insufficient_scope", scope="introspect")");
  }
  EXPECT_EQ(plane_.counters.Get(AuthFailure::kForbidden), 3u);
}

// Nothing is remembered as good.
TEST_F(BearerTest, OneThatWasRevokedFailsAtTheNextRequest) {
  Push(Upsert(kBearer, Claims("")));
  const std::string request = RequestBy(kBearer).Bytes();
  EXPECT_EQ(plane_.AskAnew(request).status, 200);
  EXPECT_EQ(plane_.Ask(request).status, 200);
  Push(support::Revoke(kBearer));
  EXPECT_EQ(plane_.Ask(request).status, 401) << "on the same connection, with the same head";
}

TEST_F(BearerTest, OneThatHasExpiredFailsAtTheNextRequest) {
  Push(Upsert(kBearer, Claims("")));
  const std::string request = RequestBy(kBearer).Bytes();
  EXPECT_EQ(plane_.AskAnew(request).status, 200);
  plane_.now.wall_us += 600 * kMicrosPerSecond;
  EXPECT_EQ(plane_.Ask(request).status, 401);
}

TEST_F(BearerTest, NoTokenSpeaksForItself) {
  Push(Upsert(kBearer, Claims("")));
  EXPECT_EQ(Ask(kBearer, kBearer).status, 401);
  EXPECT_EQ(Ask(kBearer, "an%2daccess-token-of-a-gateway").status, 401);
}

TEST_F(BearerTest, ItIsOneMechanism) {
  Push(Upsert(kBearer, Claims("")));
  const auto status = [this](std::string_view more) {
    Request request = RequestBy(kBearer);
    request.body += more;
    return plane_.AskAnew(request.Bytes()).status;
  };
  EXPECT_EQ(status("&client_id=mesh"), 200);
  EXPECT_EQ(status("&client_id=gateway"), 400);
  EXPECT_EQ(status("&client_id=mesh&client_secret=x"), 400);
}

// 503, never a false 401.
TEST_F(BearerTest, WhatCannotBeToldYetIsUnavailable) {
  plane_.readiness.SetReady(false);
  EXPECT_EQ(Ask(kBearer).status, 503);
  plane_.readiness.SetReady(true);
  plane_.readiness.SetLease(plane_.now.boot_ms + 1500);
  EXPECT_EQ(Ask(kBearer).status, 401);
  EXPECT_EQ(Ask(kBearer).status, 503);
  plane_.readiness.SetLease(Readiness::kNoDeadline);
  plane_.readiness.SetFeedDeadline(plane_.now.boot_ms);
  EXPECT_EQ(Ask(kBearer).status, 503);
  Push(support::Revoke(kBearer));
  EXPECT_EQ(Ask(kBearer).status, 401);
}

// It comes before the parameters, and costs the client that it proves nothing of its rights.
TEST_F(BearerTest, ItIsAskedForBeforeTheParameters) {
  Push(Upsert(kBearer, Claims("")));
  EXPECT_EQ(Ask(kBearer, "").status, 400);
  EXPECT_EQ(Ask("wrong", "").status, 401);
  Request expecting = RequestBy("wrong");
  expecting.extra = "Expect: 100-continue\r\n";
  EXPECT_THAT((plane_.Reconnect(), plane_.Say(expecting.Bytes())), StartsWith("HTTP/1.1 401 "));
  expecting.authorization = RequestBy(kBearer).authorization;
  EXPECT_THAT((plane_.Reconnect(), plane_.Say(expecting.Bytes())),
              StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "));
}

TEST_F(BearerTest, AFloodOfWrongOnesKeepsOutNoGoodOne) {
  Push(Upsert(kBearer, Claims("")));
  int limited = 0;
  for (int i = 0; i < 100; ++i) {
    limited += plane_.AskAnew(RequestBy(fmt::format("guess-{}", i)).Bytes()).status == 429;
  }
  EXPECT_EQ(limited, 70);
  EXPECT_EQ(plane_.AskAnew(RequestBy(kBearer).Bytes()).status, 200);
}

TEST(BearerlessTest, WithoutSuchClientsNoTokenProvesAnything) {
  DataPlane plane;
  plane.Push(Upsert(kBearer, Claims("")));
  EXPECT_EQ(plane
                .Ask(Request{.authorization = fmt::format("Authorization: Bearer {}\r\n", kBearer)}
                         .Bytes())
                .status,
            401);
}

// The token that proves the client is a JWT.
class JwtBearerTest : public BearerTest {
 protected:
  JwtBearerTest() {
    plane_.now.wall_us = (jose::kMintedAt + 60) * kMicrosPerSecond;
    plane_.Push(
        Upsert("other",
               R"({"exp":1700000600,"sub":"s","aud":["https://protected.example.net/resource"]})"));
    SetKeys({key_.jwk()});
  }

  void SetKeys(std::vector<jose::Jwk> keys) {
    auto trust = std::make_shared<jose::Trust>();
    trust->issuers = std::make_shared<const jose::Issuers>(plane_.config.issuers);
    trust->keys.push_back({.ring = std::make_shared<jose::KeyRing>(
                               library_, trust->issuers->all()[0],
                               jose::JwkSet{.keys = std::move(keys), .ignored = {}}),
                           .asked_us = plane_.now.wall_us,
                           .stale_at_ms = INT64_MAX,
                           .cooldown_until_ms = 0});
    plane_.jwts.SetTrust(std::move(trust));
  }
  static std::string JwtClaims(std::string_view more = "") {
    return fmt::format(
        R"({{"iss":"https://server.example.com/","aud":"https://introspect.example/introspect",)"
        R"("iat":1700000000,"exp":1700000600,"client_id":"mesh","scope":"introspect"{}}})",
        more);
  }

  std::shared_ptr<crypto::Library> library_ = std::make_shared<crypto::Library>();
  const jose::Minter key_{crypto::SignatureAlgorithm::kEs256};
  const std::string bearer_ = key_.Mint(JwtClaims());
};

TEST_F(JwtBearerTest, AJwtProvesItsClient) {
  EXPECT_EQ(Ask(bearer_, "other").body, R"({"active":true,"exp":1700000600,"sub":"s"})");
  EXPECT_EQ(Ask(bearer_, "other").status, 200);
  ExpectInvalid(bearer_.substr(0, bearer_.size() - 4) + "AAAA");
  ExpectInvalid(key_.Mint(JwtClaims(R"(,"cnf":{"jkt":"a"})")));
  Push(support::Revoke(bearer_));
  ExpectInvalid(bearer_);
}

TEST_F(JwtBearerTest, NeitherDoesItSpeakForItselfWithAnotherSignature) {
  EXPECT_EQ(Ask(bearer_, bearer_).status, 401);
  EXPECT_EQ(Ask(bearer_, key_.Mint(JwtClaims())).status, 401) << "the same token, signed again";
  EXPECT_EQ(Ask(bearer_, key_.Mint(JwtClaims(R"(,"jti":"b")"))).status, 200);
}

// It waits for its key, and what it asks about for another.
TEST_F(JwtBearerTest, BothTokensMayWaitForKeys) {
  const jose::Minter next(crypto::SignatureAlgorithm::kEs256, "next");
  const std::string bearer = next.Mint(JwtClaims());
  const std::string asked =
      jose::Minter(crypto::SignatureAlgorithm::kEs256, "third").Mint(JwtClaims());
  plane_.Reconnect();
  EXPECT_THAT(plane_.Say(RequestBy(bearer, asked).Bytes()), IsEmpty());
  ASSERT_EQ(plane_.wanted_keys.size(), 1u);
  plane_.jwts.SetKeys([&] {
    auto trust = std::make_shared<jose::Trust>(plane_.jwts.verifier().trust());
    trust->keys[0].ring = std::make_shared<jose::KeyRing>(
        library_, trust->issuers->all()[0], jose::JwkSet{.keys = {next.jwk()}, .ignored = {}});
    return trust;
  }());
  plane_.jwts.BeginTurn();
  plane_.jwts.KeysAsked(0, true, plane_.now.boot_ms + 5000);
  EXPECT_THAT(plane_.Take(), HasSubstr(support::kInactive))
      << "its key was not among those that were fetched";
}

TEST_F(JwtBearerTest, KeysThatCannotBeHadMakeItUnavailable) {
  plane_.Reconnect();
  const jose::Minter unknown(crypto::SignatureAlgorithm::kEs256, "unknown");
  EXPECT_THAT(plane_.Say(RequestBy(unknown.Mint(JwtClaims()), "other").Bytes()), IsEmpty());
  plane_.jwts.KeysAsked(0, false, plane_.now.boot_ms + 5000);
  EXPECT_THAT(plane_.Take(), StartsWith("HTTP/1.1 503 "));
}

// The limit comes before the signature, and not before what is remembered.
TEST_F(JwtBearerTest, BeyondTheLimitNoSignatureIsVerified) {
  ASSERT_EQ(Ask(bearer_, "other").status, 200);
  for (int i = 0; i < 100; ++i) plane_.AskAnew(RequestBy("guess").Bytes());
  plane_.jwts.BeginTurn();
  EXPECT_EQ(plane_.AskAnew(RequestBy(bearer_, "other").Bytes()).status, 200);
  const std::string fresh = key_.Mint(JwtClaims(R"(,"jti":"b")"));
  EXPECT_EQ(plane_.AskAnew(RequestBy(fresh, "other").Bytes()).status, 429);
  plane_.now.boot_ms += 1000;
  EXPECT_EQ(plane_.AskAnew(RequestBy(fresh, "other").Bytes()).status, 200);
}

}  // namespace
}  // namespace introspectd::api
