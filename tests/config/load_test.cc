#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/sample.h"
#include "support/temp_dir.h"

namespace introspectd::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(LoadTest, AnIssuerIsEnough) {
  const Config config = Load(kMinimal);
  EXPECT_EQ(config.introspection.issuer, "https://server.example.com/");
  EXPECT_THAT(config.clients, IsEmpty());
  EXPECT_THAT(config.admin.tokens, IsEmpty());
}

TEST(LoadTest, ReadsEveryKeyOutsideLimits) {
  const Config config = Load(Join(R"(
[server]
listen = ["127.0.0.1:0", "unix:/run/introspectd.sock?mode=0600"]
workers = 3
cpus = [0, 2]
control_cpu = 1
path = "/oauth2/introspect"
health = false
plaintext = true
[admin]
listen = ["0.0.0.0:9000"]
[[admin.tokens]]
name = "issuer"
token_hash = ")",
                                  kHash, R"("
scopes = ["push", "upsert", "status"]
issuers = ["https://a.example/", "https://b.example/"]
[introspection]
issuer = "https://server.example.com/"
unknown_token = "error"
unsupported_hint = "ignore"
[storage]
directory = ""
start = "warm"
token_lifetime_max_s = 60
feed_staleness_max_s = 5
[[clients]]
id = "gateway"
secret_hash = [")",
                                  kHash, R"(", ")", kOtherHash, R"("]
auth = ["client_secret_post"]
audiences = ["https://api.example/"]
issuers = ["*"]
own_tokens = true
members = ["sub", "scope"]
unknown_token = "inactive"
unsupported_hint = "reject_refresh"
[log]
level = "debug"
format = "json"
target = "/var/log/introspectd.log"
)"));
  ASSERT_THAT(config.server.listen, SizeIs(2));
  EXPECT_EQ(config.server.listen[0].port, 0);
  EXPECT_EQ(config.server.listen[1].path, "/run/introspectd.sock");
  EXPECT_EQ(config.server.listen[1].mode, 0600u);
  EXPECT_EQ(config.server.workers, 3u);
  EXPECT_THAT(config.server.cpus, ElementsAre(0, 2));
  EXPECT_THAT(config.server.control_cpu, ElementsAre(1));
  EXPECT_EQ(config.server.path, "/oauth2/introspect");
  EXPECT_FALSE(config.server.health);
  EXPECT_TRUE(config.server.plaintext);

  ASSERT_THAT(config.admin.listen, SizeIs(1));
  EXPECT_EQ(config.admin.listen[0].host, "0.0.0.0");
  ASSERT_THAT(config.admin.tokens, SizeIs(1));
  const AdminTokenConfig& token = config.admin.tokens[0];
  EXPECT_EQ(token.name, "issuer");
  EXPECT_THAT(token.secret.hashes, ElementsAre(kHash));
  EXPECT_EQ(token.secret.plain, "");
  EXPECT_THAT(token.scopes,
              ElementsAre(AdminScope::kUpsert, AdminScope::kRevoke, AdminScope::kStatus));
  EXPECT_THAT(token.issuers, ElementsAre("https://a.example/", "https://b.example/"));

  EXPECT_EQ(config.introspection.unknown_token, UnknownToken::kError);
  EXPECT_EQ(config.introspection.unsupported_hint, UnsupportedHint::kIgnore);
  EXPECT_EQ(config.storage.start, StartMode::kWarm);
  EXPECT_EQ(config.storage.token_lifetime_max_s, 60);
  EXPECT_EQ(config.storage.feed_staleness_max_s, 5);

  ASSERT_THAT(config.clients, SizeIs(1));
  const ClientConfig& client = config.clients[0];
  EXPECT_EQ(client.id, "gateway");
  EXPECT_THAT(client.secret.hashes, ElementsAre(kHash, kOtherHash));
  EXPECT_THAT(client.auth, ElementsAre(AuthMethod::kClientSecretPost));
  EXPECT_THAT(client.audiences, ElementsAre("https://api.example/"));
  EXPECT_THAT(client.issuers, ElementsAre("*"));
  EXPECT_TRUE(client.own_tokens);
  EXPECT_THAT(client.members, ElementsAre("sub", "scope"));
  EXPECT_EQ(client.unknown_token, UnknownToken::kInactive);
  EXPECT_EQ(client.unsupported_hint, UnsupportedHint::kRejectRefresh);

  EXPECT_EQ(config.log.level, LogLevel::kDebug);
  EXPECT_EQ(config.log.format, LogFormat::kJson);
  EXPECT_EQ(config.log.target, "/var/log/introspectd.log");
}

TEST(LoadTest, EachPlaneHasItsOwnLimits) {
  const Config config = Load(Join(kMinimal,
                                  "[limits]\nheaders_max = 7\ntoken_bytes_max = 99\n"
                                  "[limits.admin]\nheaders_max = 8\n"));
  EXPECT_EQ(config.limits.data.headers_max, 7u);
  EXPECT_EQ(config.limits.admin.headers_max, 8u);
  EXPECT_EQ(config.limits.token_bytes_max, 99u);
}

TEST(LoadTest, ListsMayBeWrittenWithoutBracketsWhereOneIsUsual) {
  const Config config =
      Load(Join("[server]\ncontrol_cpu = [4]\n", kMinimal,
                "[[clients]]\nid = \"a\"\nsecret_hash = \"", kHash, "\"\naudiences = [\"*\"]\n"));
  EXPECT_THAT(config.server.control_cpu, ElementsAre(4));
  ASSERT_THAT(config.clients, SizeIs(1));
  EXPECT_THAT(config.clients[0].secret.hashes, ElementsAre(kHash));
}

TEST(LoadTest, ReadsSecretsFromFilesBesideIt) {
  const support::TempDir directory;
  directory.Write("gateway.secret", Join(kSampleSecret, "\n"));
  directory.Write("admin.token", kToken);
  const auto file = directory.Write(
      "gateway.toml",
      Join(kMinimal,
           "[[clients]]\nid = \"a\"\nsecret_file = \"gateway.secret\"\n"
           "audiences = [\"*\"]\n[[admin.tokens]]\nname = \"b\"\ntoken_file = \"",
           (directory.path() / "admin.token").string(), "\"\nscopes = [\"status\"]\n"));
  const auto config = LoadFile(file);
  ASSERT_TRUE(config.ok()) << std::string(config.status().message());
  EXPECT_EQ(config->clients[0].secret.plain, kSampleSecret);
  EXPECT_EQ(config->admin.tokens[0].secret.plain, kToken);
}

TEST(LoadTest, NamesTheFileThatCannotBeRead) {
  EXPECT_EQ(std::string(LoadFile("/nonexistent/gateway.toml").status().message()),
            "/nonexistent/gateway.toml: cannot be read: No such file or directory");
}

TEST(LoadTest, LoadsTheSample) {
  const support::TempDir directory;
  for (const char* secret : {"admin.token", "operator.token", "gateway.secret", "orders.secret"}) {
    directory.Write(secret, secret);
  }
  const auto file =
      directory.Write("introspectd.toml", support::ReadFile(INTROSPECTD_SAMPLE_CONFIG));
  const auto config = LoadFile(file);
  ASSERT_TRUE(config.ok()) << std::string(config.status().message());
  EXPECT_THAT(config->admin.tokens, SizeIs(2));
  EXPECT_THAT(config->clients, SizeIs(2));
}

}  // namespace
}  // namespace introspectd::config
