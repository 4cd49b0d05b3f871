// The program's command line: exit codes, and messages that help without telling secrets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/child.h"
#include "support/server_process.h"
#include "support/temp_dir.h"
#include "support/world.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::Finished;
using support::RunToEnd;
using support::TempDir;
using testing::HasSubstr;
using testing::Not;

class ProgramTest : public testing::Test {
 protected:
  Finished Execute(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {support::ServerBinary()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return RunToEnd(all);
  }

  Finished ExecuteWith(std::string_view config, const std::string& further) {
    return Execute({"--config", directory_.Write("introspectd.toml", config), further});
  }

  TempDir directory_;
};

TEST_F(ProgramTest, SaysItsVersion) {
  const Finished finished = Execute({"--version"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.output, testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(ProgramTest, RefusesUnusableArguments) {
  EXPECT_EQ(Execute({"--no-such-option"}).code, 2);
  EXPECT_EQ(Execute({"--config", "/no/such/file.toml"}).code, 2);
  EXPECT_THAT(Execute({"--config", "/no/such/file.toml"}).output, HasSubstr("/no/such/file.toml"));
}

TEST_F(ProgramTest, ChecksAConfigurationWithoutListening) {
  const Finished finished = ExecuteWith(ConfigText{}.Text(), "--check-config");
  EXPECT_EQ(finished.code, 0) << finished.output;
  EXPECT_THAT(finished.output, Not(HasSubstr("listening")));
}

TEST_F(ProgramTest, PrintsTheConfigurationWithoutItsSecrets) {
  const Finished finished = ExecuteWith(ConfigText{}.Text(), "--print-config");
  EXPECT_EQ(finished.code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("***"));
  EXPECT_THAT(finished.output, HasSubstr("head_bytes_max"));
  EXPECT_THAT(finished.output, Not(HasSubstr(std::string(support::kGatewaySecret))));
  EXPECT_THAT(finished.output, Not(HasSubstr(std::string(support::kAdminToken))));
}

struct BadConfig {
  std::string_view name;
  std::string config;
  std::string_view says;  // what the message must name
};

std::string With(std::string_view tables) {
  ConfigText config;
  config.tables = tables;
  return config.Text();
}
std::string WithStorage(std::string_view line) {
  ConfigText config;
  config.storage = line;
  return config.Text();
}

std::vector<BadConfig> BadConfigs() {
  return {
      {"NotToml", "[server\n", "introspectd.toml"},
      {"Empty", "", "issuer"},
      {"UnknownTable", With("[colours]\nred = 1\n"), "colours"},
      {"UnknownKey", WithStorage("colour = 1"), "colour"},
      {"WrongType", WithStorage("token_lifetime_max_s = \"long\""), "token_lifetime_max_s"},
      {"OutOfRange", WithStorage("token_lifetime_max_s = -1"), "token_lifetime_max_s"},
      {"NotAllowedWord", WithStorage("start = \"cold\""), "warm"},
      {"ClientTwice", With(support::GatewayLike(support::kGateway, "another-secret-for-gateway")),
       "gateway"},
      {"ClientWithoutAudiences", With(support::ClientTable("c", "secret = \"a-secret-of-c\"", "")),
       "audiences"},
      {"ClientWithoutSecret", With(support::ClientTable("c", "", "audiences = [\"*\"]")), "secret"},
      {"BadHash",
       With(support::ClientTable("c", "secret_hash = \"$md5$oops-hash-text\"",
                                 "audiences = [\"*\"]")),
       "secret_hash"},
      {"UnknownScope",
       With("[[admin.tokens]]\nname = \"x\"\ntoken = \"a-bearer-token-of-x\"\n"
            "scopes = [\"everything\"]\n"),
       "scopes"},
      {"PublicListenerWithoutTls",
       [] {
         ConfigText config;
         config.listen = R"("0.0.0.0:0")";
         return config.Text();
       }(),
       "plaintext"},
  };
}

class BadConfigTest : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, IsRefusedWithAHelpfulMessage) {
  const TempDir directory;
  const std::string file = directory.Write("introspectd.toml", GetParam().config);
  for (const char* how : {"--check-config", "--print-config"}) {
    const Finished finished = RunToEnd({support::ServerBinary(), "--config", file, how});
    EXPECT_EQ(finished.code, 2) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(std::string(GetParam().says)));
    EXPECT_THAT(finished.output, HasSubstr("introspectd.toml"));
    for (const std::string_view secret :
         {support::kGatewaySecret, support::kAdminToken, std::string_view("a-secret-of-c"),
          std::string_view("another-secret-for-gateway"), std::string_view("oops-hash-text"),
          std::string_view("a-bearer-token-of-x")}) {
      EXPECT_THAT(finished.output, Not(HasSubstr(std::string(secret))));
    }
  }
  EXPECT_EQ(RunToEnd({support::ServerBinary(), "--config", file}).code, 2);
}

INSTANTIATE_TEST_SUITE_P(Contract1, BadConfigTest, testing::ValuesIn(BadConfigs()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(ProgramTest, APortThatIsTakenFailsWhileStarting) {
  Node node;
  ConfigText config;
  config.admin_listen = "\"" + node.process().addresses(Plane::kAdmin).front() + "\"";
  const Finished finished =
      Execute({"--config", directory_.Write("introspectd.toml", config.Text())});
  EXPECT_EQ(finished.code, 1) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr(node.process().addresses(Plane::kAdmin).front()));
}

}  // namespace
}  // namespace introspectd::system_test
