// The whole way of made-up JWTs: generate makes them and their key set, a node that has the set
// verifies them, and warm tells it which ones are revoked.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/program.h"
#include "crypto/private_key.h"
#include "fmt/format.h"
#include "json/document.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "system/jwt_world.h"
#include "system/node.h"
#include "text/ascii.h"

namespace introspectd::system_test {
namespace {

using crypto::PrivateKey;
using support::seconds;
using support::WaitUntil;

constexpr std::string_view kMembersAdded = R"(,"extended_claims":{})";

struct Generated {
  std::string token;
  std::string claims;
  bool revoked = false;
};

// What the lines say of each token.
std::vector<Generated> ReadUpdates(std::string_view lines) {
  json::Parser parser(std::size_t{16} << 10, 16);
  std::vector<Generated> tokens;
  while (!lines.empty()) {
    EXPECT_EQ(parser.ParseObject(text::TakeUntil(lines, '\n')), json::Error::kNone);
    const std::string token(json::Find(parser.members(), "token")->value.string);
    if (const json::Member* claims = json::Find(parser.members(), "claims"); claims != nullptr) {
      tokens.push_back({.token = token, .claims = std::string(claims->value.raw)});
    } else {
      EXPECT_EQ(tokens.back().token, token);
      tokens.back().revoked = true;
    }
  }
  return tokens;
}

std::string AnswerOf(const std::string& claims) {
  const bool extended = claims.find(R"("extended_claims":)") != std::string::npos;
  return fmt::format(R"({{"active":true,{}{}}})", claims.substr(1, claims.size() - 2),
                     extended ? "" : kMembersAdded);
}

class GenerateJwtTest : public testing::TestWithParam<std::string> {
 protected:
  GenerateJwtTest() {
    for (const std::string_view name : {"key", "stranger"}) {
      const auto algorithm = crypto::SignatureAlgorithmOf(GetParam()).value();
      directory_.Write(name, PrivateKey::Generate(algorithm).ToPem());
    }
  }

  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }

  // Writes `key`.ndjson and `key`.json.
  std::vector<Generated> Generate(const std::string& key) const {
    const cli::Ran ran =
        cli::RunCli({"generate", "200", "--seed", "8", "--revoked", "0.2", "--jwt", GetParam(),
                     "--key", Path(key), "--jwks", Path(key + ".json")});
    EXPECT_EQ(ran.code, 0) << ran.err;
    directory_.Write(key + ".ndjson", ran.out);
    return ReadUpdates(ran.out);
  }

  ConfigText Config() const {
    ConfigText config;
    config.tables = IssuerTable{
        .issuer = std::string(support::kIssuer),
        .keys = fmt::format("jwks_file = \"{}\"", Path("key.json")),
        .algorithms = {
            GetParam()}}.Text();
    return config;
  }

  void Warm(Node& node, const std::string& key) const {
    const cli::Ran ran = cli::RunCli(
        {"warm", Path(key + ".ndjson"), "--token", std::string(support::kAdminToken), "--url",
         fmt::format("http://127.0.0.1:{}", node.process().port(Plane::kAdmin))});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }

  support::TempDir directory_;
};

TEST_P(GenerateJwtTest, AreActiveUntilTheNodeHearsThatTheyAreRevoked) {
  const std::vector<Generated> tokens = Generate("key");
  ASSERT_EQ(tokens.size(), 200u);
  Node node(Config());
  node.KeepSecret("a generated token", tokens[0].token);
  ASSERT_TRUE(WaitUntil([&] { return node.IsActive(tokens[0].token); }, seconds(10)));
  for (const Generated& generated : tokens) {
    EXPECT_EQ(node.Introspect(generated.token), AnswerOf(generated.claims));
  }
  Warm(node, "key");
  int revoked = 0;
  for (const Generated& generated : tokens) {
    revoked += generated.revoked ? 1 : 0;
    EXPECT_EQ(node.Introspect(generated.token),
              generated.revoked ? support::kInactive : AnswerOf(generated.claims));
  }
  EXPECT_GT(revoked, 20);
  EXPECT_LT(revoked, 80);
}

TEST_P(GenerateJwtTest, OfAnotherKeyAreNotActiveThoughTheyWerePushed) {
  const std::vector<Generated> own = Generate("key");
  const std::vector<Generated> strange = Generate("stranger");
  Node node(Config());
  ASSERT_TRUE(WaitUntil([&] { return node.IsActive(own[0].token); }, seconds(10)));
  Warm(node, "stranger");
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(node.Introspect(strange[i].token), support::kInactive);
  }
  EXPECT_TRUE(node.IsActive(own[0].token));
}

INSTANTIATE_TEST_SUITE_P(System, GenerateJwtTest, testing::Values("RS256", "ES256", "EdDSA"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace introspectd::system_test
