// Nodes that share a log, one thing at a time (contract 7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "fmt/format.h"
#include "support/postgres.h"
#include "support/proxy.h"
#include "support/sql.h"
#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::milliseconds;
using support::Postgres;
using support::Proxy;
using support::seconds;
using support::Sql;
using support::TempDir;
using support::WaitUntil;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRole = "node";

class ReplicationTest : public testing::Test {
 protected:
  ReplicationTest() : sql_(log_.Url()) { sql_.Exec(fmt::format("CREATE ROLE {} LOGIN", kRole)); }

  // Makes the schema as an operator would.
  void CreateSchema() {
    Node maker(Config({.more = "create_schema = true", .as = "postgres"}));
    ASSERT_TRUE(Serves(maker));
    sql_.Query("SELECT introspectd.grant_node($1)", {kRole});
    sql_.Query("SELECT introspectd.grant_push('postgres')");
  }

  struct Options {
    std::string directory = "";  // in memory alone
    std::string more = "";       // lines of [replication]
    std::string storage = "";
    std::uint16_t port = 0;  // of the log, or of a proxy before it
    std::string as = kRole;
    std::int64_t staleness_s = 2;
  };
  ConfigText Config(const Options& options) const {
    ConfigText config;
    config.directory = options.directory;
    config.storage = options.storage;
    config.tables = fmt::format(
        "[replication]\nurl = \"postgresql://{}@127.0.0.1:{}/postgres\"\nstaleness_max_s = "
        "{}\n{}\n",
        options.as, options.port != 0 ? options.port : log_.port(), options.staleness_s,
        options.more);
    return config;
  }

  static bool Ready(const Node& node, milliseconds longest = seconds(10)) {
    return WaitUntil([&] { return node.StatusOf(Plane::kData, "/readyz") == 200; }, longest);
  }
  // For questions and for pushes.
  static bool Serves(Node& node) { return Ready(node) && Says(node, "\"writable\":true"); }
  static bool NotReady(const Node& node) {
    return WaitUntil([&] { return node.StatusOf(Plane::kData, "/readyz") == 503; }, seconds(10));
  }
  static bool BecomesActive(const Node& node, std::string_view token) {
    return WaitUntil([&] { return node.IsActive(token); }, seconds(5));
  }
  static bool BecomesInactive(const Node& node, std::string_view token) {
    return WaitUntil([&] { return node.Introspect(token) == support::kInactive; }, seconds(5));
  }
  static std::string Status(Node& node) { return node.admin().Get("/v1/status").body; }
  static bool Says(Node& node, std::string_view text) {
    return WaitUntil([&] { return Status(node).find(text) != std::string::npos; }, seconds(10));
  }
  std::string RowsInLog() { return sql_.Value("SELECT count(*) FROM introspectd.log"); }
  std::string Push(std::string_view lines) {
    return sql_.Value("SELECT introspectd.push($1)", {std::string(lines)});
  }
  static std::string Good(std::string_view token) { return Upsert(token, GoodClaims()); }

  Postgres log_;
  Sql sql_;
};

TEST_F(ReplicationTest, WhatOneNodeTakesAllNodesKnow) {
  CreateSchema();
  Node first(Config({}));
  Node second(Config({}));
  ASSERT_TRUE(Serves(first) && Serves(second));
  EXPECT_EQ(first.Push(Good("t") + Good("u")).status, 200);
  EXPECT_TRUE(first.IsActive("t"));
  EXPECT_TRUE(BecomesActive(second, "t"));
  EXPECT_EQ(second.Push(support::Revoke("t")).status, 200);
  EXPECT_EQ(second.Introspect("t"), support::kInactive);
  EXPECT_TRUE(BecomesInactive(first, "t"));
  EXPECT_EQ(first.Push(Good("t")).status, 200);
  EXPECT_EQ(first.Introspect("t"), support::kInactive);
  const auto rule = R"({"op":"revoke","client_id":"c"})";
  EXPECT_EQ(second.Push(Upsert("v", GoodClaims(R"("client_id":"c","iat":5,)"))).rejected, 1)
      << "its life would be too long";
  EXPECT_EQ(second.Push(Upsert("v", GoodClaims(R"("client_id":"c",)"))).applied, 1);
  EXPECT_TRUE(BecomesActive(first, "v"));
  EXPECT_EQ(second.Push(rule).status, 200);
  EXPECT_TRUE(BecomesInactive(first, "v"));
  EXPECT_TRUE(first.IsActive("u"));
}

