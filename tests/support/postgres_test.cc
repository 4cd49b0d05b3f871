// The PostgreSQL that tests run does what they ask of it.

#include "support/postgres.h"

#include <gtest/gtest.h>

#include <future>

#include "support/sql.h"

namespace introspectd::support {
namespace {

constexpr const char* kCount = "SELECT count(*) FROM t";

class PostgresTest : public ::testing::Test {
 protected:
  PostgresTest() { Sql(server_.Url()).Exec("CREATE TABLE t AS SELECT 1 AS n"); }
  std::string Rows(const Postgres& server) { return Sql(server.Url()).Value(kCount); }

  Postgres server_;
};

TEST_F(PostgresTest, KeepsItsDataWhenItIsStoppedOrKilled) {
  server_.Stop();
  EXPECT_THROW(Sql{server_.Url()}, SqlError);
  server_.Start();
  EXPECT_EQ(Rows(server_), "1");
  Sql sql(server_.Url());
  server_.Kill();
  EXPECT_THROW(sql.Exec("SELECT 1"), SqlError);
  server_.Start();
  EXPECT_EQ(Rows(server_), "1");
  EXPECT_NE(server_.log().find("not properly shut down"), std::string::npos);
}

TEST_F(PostgresTest, RecoversFromTheCrashOfABackend) {
  Sql other(server_.Url());
  server_.CrashBackend();
  EXPECT_THROW(other.Exec("SELECT 1"), SqlError);
  EXPECT_EQ(Rows(server_), "1");
}

TEST_F(PostgresTest, StandsStillUntilItIsContinued) {
  Sql sql(server_.Url());
  server_.Pause();
  auto answer = std::async(std::launch::async, [&sql] { return sql.Value(kCount); });
  EXPECT_EQ(answer.wait_for(milliseconds(200)), std::future_status::timeout);
  server_.Continue();
  EXPECT_EQ(answer.get(), "1");
}

TEST_F(PostgresTest, AStandbyFollowsAndTakesOver) {
  const auto standby = server_.MakeStandby(false);
  Sql(server_.Url()).Exec("INSERT INTO t VALUES (2)");
  EXPECT_TRUE(WaitUntil([&] { return Rows(*standby) == "2"; }));
  EXPECT_THROW(Sql(standby->Url()).Exec("INSERT INTO t VALUES (3)"), SqlError);
  server_.Kill();
  standby->Promote();
  Sql(standby->Url()).Exec("INSERT INTO t VALUES (3)");
  EXPECT_EQ(Rows(*standby), "3");
}

TEST_F(PostgresTest, CommitsWaitForASynchronousStandby) {
  const auto standby = server_.MakeStandby(true);
  Sql sql(server_.Url());
  standby->Pause();
  auto commit = std::async(std::launch::async, [&sql] { sql.Exec("INSERT INTO t VALUES (2)"); });
  EXPECT_EQ(commit.wait_for(milliseconds(200)), std::future_status::timeout);
  standby->Continue();
  commit.get();
}

}  // namespace
}  // namespace introspectd::support
