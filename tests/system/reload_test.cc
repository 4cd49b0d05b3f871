// SIGHUP: clients and secrets change without a connection being dropped, all or nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::Basic;
using support::GatewayLike;
using support::WaitUntil;

constexpr std::string_view kOldSecret = "the-old-secret-of-partner";
constexpr std::string_view kNewSecret = "the-new-secret-of-partner";

ConfigText With(std::string tables) {
  ConfigText config;
  config.tables = std::move(tables);
  return config;
}

class ReloadTest : public testing::Test {
 protected:
  ReloadTest() : node_(With(GatewayLike("partner", kOldSecret))) {
    node_.KeepSecret("the old secret", kOldSecret);
    node_.KeepSecret("the new secret", kNewSecret);
    node_.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  }

  int StatusFor(std::string_view id, std::string_view secret) {
    return node_.Ask({.authorization = Basic(id, secret)}).status;
  }

  void Reload(const std::string& config) {
    node_.process().Reconfigure(config);
    node_.process().Signal(SIGHUP);
  }

  // The same, and waits until the server reports that it is done.
  void ReloadAndWait(const std::string& config) {
    const std::size_t before = ReloadsReported();
    Reload(config);
    ASSERT_TRUE(WaitUntil([&] { return ReloadsReported() > before; })) << node_.process().log();
  }