TEST_F(ReplicationTest, WithoutItsSchemaANodeSaysWhatIsMissing) {
  Node node(Config({}));
  EXPECT_TRUE(Says(node, "introspect-cli schema"));
  EXPECT_EQ(node.StatusOf(Plane::kData, "/readyz"), 503);
  EXPECT_EQ(node.Ask({.body = "token=t"}).status, 503);
}

TEST_F(ReplicationTest, TheLogOfAnotherIssuerIsNotFollowed) {
  CreateSchema();
  sql_.Exec("UPDATE introspectd.settings SET issuer = 'https://other.example/'");
  Node node(Config({}));
  EXPECT_TRUE(Says(node, "another introspection.issuer"));
  sql_.Exec("UPDATE introspectd.settings SET version = 9");
  EXPECT_TRUE(Says(node, "version 9"));
  EXPECT_EQ(node.StatusOf(Plane::kData, "/readyz"), 503);
}

TEST_F(ReplicationTest, ANewNodeReadsTheLogAndAReturningOneItsOwnStoreFirst) {
  CreateSchema();
  const TempDir directory;
  const std::string data = (directory.path() / "data").string();
  {
    Node node(Config({.directory = data}));
    ASSERT_TRUE(Serves(node));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(node.Push(Good(fmt::format("t{}", i))).status, 200);
    ASSERT_EQ(node.Push(support::Revoke("t3")).status, 200);
    std::this_thread::sleep_for(milliseconds(1500));  // its position is written down by then
  }
  Node fresh(Config({}));
  ASSERT_TRUE(Serves(fresh));
  EXPECT_TRUE(fresh.IsActive("t7"));
  EXPECT_EQ(fresh.Introspect("t3"), support::kInactive);
  EXPECT_THAT(Status(fresh), HasSubstr("\"rows\":21,"));
  ASSERT_EQ(fresh.Push(Good("late")).status, 200);

  Node back(Config({.directory = data}));
  ASSERT_TRUE(Serves(back));
  EXPECT_TRUE(back.IsActive("t7"));
  EXPECT_TRUE(back.IsActive("late"));
  EXPECT_EQ(back.Introspect("t3"), support::kInactive);
  EXPECT_THAT(Status(back), HasSubstr("\"rows\":1,"));
}

TEST_F(ReplicationTest, ANodeThatIsWarmedFollowsFromThePositionOfTheExport) {
  CreateSchema();
  Node first(Config({}));
  ASSERT_TRUE(Serves(first));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(first.Push(Good(fmt::format("t{}", i))).status, 200);
  Proxy proxy(log_.port());
  proxy.SetMode(Proxy::Mode::kCut);
  Node second(Config({.port = proxy.port()}));
  const std::string exported = first.admin().Get("/v1/tokens").body;
  ASSERT_EQ(second.admin().Post("/v1/tokens?to=node", exported).status, 200);
  ASSERT_EQ(first.Push(support::Revoke("t3")).status, 200);
  proxy.SetMode(Proxy::Mode::kCarry);
  ASSERT_TRUE(Serves(second));
  EXPECT_TRUE(second.IsActive("t7"));
  EXPECT_EQ(second.Introspect("t3"), support::kInactive);
  EXPECT_EQ(RowsInLog(), "21") << "what is loaded into a node stays there";
}

