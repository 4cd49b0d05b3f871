#include "replica/log_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "introspectd/store.h"
#include "replica/memory_notes.h"
#include "update/store_target.h"

namespace introspectd::replica {
namespace {

constexpr UnixSeconds kAt = 1'700'000'000;
const Now kNow{.wall_us = kAt * kMicrosPerSecond, .boot_ms = 1};
constexpr std::int64_t kKeep_s = 100;

class LogFeedTest : public testing::Test {
 protected:
  LogRow Revocations(int count) {
    LogRow row{.id = NewId(), .ends = kAt + 1000};
    for (int i = 0; i < count; ++i) {
      const token::RevokeToken revoke{.digest = TokenDigest::Of(std::to_string(next_++)),
                                      .sequence = next_,
                                      .memory = {false, kAt + 500}};
      row.Count(update::AppendUpdate(revoke, kAt, row.lines), next_);
    }
    return row;
  }
  std::uint64_t revoked() { return store_.status().revocations; }
  std::size_t kept(std::string_view prefix) { return notes_.Read(prefix, "", 1 << 20).size(); }

  std::uint64_t next_ = 0;
  Store store_{{.issuer = "https://i/", .token_lifetime_max_s = 1000}};
  update::StoreTarget target_{store_.writer()};
  update::Pipeline pipeline_{target_};
  update::Parser parser_{{.issuer = "https://i/", .token_lifetime_max_s = 1000}};
  MemoryNotes notes_;
  int wakes_ = 0;
  int completes_ = 0;
  LogFeed feed_{pipeline_,
                target_,
                parser_,
                notes_,
                kKeep_s,
                {.wake = [this] { ++wakes_; },
                 .progressed = [] {},
                 .heartbeat = [] {},
                 .complete = [this] { ++completes_; }}};
};

TEST_F(LogFeedTest, TellsWhenAllThatWasAppendedIsVisible) {
  std::vector<std::uint64_t> seen;
  feed_.AfterAll([&] { seen.push_back(revoked()); });
  EXPECT_THAT(seen, testing::ElementsAre(0u)) << "there is nothing to wait for";
  feed_.Append(Revocations(3), kNow);
  feed_.AfterAll([&] { seen.push_back(revoked()); });
  feed_.Append(Revocations(2), kNow);
  feed_.AfterAll([&] { seen.push_back(revoked()); });
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_FALSE(feed_.idle());
  EXPECT_EQ(wakes_, 2);
  while (pipeline_.Turn(kNow)) {
  }
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_GE(seen[1], 3u);
  EXPECT_EQ(seen[2], 5u);
  EXPECT_TRUE(feed_.idle());
}

TEST_F(LogFeedTest, KeepsRowsForAWhileAndThoseThatAreOwedUntilTheyAreNot) {
  feed_.Append(Revocations(1), kNow);
  EXPECT_EQ(kept(kRowPrefix), 1u);
  EXPECT_EQ(kept(kOwedPrefix), 0u);
  feed_.Append(Revocations(1), kNow, true);
  EXPECT_EQ(kept(kRowPrefix), 2u);
  EXPECT_EQ(kept(kOwedPrefix), 1u);
  EXPECT_EQ(notes_.Read(kRowPrefix, "", 1).front().end, kAt + kKeep_s);
  LogRow over = Revocations(1);
  over.ends = kAt;
  feed_.Append(over, kNow);
  EXPECT_EQ(kept(kRowPrefix), 2u) << "nobody will need it";
}

TEST_F(LogFeedTest, IsFullWhenTooMuchWaits) {
  while (!feed_.full()) feed_.Append(Revocations(1000), kNow);
  while (pipeline_.Turn(kNow)) {
  }
  EXPECT_FALSE(feed_.full());
  EXPECT_EQ(revoked(), next_);
}

TEST_F(LogFeedTest, ALineThatCannotBeReadIsSaid) {
  EXPECT_EQ(feed_.WhatIsWrong(), "");
  feed_.Append({.id = "i", .ends = kAt + 1, .lines = "{\"op\":\"sing\"}\n", .line_count = 1}, kNow);
  while (pipeline_.Turn(kNow)) {
  }
  EXPECT_THAT(feed_.WhatIsWrong(), testing::HasSubstr("unknown op"));
}

TEST_F(LogFeedTest, CompleteIsToldOnce) {
  for (int i = 0; i < 2; ++i) {
    feed_.Append({.id = "i", .ends = kAt, .lines = "{\"op\":\"complete\"}\n", .line_count = 1},
                 kNow);
    while (pipeline_.Turn(kNow)) {
    }
  }
  EXPECT_EQ(completes_, 1);
}

}  // namespace
}  // namespace introspectd::replica
