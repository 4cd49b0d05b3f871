#include "server/scan_watch.h"

#include <gtest/gtest.h>

namespace introspectd::server {
namespace {

using Change = ScanWatch::Change;

// A client that asks `answers` times a second, of which `inactive` are.
class Client {
 public:
  Change Second(std::uint64_t answers, std::uint64_t inactive) {
    total_.answers += answers;
    total_.inactive += inactive;
    return watch.Tick(total_);
  }
  // Of all the changes in so many seconds, the last.
  Change Seconds(int count, std::uint64_t answers, std::uint64_t inactive) {
    Change last = Change::kNone;
    for (int i = 0; i < count; ++i) {
      const Change change = Second(answers, inactive);
      if (change == Change::kNone) continue;
      ++changes;
      last = change;
    }
    return last;
  }

  ScanWatch watch;
  int changes = 0;

 private:
  ScanWatch::Counted total_;
};

TEST(ScanWatchTest, SaysOnceThatItBeganAndOnceThatItIsOver) {
  Client client;
  EXPECT_EQ(client.Seconds(600, 1000, 20), Change::kNone);
  EXPECT_EQ(client.Seconds(60, 5000, 4020), Change::kBegan);
  EXPECT_EQ(client.changes, 1);
  EXPECT_TRUE(client.watch.high());
  EXPECT_NEAR(client.watch.window().share(), 0.8, 0.01);
  EXPECT_NEAR(client.watch.usual(), 0.02, 0.03);
  EXPECT_EQ(client.Seconds(60, 1000, 20), Change::kOver);
  EXPECT_EQ(client.changes, 2);
  EXPECT_FALSE(client.watch.high());
  EXPECT_GE(client.watch.lasted_s(), 55u);
  EXPECT_LE(client.watch.lasted_s(), 70u);
}

TEST(ScanWatchTest, NoticesItInTheFirstSecondsOfAProcess) {
  Client client;
  EXPECT_EQ(client.Seconds(3, 100, 90), Change::kBegan);
}

TEST(ScanWatchTest, AFewDeadTokensSayNothing) {
  Client client;
  EXPECT_EQ(client.Seconds(600, 19, 19), Change::kNone);
  EXPECT_EQ(client.Seconds(600, 20, 20), Change::kBegan);
}

TEST(ScanWatchTest, IsOverWhenNobodyAsksAnyMore) {
  Client client;
  ASSERT_EQ(client.Seconds(20, 1000, 1000), Change::kBegan);
  EXPECT_EQ(client.Seconds(20, 0, 0), Change::kOver);
  EXPECT_EQ(client.changes, 2);
}

TEST(ScanWatchTest, DoesNotFlicker) {
  Client client;
  client.Seconds(30, 1000, 510);
  for (int i = 0; i < 20; ++i) {  // not for so long that it becomes usual
    client.Seconds(10, 1000, 450);
    client.Seconds(10, 1000, 520);
  }
  EXPECT_EQ(client.changes, 1);
}

TEST(ScanWatchTest, WhatLastsBecomesUsual) {
  Client client;
  EXPECT_EQ(client.Seconds(3 * 3600, 100, 70), Change::kOver);
  EXPECT_EQ(client.changes, 2);
  EXPECT_EQ(client.Seconds(600, 100, 75), Change::kNone);
  // Much more than that is a jump again.
  EXPECT_EQ(client.Seconds(30, 100, 99), Change::kBegan);
}

TEST(ScanWatchTest, HalfIsNotMuch) {
  Client client;
  EXPECT_EQ(client.Seconds(600, 1000, 500), Change::kNone);
}

}  // namespace
}  // namespace introspectd::server
