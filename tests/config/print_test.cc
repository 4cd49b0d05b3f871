#include "config/print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/options.h"
#include "config/sample.h"

namespace introspectd::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Everything that differs from its default where it can.
std::string Rich() {
  return Join(
      R"(
[server]
listen = ["0.0.0.0:80", "[::1]:0", "unix:/run/a?mode=0600"]
workers = 2
cpus = [0, 1]
control_cpu = 3
path = "/oauth2/introspect"
health = false
plaintext = true
[log]
level = "error"
format = "json"
target = "a \"quoted\\name\""
[storage]
start = "warm"
token_lifetime_max_s = 1
feed_staleness_max_s = 2
)",
      kMinimal, "unknown_token = \"error\"\nunsupported_hint = \"ignore\"\n", kClient,
      "issuers = [\"*\"]\nown_tokens = true\nmembers = [\"sub\"]\n",
      "[[clients]]\nid = \"r\u00e9sum\u00e9\"\nsecret_hash = [\"", kHash, "\", \"", kOtherHash,
      "\"]\nauth = [\"client_secret_post\"]\naudiences = [\"a\", \"b\"]\n", kAdminToken,
      "issuers = [\"*\"]\n",
      R"([[issuers]]
issuer = "https://server.example.com/"
jwks_file = "keys.json"
algorithms = ["PS256"]
audiences = ["*"]
types = ["JWT", ""]
leeway_s = 0
ca_file = "ca.pem"
proxy = "http://127.0.0.1:3128"
jwks_max_stale_s = 10
jwks_wait_ms = 20
jwks_cooldown_s = 30
)",
      "[[admin.tokens]]\nname = \"sync\"\ntoken_hash = \"", kHash,
      "\"\nscopes = [\"sync\", \"status\"]\n", "[limits]\nheaders_max = 10\ntoken_bytes_max = 20\n",
      "[limits.admin]\nheaders_max = 30\n");
}

// As someone who knows the secrets would: hashes by hashes, the others by themselves.
std::string Unmasked(std::string text) {
  const auto replace_first = [&](std::string_view what, std::string_view with) {
    const std::size_t at = text.find(what);
    if (at != std::string::npos) text.replace(at, what.size(), with);
    return at != std::string::npos;
  };
  EXPECT_TRUE(replace_first("token = \"***\"", Join("token = \"", kToken, "\"")));
  EXPECT_TRUE(replace_first("token_hash = [\"***\"]", Join("token_hash = [\"", kHash, "\"]")));
  EXPECT_TRUE(replace_first("\nsecret = \"***\"", Join("\nsecret = \"", kSampleSecret, "\"")));
  EXPECT_TRUE(replace_first("secret_hash = [\"***\", \"***\"]",
                            Join("secret_hash = [\"", kHash, "\", \"", kOtherHash, "\"]")));
  return text;
}

void ExpectSame(const Config& a, const Config& b) {
  for (const Section& section : Sections()) {
    const std::size_t tables = section.repeated() ? section.count(a) : 1;
    ASSERT_TRUE(!section.repeated() || section.count(b) == tables) << section.name;
    for (std::size_t i = 0; i < tables; ++i) {
      for (const Option& option : section.options) {
        EXPECT_EQ(option.member.get(a, i), option.member.get(b, i))
            << section.Header() << " " << option.name;
      }
    }
  }
}

TEST(PrintTest, LoadsBackToTheSameValues) {
  const Config config = Load(Rich());
  const std::string printed = ToToml(config);
  const Config again = Load(Unmasked(printed));
  ExpectSame(config, again);
  EXPECT_EQ(ToToml(again), printed);
}

TEST(PrintTest, ShowsNoSecret) {
  const std::string printed = ToToml(Load(Rich()));
  ExpectNoSecret(printed);
  EXPECT_THAT(printed, HasSubstr("secret = \"***\"\n"));
  EXPECT_THAT(printed, HasSubstr("secret_hash = [\"***\", \"***\"]\n"));
  EXPECT_THAT(printed, HasSubstr("token = \"***\"\n"));
  EXPECT_THAT(printed, Not(HasSubstr("secret_file")));
  EXPECT_THAT(printed, Not(HasSubstr("token_file")));
}

// Otherwise everyone would know the secret of a server that was started with it.
TEST(PrintTest, AMaskIsNotTakenForASecret) {
  EXPECT_THAT(ErrorOf(ToToml(Load(Join(kMinimal, kClient)))),
              HasSubstr("clients[0].secret: \"***\" only stands for a secret"));
}

TEST(PrintTest, ShowsEveryKeyThatAFileMayHave) {
  const std::string printed = ToToml(Load(Rich()));
  for (const Section& section : Sections()) {
    const std::size_t at = printed.find(Join(section.Header(), "\n"));
    ASSERT_NE(at, std::string::npos) << section.name;
    const std::string table = printed.substr(at, printed.find("\n\n", at) - at);
    for (const Option& option : section.options) {
      if (IsSecret(option)) continue;
      EXPECT_THAT(table, HasSubstr(Join("\n", option.name, " = ")));
    }
  }
}

TEST(PrintTest, IsAFileForPeople) {
  EXPECT_THAT(ToToml(Load(Join(kMinimal, kAdminToken))), StartsWith(R"([server]
listen = ["127.0.0.1:8080"]
workers = 0
cpus = []
control_cpu = []
path = "/introspect"
health = true
plaintext = false
proxy_protocol_from = []
drain_delay_s = 0
drain_max_s = 30

[server.tls]
certificate = ""
key = ""
client_ca = ""

[admin]
listen = ["127.0.0.1:8081"]

[admin.tls]
certificate = ""
key = ""
client_ca = ""

[[admin.tokens]]
name = "issuer"
token = "***"
scopes = ["upsert", "revoke"]
issuers = []

[introspection]
issuer = "https://server.example.com/"
endpoint = ""
unknown_token = "inactive"
unsupported_hint = "reject"
)"));
}

}  // namespace
}  // namespace introspectd::config
