// [[issuers]]: whose JWTs are verified, and where their keys come from (contract 2).

#include <gtest/gtest.h>

#include <string>

#include "config/sample.h"

namespace introspectd::config {
namespace {

// The last line of an issuer that lacks nothing is line 5.
constexpr std::string_view kOne =
    "[[issuers]]\n"
    "issuer = \"https://server.example.com/\"\n"
    "audiences = [\"https://api.example/\"]\n";

TEST(IssuersTest, Defaults) {
  const Config config = Load(Join(kMinimal, kOne));
  ASSERT_EQ(config.issuers.size(), 1u);
  const IssuerConfig& issuer = config.issuers[0];
  EXPECT_EQ(issuer.issuer, "https://server.example.com/");
  EXPECT_EQ(issuer.jwks_uri, "");
  EXPECT_EQ(issuer.jwks_file, "");
  EXPECT_EQ(issuer.algorithms, (std::vector<std::string>{"RS256", "ES256", "EdDSA"}));
  EXPECT_EQ(issuer.types, std::vector<std::string>{"at+jwt"});
  EXPECT_EQ(issuer.leeway_s, 30);
  EXPECT_EQ(issuer.jwks_max_stale_s, 86'400);
  EXPECT_EQ(issuer.jwks_wait_ms, 1000);
  EXPECT_EQ(issuer.jwks_cooldown_s, 5);
}

TEST(IssuersTest, AMissingTypeCanBeAccepted) {
  const Config config = Load(Join(kMinimal, kOne, "types = [\"JWT\", \"\"]\n"));
  EXPECT_EQ(config.issuers[0].types, (std::vector<std::string>{"JWT", ""}));
}

TEST(IssuersTest, WhatIsWrongIsNamed) {
  ExpectErrors({
      {Join(kMinimal, "[[issuers]]\nissuer = \"https://i.example\"\n"),
       "gateway.toml:3: issuers[0].audiences: is required: its tokens are taken when `aud` has one "
       "of these; `[\"*\"]` = any"},
      {Join(kMinimal, kOne, "algorithms = [\"RS256\", \"HS256\"]\n"),
       "gateway.toml:6: issuers[0].algorithms[1]: \"HS256\" is no algorithm for the signature of a "
       "public key; allowed: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"},
      {Join(kMinimal, kOne, "types = [\"dpop+jwt\"]\n"),
       "gateway.toml:6: issuers[0].types[0]: \"dpop+jwt\" is the type of another kind of JWT; "
       "allowed: at+jwt, JWT, an issuer's own, or \"\""},
      {Join(kMinimal, kOne, "leeway_s = 61\n"),
       "gateway.toml:6: issuers[0].leeway_s: 61 is out of range; allowed: 0 to 60 s"},
      {Join(kMinimal, kOne, "jwks_uri = \"https://k.example/\"\njwks_file = \"keys\"\n"),
       "gateway.toml:7: issuers[0].jwks_file: stands beside jwks_uri; allowed: one of them"},
      {Join(kMinimal, "[[issuers]]\nissuer = \"urn:i\"\naudiences = [\"*\"]\n"),
       "gateway.toml:4: issuers[0].issuer: \"urn:i\" is no address at which its metadata could be; "
       "allowed: an https URL, or jwks_uri or jwks_file beside it"},
      {Join(kMinimal, kOne, kOne),
       "gateway.toml:7: issuers[1].issuer: \"https://server.example.com/\" is the issuer of "
       "issuers[0] already"},
      {Join(kMinimal, kOne, "proxy = \"socks5://p:1\"\n"),
       "gateway.toml:6: issuers[0].proxy: is no proxy; allowed: http://HOST:PORT without a user "
       "name"},
  });
}

TEST(IssuersTest, KeysDoNotComeFromJustAnywhere) {
  for (const char* url : {"http://keys.example/jwks", "file:///etc/passwd", "gopher://k.example/",
                          "https://user:secret@k.example/", "ftp://k.example/", "k.example"}) {
    const std::string toml = Join(kMinimal, kOne, "jwks_uri = \"", url, "\"\n");
    const auto config = ParseText(toml, "gateway.toml", "/nonexistent");
    ASSERT_FALSE(config.ok()) << url;
    EXPECT_EQ(std::string(config.status().message()).find("secret"), std::string::npos);
  }
  for (const char* url : {"https://k.example/jwks", "http://127.0.0.1:1234/", "http://[::1]/x"}) {
    EXPECT_EQ(Load(Join(kMinimal, kOne, "jwks_uri = \"", url, "\"\n")).issuers[0].jwks_uri, url);
  }
}

}  // namespace
}  // namespace introspectd::config