TEST_F(ReplicationTest, WhoDoesNotHearFromTheLogDoesNotAnswer) {
  CreateSchema();
  Proxy proxy(log_.port());
  Node closed(Config({.port = proxy.port()}));
  Node open(Config({.more = "fail_closed = false", .port = proxy.port()}));
  ASSERT_TRUE(Serves(closed) && Serves(open));
  ASSERT_EQ(closed.Push(Good("t")).status, 200);
  ASSERT_TRUE(BecomesActive(open, "t"));
  proxy.SetMode(Proxy::Mode::kSwallow);
  EXPECT_TRUE(NotReady(closed));
  EXPECT_EQ(closed.Ask({.body = "token=t"}).status, 503);
  EXPECT_EQ(closed.Ask({.body = "token=unknown"}).status, 503);
  EXPECT_THAT(Status(closed), HasSubstr("the replication log was away for too long"));
  EXPECT_TRUE(open.IsActive("t"));
  EXPECT_TRUE(Says(open, "it does not answer"));
  proxy.SetMode(Proxy::Mode::kCarry);
  EXPECT_TRUE(Ready(closed));
  EXPECT_TRUE(closed.IsActive("t"));
}

TEST_F(ReplicationTest, ANodeThatStoodStillDoesNotAnswerFromThen) {
  CreateSchema();
  Node first(Config({}));
  Node second(Config({}));
  ASSERT_TRUE(Serves(first) && Serves(second));
  ASSERT_EQ(first.Push(Good("t")).status, 200);
  ASSERT_TRUE(BecomesActive(second, "t"));
  Connection asked = second.Connect();
  second.process().Signal(SIGSTOP);
  ASSERT_EQ(first.Push(support::Revoke("t")).status, 200);
  std::this_thread::sleep_for(milliseconds(2500));
  asked.Send(Request{.body = "token=t"}.Bytes());
  second.process().Signal(SIGCONT);
  const Response response = asked.Read();
  EXPECT_TRUE(response.status == 503 || response.body == support::kInactive) << response.body;
  EXPECT_TRUE(Ready(second));
  EXPECT_TRUE(BecomesInactive(second, "t"));
}

