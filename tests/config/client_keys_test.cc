// The keys of clients that sign assertions: one source of them, and only for those that use it.

#include <gtest/gtest.h>

#include "config/print.h"
#include "config/sample.h"

namespace introspectd::config {
namespace {

constexpr std::string_view kKey =
    R"({"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
// Lines 3 to 6 after kMinimal.
constexpr std::string_view kSigner =
    "[[clients]]\n"
    "id = \"gateway\"\n"
    "auth = [\"private_key_jwt\"]\n"
    "audiences = [\"*\"]\n";

std::string Inline(std::string_view set) { return Join("jwks = '''", set, "'''\n"); }
std::string SetOf(std::string_view keys) { return Join("{\"keys\":[", keys, "]}"); }
std::string ErrorOfSigner(std::string_view lines) {
  return ErrorOf(Join(kMinimal, kSigner, lines));
}

TEST(ClientKeysTest, TakesOneSource) {
  EXPECT_EQ(ErrorOfSigner(Inline(SetOf(kKey))), "");
  EXPECT_EQ(ErrorOfSigner("jwks_file = \"keys.json\"\n"), "");
  EXPECT_EQ(ErrorOfSigner("jwks_uri = \"https://gateway.example/jwks\"\n"), "");
}

TEST(ClientKeysTest, NeedsExactlyOne) {
  constexpr std::string_view kError =
      "gateway.toml:3: clients[0]: needs exactly one of jwks, jwks_file, jwks_uri, not ";
  EXPECT_EQ(ErrorOfSigner(""), Join(kError, "0"));
  EXPECT_EQ(ErrorOfSigner("jwks_file = \"a\"\njwks_uri = \"https://gateway.example/jwks\"\n"),
            Join(kError, "2"));
  EXPECT_EQ(ErrorOfSigner(Inline(SetOf(kKey)) + "jwks_file = \"a\"\n"), Join(kError, "2"));
}

TEST(ClientKeysTest, AreForThoseWhoSign) {
  constexpr std::string_view kError =
      "gateway.toml:3: clients[0]: has keys (jwks, jwks_file or jwks_uri), which nothing in its "
      "auth uses; allowed with private_key_jwt only";
  EXPECT_EQ(ErrorOf(Join(kMinimal, kClient, "jwks_file = \"a\"\n")), kError);
  EXPECT_EQ(ErrorOf(Join(kMinimal, kClient, Inline(SetOf(kKey)))), kError);
  EXPECT_EQ(
      ErrorOf(Join(kMinimal, kClient, "auth = [\"client_secret_post\", \"private_key_jwt\"]\n",
                   "jwks_file = \"a\"\n")),
      "");
}

TEST(ClientKeysTest, AnInlineSetIsOne) {
  const auto error = [](std::string_view set) { return ErrorOfSigner(Inline(set)); };
  EXPECT_EQ(error(Join("\n{\r\n\t\"keys\": [\n", kKey, "\n]}\n")), "") << "on several lines";
  EXPECT_NE(error("{}"), "");
  EXPECT_NE(error("keys.json"), "");
  EXPECT_NE(error(SetOf("")), "");
  EXPECT_EQ(error("{}").substr(0, 33), "gateway.toml:7: clients[0].jwks: ");
  const std::string private_key =
      Join(kKey.substr(0, kKey.size() - 1), R"(,"d":"c2VjcmV0LXByaXZhdGUta2V5"})");
  const std::string refused = error(SetOf(private_key));
  EXPECT_NE(refused, "");
  EXPECT_EQ(refused.find("c2VjcmV0"), std::string::npos) << refused;
}

TEST(ClientKeysTest, AnInlineSetHasAKeyThatMayBeUsed) {
  const std::string keys = Inline(SetOf(kKey));
  EXPECT_EQ(ErrorOfSigner(keys + "assertion_algorithms = [\"RS256\", \"ES256\"]\n"),
            "gateway.toml:7: clients[0].jwks: has no key for any of its assertion_algorithms: "
            "RS256, ES256");
  EXPECT_EQ(ErrorOfSigner(keys + "assertion_algorithms = [\"RS256\", \"EdDSA\"]\n"), "");
  EXPECT_EQ(ErrorOfSigner(keys + "assertion_algorithms = [\"HS256\"]\n").substr(0, 54),
            "gateway.toml:8: clients[0].assertion_algorithms[0]: \"H");
}

TEST(ClientKeysTest, WhatIsPrintedIsTheSameConfiguration) {
  const std::string set = Join("{\"keys\":\n[", kKey, "]}");
  const Config config = Load(Join(kMinimal, kSigner, Inline(set)));
  ASSERT_EQ(config.clients.size(), 1u);
  EXPECT_EQ(config.clients[0].jwks, set);
  EXPECT_EQ(Load(ToToml(config)).clients[0].jwks, set);
}

TEST(ClientKeysTest, TheEndpointIsAUrl) {
  const auto error = [](std::string_view endpoint) {
    return ErrorOf(Join(kMinimal, "endpoint = \"", endpoint, "\"\n"));
  };
  EXPECT_EQ(error("https://introspect.example.com/introspect"), "");
  EXPECT_EQ(error("http://introspect.example.com/introspect"), "");
  EXPECT_EQ(error(""), "");
  EXPECT_EQ(error("/introspect"), "gateway.toml:3: introspection.endpoint: not a URL with a host");
  EXPECT_EQ(error("ftp://introspect.example.com/"),
            "gateway.toml:3: introspection.endpoint: the URL is neither an https nor an http one");
}

}  // namespace
}  // namespace introspectd::config
