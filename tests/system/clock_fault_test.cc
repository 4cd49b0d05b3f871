// A wall clock that is set, or wrong at the start (D13). What is promised: time never runs
// backwards within a process, a revocation is final, and a clock that was wrong for a moment costs
// nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "fmt/format.h"
#include "support/postgres.h"
#include "support/proxy.h"
#include "support/wait_until.h"
#include "system/faulty_node.h"

namespace introspectd::system_test {
namespace {

using support::Revoke;

constexpr std::int64_t kDay_s = 24 * 60 * 60;
constexpr std::int64_t kYear_s = 365 * kDay_s;

std::string Good(std::string_view token) { return Upsert(token, GoodClaims()); }

class ClockFaultTest : public testing::Test {
 protected:
  void SetClock(Node& node, std::int64_t ahead_s) {
    const std::string before = node.process().log();
    disk_.faults().clock_ahead_s = ahead_s;
    const auto noticed = [&] {
      return node.process().log().find("the wall clock was set", before.size()) !=
             std::string::npos;
    };
    ASSERT_TRUE(support::WaitUntil(noticed)) << node.process().log();
  }

  FaultyDisk disk_;
};

TEST_F(ClockFaultTest, ATokenThatHasEndedStaysSoWhenTheClockGoesBack) {
  const auto node = disk_.Start();
  ASSERT_EQ(node->Push(Good("t")).status, 200);
  ASSERT_TRUE(node->IsActive("t"));
  SetClock(*node, kDay_s);
  EXPECT_FALSE(node->IsActive("t"));
  SetClock(*node, 0);
  EXPECT_FALSE(node->IsActive("t"));
  SetClock(*node, -kYear_s);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(node->IsActive("t")) << i;  // whichever worker it is
}

TEST_F(ClockFaultTest, AClockThatWasWrongForAMomentLosesNothing) {
  const auto node = disk_.Start();
  constexpr int kTokens = 2000;  // a second's sweep would find some twenty of them
  std::string lines = Good("kept") + Good("revoked") + Revoke("revoked");
  for (int i = 1; i < kTokens; ++i) lines += Good("t" + std::to_string(i));
  ASSERT_EQ(node->Push(lines).status, 200);
  SetClock(*node, kYear_s);
  EXPECT_FALSE(node->IsActive("kept"));
  std::this_thread::sleep_for(support::seconds(1));
  EXPECT_THAT(node->admin().Get("/v1/status").body,
              testing::HasSubstr("\"tokens\":" + std::to_string(kTokens) + ","));
  SetClock(*node, 0);
  Kill(*node);
  const auto again = disk_.Start();
  EXPECT_TRUE(again->IsActive("kept"));
  EXPECT_FALSE(again->IsActive("revoked"));
}

TEST_F(ClockFaultTest, AStartWithAClockThatIsBehindBringsNoRevokedTokenBack) {
  std::int64_t sequence = 0;
  {
    const auto node = disk_.Start();
    ASSERT_EQ(node->Push(Good("kept") + Good("revoked") + Revoke("revoked") + Revoke("early") +
                         Upsert("ruled", GoodClaims(R"("sub":"ruled",)")))
                  .status,
              200);
    sequence = node->Push(R"({"op":"revoke","sub":"ruled"})").sequence;
    ASSERT_GT(sequence, 0);
  }
  disk_.faults().clock_ahead_s = -kYear_s;
  {
    const auto node = disk_.Start();
    EXPECT_TRUE(node->IsActive("kept"));
    EXPECT_FALSE(node->IsActive("revoked"));
    EXPECT_FALSE(node->IsActive("ruled"));
    const std::int64_t exp = support::StartSeconds() - kYear_s + 600;
    const std::string upsert = Upsert("early", R"({"exp":)" + std::to_string(exp) + "}");
    EXPECT_GT(node->Push(upsert).sequence, sequence) << "sequences go on";
    EXPECT_FALSE(node->IsActive("early"));
  }
  disk_.faults().clock_ahead_s = 0;
  const auto node = disk_.Start();
  EXPECT_TRUE(node->IsActive("kept"));
  for (const char* token : {"revoked", "ruled", "early"}) EXPECT_FALSE(node->IsActive(token));
}

TEST_F(ClockFaultTest, AStartWithAClockThatIsAheadTakesNothingForGood) {
  {
    const auto node = disk_.Start();
    ASSERT_EQ(node->Push(Good("ended") + Good("revoked") + Revoke("revoked")).status, 200);
  }
  disk_.faults().clock_ahead_s = kYear_s;
  {
    const auto node = disk_.Start();
    EXPECT_FALSE(node->IsActive("ended"));
    EXPECT_FALSE(node->IsActive("revoked"));
  }
  disk_.faults().clock_ahead_s = 0;
  EXPECT_FALSE(disk_.Start()->IsActive("revoked"));
}

// The clock that counts suspended time jumps, and what other nodes did meanwhile is in a log that
// does not answer yet.
TEST_F(ClockFaultTest, ANodeThatWasSuspendedDoesNotAnswerFromBefore) {
  const support::Postgres log;
  support::Proxy proxy(log.port());
  const auto node = disk_.Start(fmt::format(
      "[replication]\nurl = \"postgresql://postgres@127.0.0.1:{}/postgres\"\ncreate_schema = true\n"
      "staleness_max_s = 20\n",
      proxy.port()));
  const auto ready = [&] { return node->StatusOf(Plane::kData, "/readyz") == 200; };
  const auto pushed = [&] { return node->Push(Good("t")).status == 200; };
  ASSERT_TRUE(support::WaitUntil(pushed, support::seconds(20)));
  ASSERT_TRUE(node->IsActive("t"));
  proxy.SetMode(support::Proxy::Mode::kSwallow);
  disk_.faults().boot_clock_ahead_s = 60;
  disk_.faults().clock_ahead_s = 60;
  const Response asked = node->Ask({.body = "token=t"});
  EXPECT_EQ(asked.status, 503) << asked.body;
  EXPECT_FALSE(ready());
  proxy.SetMode(support::Proxy::Mode::kCarry);
  EXPECT_TRUE(support::WaitUntil(ready, support::seconds(20)));
  EXPECT_TRUE(node->IsActive("t"));
}

}  // namespace
}  // namespace introspectd::system_test