TEST_F(ReplicationTest, WithoutTheLogRevocationsAreTakenAndOwed) {
  CreateSchema();
  const TempDir directory;
  const std::string data = (directory.path() / "data").string();
  Proxy proxy(log_.port());
  Node other(Config({}));
  ASSERT_TRUE(Serves(other));
  {
    Node node(Config({.directory = data, .port = proxy.port()}));
    ASSERT_TRUE(Serves(node));
    ASSERT_EQ(node.Push(Good("t") + Good("u")).status, 200);
    ASSERT_TRUE(BecomesActive(other, "u"));
    proxy.SetMode(Proxy::Mode::kCut);
    // The connections for reading and for writing notice it each for itself.
    ASSERT_TRUE(Says(node, "\"following\":false") && Says(node, "\"writable\":false"));
    const Response refused = node.admin().Post("/v1/tokens", Good("v") + support::Revoke("t"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.body, HasSubstr("\"error\":\"replication\""));
    EXPECT_THAT(refused.body, HasSubstr("replication: only revocations are taken"));
    EXPECT_EQ(refused.Header("retry-after"), "1");
    const std::string answer = node.Introspect("t");
    EXPECT_THAT(answer, Not(HasSubstr("\"active\":true")));
    EXPECT_THAT(Status(node), HasSubstr("\"rows_owed\":1"));
    node.process().Signal(SIGKILL);
    ASSERT_TRUE(WaitUntil([&] { return !node.process().Running(); }, seconds(10)));
  }
  EXPECT_TRUE(other.IsActive("t"));
  proxy.SetMode(Proxy::Mode::kCarry);
  Node back(Config({.directory = data, .port = proxy.port()}));
  ASSERT_TRUE(Serves(back));
  EXPECT_EQ(back.Introspect("t"), support::kInactive);
  EXPECT_TRUE(BecomesInactive(other, "t")) << "nobody pushed it again";
  EXPECT_TRUE(back.IsActive("u"));
  EXPECT_TRUE(Says(back, "\"rows_owed\":0"));
}

TEST_F(ReplicationTest, ASlowLineMakesANodeLateAndNothingElse) {
  CreateSchema();
  Proxy proxy(log_.port());
  Node far(Config({.port = proxy.port(), .staleness_s = 60}));
  Node near(Config({}));
  ASSERT_TRUE(Serves(far) && Serves(near));
  proxy.SetMode(Proxy::Mode::kTrickle);
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += Good(fmt::format("t{}", i));  // some 40 KB
  ASSERT_EQ(near.Push(lines + support::Revoke("t0")).status, 200);
  EXPECT_EQ(far.Push(Good("far")).status, 200);
  EXPECT_TRUE(far.IsActive("far"));
  EXPECT_TRUE(WaitUntil([&] { return far.IsActive("t299"); }, seconds(30)));
  EXPECT_TRUE(BecomesInactive(far, "t0")) << "its row comes behind the other";
  EXPECT_TRUE(BecomesActive(near, "far"));
  EXPECT_TRUE(Says(far, "\"tokens\":300,\"revocations\":1"));
}

TEST_F(ReplicationTest, ALineThatBreaksAgainAndAgainLosesNothing) {
  CreateSchema();
  Proxy proxy(log_.port());
  Node far(Config({.port = proxy.port(), .staleness_s = 60}));
  Node near(Config({}));
  ASSERT_TRUE(Serves(far) && Serves(near));
  proxy.SetMode(Proxy::Mode::kBreak);
  constexpr int kEach = 40;
  for (int i = 0; i < kEach; ++i) {
    ASSERT_EQ(near.Push(Good(fmt::format("near{}", i))).status, 200);
    const std::string line = Good(fmt::format("far{}", i));
    // What is refused is pushed again, as any issuer would.
    ASSERT_TRUE(WaitUntil([&] { return far.Push(line).status == 200; }, seconds(20))) << i;
    EXPECT_TRUE(far.IsActive(fmt::format("far{}", i)));
  }
  EXPECT_TRUE(
      WaitUntil([&] { return far.Push(support::Revoke("near0")).status == 200; }, seconds(20)));
  proxy.SetMode(Proxy::Mode::kCarry);
  for (int i = 0; i < kEach; ++i) {
    EXPECT_TRUE(BecomesActive(near, fmt::format("far{}", i))) << i;
    if (i > 0) {
      EXPECT_TRUE(BecomesActive(far, fmt::format("near{}", i))) << i;
    }
  }
  EXPECT_TRUE(BecomesInactive(near, "near0"));
  EXPECT_EQ(far.Introspect("near0"), support::kInactive);
  EXPECT_TRUE(Says(far, fmt::format("\"tokens\":{},\"revocations\":1", 2 * kEach - 1)));
  EXPECT_TRUE(Says(near, fmt::format("\"tokens\":{},\"revocations\":1", 2 * kEach - 1)));
}

TEST_F(ReplicationTest, ATransactionThatCommitsLateIsNotPassedOverAndHoldsNobodyUp) {
  CreateSchema();
  Node node(Config({}));
  ASSERT_TRUE(Serves(node));
  Sql late(log_.Url());
  late.Exec("BEGIN");
  late.Query("SELECT introspectd.push($1)", {Good("late")});
  Sql never(log_.Url());
  never.Exec("BEGIN");
  never.Query("SELECT introspectd.push($1)", {Good("never")});
  ASSERT_EQ(node.Push(Good("pushed")).status, 200);
  Push(Good("at once"));
  EXPECT_TRUE(BecomesActive(node, "at once"));
  EXPECT_TRUE(node.IsActive("pushed"));
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(node.Introspect("late"), support::kInactive) << "it is not committed";
  late.Exec("COMMIT");
  EXPECT_TRUE(BecomesActive(node, "late"));
  never.Exec("ROLLBACK");
  Push(support::Revoke("late"));
  EXPECT_TRUE(BecomesInactive(node, "late"));
  EXPECT_EQ(node.Introspect("never"), support::kInactive);
}

TEST_F(ReplicationTest, ATransactionThatDiesWithTheServerLeavesNothing) {
  CreateSchema();
  Node node(Config({}));
  ASSERT_TRUE(Serves(node));
  Sql dying(log_.Url());
  dying.Exec("BEGIN");
  dying.Query("SELECT introspectd.push($1)", {Good("dead")});
  log_.Kill();
  log_.Start();
  Sql(log_.Url()).Query("SELECT introspectd.push($1)", {Good("after")});
  EXPECT_TRUE(BecomesActive(node, "after"));
  EXPECT_EQ(node.Introspect("dead"), support::kInactive);
  ASSERT_TRUE(Serves(node));
  EXPECT_EQ(node.Push(Good("again")).status, 200);
  Sql(log_.Url()).Query("SELECT introspectd.push($1)", {support::Revoke("after")});
  log_.CrashBackend();
  EXPECT_TRUE(BecomesInactive(node, "after"));
}

TEST_F(ReplicationTest, ARowIsTrimmedWhenNothingInItIsRemembered) {
  CreateSchema();
  Node node(Config({}));
  ASSERT_TRUE(Serves(node));
  ASSERT_EQ(node.Push(Good("alive")).status, 200);
  ASSERT_EQ(node.Push(R"({"op":"heartbeat"})").status, 200);
  ASSERT_EQ(RowsInLog(), "2");
  sql_.Exec("UPDATE introspectd.log SET ends = ends - 100000000");
  EXPECT_TRUE(WaitUntil([&] { return RowsInLog() == "1"; }, seconds(10)));
  EXPECT_TRUE(WaitUntil(
      [&] {
        return sql_.Value("SELECT ends > extract(epoch FROM now()) + 3600 FROM introspectd.log") ==
               "t";
      },
      seconds(10)))
      << "the store remembers the token until 300 s after its end";
  Node fresh(Config({}));
  ASSERT_TRUE(Serves(fresh));
  EXPECT_TRUE(fresh.IsActive("alive"));
}

TEST_F(ReplicationTest, ARowThatCannotBeReadIsNotPassedOver) {
  CreateSchema();
  Node node(Config({}));
  ASSERT_TRUE(Serves(node));
  sql_.Exec(
      "INSERT INTO introspectd.log (first_sequence, last_sequence, ends, lines)"
      " VALUES (1, 1, 5000000000, E'{\"op\":\"sing\"}\\n')");
  EXPECT_TRUE(NotReady(node));
  EXPECT_THAT(Status(node), HasSubstr("a line of the log cannot be read"));
}

TEST_F(ReplicationTest, AHeartbeatAndCompleteReachEveryNode) {
  CreateSchema();
  Node first(Config({.storage = "start = \"warm\""}));
  Node second(Config({.storage = "start = \"warm\"\nfeed_staleness_max_s = 3600"}));
  EXPECT_TRUE(Says(first, "waiting for"));
  EXPECT_EQ(second.StatusOf(Plane::kData, "/readyz"), 503);
  ASSERT_TRUE(Says(first, "\"writable\":true"));
  ASSERT_EQ(first.Push("{\"op\":\"heartbeat\"}\n{\"op\":\"complete\"}\n").status, 200);
  EXPECT_TRUE(Ready(first));
  EXPECT_TRUE(Ready(second));
  Node third(Config({.storage = "start = \"warm\""}));
  EXPECT_TRUE(Ready(third)) << "it was said, and is in the log";
}

}  // namespace
}  // namespace introspectd::system_test