  std::size_t ReloadsReported() {
    const std::string log = node_.process().log();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find("reloaded", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  // A reload that the server refuses: it says so in its log.
  void ExpectRefused(const std::string& config) {
    const std::size_t before = node_.process().log().size();
    Reload(config);
    ASSERT_TRUE(WaitUntil([&] { return node_.process().log().size() > before; }));
    EXPECT_EQ(StatusFor("partner", kOldSecret), 200);
    EXPECT_EQ(StatusFor(support::kGateway, support::kGatewaySecret), 200);
    EXPECT_EQ(StatusFor("newcomer", kNewSecret), 401);
  }

  Node node_;
};

TEST_F(ReloadTest, AddsAClient) {
  EXPECT_EQ(StatusFor("newcomer", kNewSecret), 401);
  ReloadAndWait(
      With(GatewayLike("partner", kOldSecret) + GatewayLike("newcomer", kNewSecret)).Text());
  EXPECT_EQ(StatusFor("newcomer", kNewSecret), 200);
  EXPECT_EQ(StatusFor("partner", kOldSecret), 200);
}

TEST_F(ReloadTest, RemovesAClientEvenFromAnOpenConnection) {
  Connection open = node_.Connect();
  const std::string request = Request{.authorization = Basic("partner", kOldSecret)}.Bytes();
  ASSERT_EQ(open.Ask(request).status, 200);
  ReloadAndWait(With("").Text());
  EXPECT_EQ(open.Ask(request).status, 401);
  EXPECT_EQ(StatusFor("partner", kOldSecret), 401);
  EXPECT_EQ(open.Ask(Request{}.Bytes()).body, support::ExampleAnswer());
}

TEST_F(ReloadTest, RotatesASecret) {
  EXPECT_EQ(StatusFor("partner", kOldSecret), 200);  // remembered from here on
  EXPECT_EQ(StatusFor("partner", kNewSecret), 401);
  ReloadAndWait(With(GatewayLike("partner", kNewSecret)).Text());
  for (int i = 0; i < 50; ++i) {  // A08: no worker takes the old one any more
    EXPECT_EQ(StatusFor("partner", kOldSecret), 401);
    EXPECT_EQ(StatusFor("partner", kNewSecret), 200);
  }
}

TEST_F(ReloadTest, ChangesWhatAClientMayKnow) {
  const auto body = [&] { return node_.Ask({.authorization = Basic("partner", kOldSecret)}).body; };
  EXPECT_EQ(body(), support::ExampleAnswer());
  ReloadAndWait(With(support::ClientTable("partner", "secret = \"the-old-secret-of-partner\"",
                                          "audiences = [\"https://other.example.net/\"]"))
                    .Text());
  EXPECT_EQ(body(), support::kInactive);
}

TEST_F(ReloadTest, KeepsTokens) {
  ReloadAndWait(With(GatewayLike("newcomer", kNewSecret)).Text());
  EXPECT_EQ(node_.Introspect(support::kExampleToken), support::ExampleAnswer());
}

TEST_F(ReloadTest, RefusesAFileThatIsNotToml) { ExpectRefused("[server\n"); }

TEST_F(ReloadTest, RefusesAnUnknownKeyAndAppliesNothingElse) {
  ExpectRefused(With("").Text() + GatewayLike("newcomer", kNewSecret) + "colour = \"red\"\n");
}

TEST_F(ReloadTest, RefusesTwoClientsOfOneName) {
  ExpectRefused(
      With(GatewayLike("newcomer", kNewSecret) + GatewayLike("newcomer", kOldSecret)).Text());
}

TEST_F(ReloadTest, AFileThatIsRightAgainIsTaken) {
  ExpectRefused("nonsense");
  ReloadAndWait(With(GatewayLike("newcomer", kNewSecret)).Text());
  EXPECT_EQ(StatusFor("newcomer", kNewSecret), 200);
}

TEST_F(ReloadTest, ChangesLimitsOfConnectionsThatAreOpen) {
  Connection open = node_.Connect();
  const std::string request = Request{.extra = support::ManyHeaders(20)}.Bytes();
  EXPECT_EQ(open.Ask(request).status, 200);
  ConfigText config = With("");
  config.limits = "headers_max = 10";
  ReloadAndWait(config.Text());
  EXPECT_EQ(open.Ask(request).status, 431);
  EXPECT_EQ(node_.Connect().Ask(request).status, 431);
  config.limits = "headers_max = 40";
  ReloadAndWait(config.Text());
  EXPECT_EQ(node_.Connect().Ask(request).status, 200);
}

TEST_F(ReloadTest, ChangesLimitsOfTheControlPlane) {
  const std::string form = "token=" + std::string(300, 'x');
  const std::string explain = "POST /v1/explain HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                              std::string(support::kAdminToken) + "\r\n" +
                              std::string(support::kForm) + support::ContentLength(form.size()) +
                              "\r\n" + form;
  EXPECT_EQ(node_.admin().Connect().Ask(explain).status, 200);
  ReloadAndWait(With("[limits.admin]\nbody_bytes_max = 256\n").Text());
  EXPECT_EQ(node_.admin().Connect().Ask(explain).status, 413);
}

TEST_F(ReloadTest, ChangesHowLongATokenMayBe) {
  const std::string token(100, 'x');
  ASSERT_EQ(node_.Push(Upsert(token, GoodClaims())).status, 200);
  EXPECT_TRUE(node_.IsActive(token));
  ConfigText config = With("");
  config.limits = "token_bytes_max = 99";
  ReloadAndWait(config.Text());
  EXPECT_FALSE(node_.IsActive(token));
  config.limits = "token_bytes_max = 100";
  ReloadAndWait(config.Text());
  EXPECT_TRUE(node_.IsActive(token));
}

TEST_F(ReloadTest, ChangesHowManyMayConnect) {
  ConfigText config = With("");
  config.limits = "connections_per_address_max = 3";
  ReloadAndWait(config.Text());
  std::vector<Connection> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(node_.Connect("127.0.0.5"));
    EXPECT_EQ(held.back().Ask(Request{}.Bytes()).status, 200);
  }
  Connection fourth = node_.Connect("127.0.0.5");
  EXPECT_THROW(fourth.Ask(Request{}.Bytes()), support::WireError);
  config.limits = "connections_per_address_max = 4";
  ReloadAndWait(config.Text());
  Connection fifth = node_.Connect("127.0.0.5");
  EXPECT_EQ(fifth.Ask(Request{}.Bytes()).status, 200);
}

TEST_F(ReloadTest, ChangesRates) {
  Connection open = node_.Connect();  // one worker's
  const auto too_many = [&open](const std::string& request) {
    int count = 0;
    for (int i = 0; i < 40; ++i) count += open.Ask(request).status == 429 ? 1 : 0;
    return count;
  };
  const std::string unknown = Request{.body = "token=x"}.Bytes();
  const std::string wrong = Request{.authorization = Basic("partner", "no-secret")}.Bytes();
  EXPECT_EQ(too_many(unknown), 0);
  EXPECT_EQ(too_many(wrong), 0);
  ConfigText config = With(GatewayLike("partner", kOldSecret));
  config.limits = "inactive_per_client_per_s = 1\nauth_failures_per_s = 1";
  ReloadAndWait(config.Text());
  EXPECT_GT(too_many(unknown), 0);
  EXPECT_GT(too_many(wrong), 0);
  config.limits = "inactive_per_client_per_s = 0\nauth_failures_per_s = 0";
  ReloadAndWait(config.Text());
  EXPECT_EQ(too_many(unknown), 0);
  EXPECT_EQ(too_many(wrong), 0);
}

TEST_F(ReloadTest, NamesWhatTakesARestart) {
  ConfigText config = With("");
  config.limits = "update_line_bytes_max = 7000\nheaders_max = 10";
  ReloadAndWait(config.Text());
  const std::string log = node_.process().log();
  EXPECT_THAT(log,
              testing::HasSubstr("a change that takes a restart key=limits.update_line_bytes_max"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("key=limits.headers_max")));
}

// A14: nobody notices.
TEST_F(ReloadTest, NoRequestFailsWhileFilesChange) {
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> asked = 0;
  std::thread client([&] {
    Connection connection = node_.Connect();
    while (!stop) {
      wrong += connection.Ask(Request{}.Bytes()).body != support::ExampleAnswer();
      ++asked;
    }
  });
  for (int i = 0; i < 50; ++i) {
    ReloadAndWait(With(GatewayLike("newcomer", i % 2 == 0 ? kNewSecret : kOldSecret)).Text());
  }
  stop = true;
  client.join();
  EXPECT_GT(asked, 50);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace introspectd::system_test
