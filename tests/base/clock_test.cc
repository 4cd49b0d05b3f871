#include "base/clock.h"

#include <gtest/gtest.h>

#include <memory>

namespace introspectd::base {
namespace {

constexpr UnixMicros kHour_us = 3600 * kMicrosPerSecond;

TEST(ClockTest, ReadsTheWallBetweenTwoReadingsOfIt) {
  const WallFloor floor;
  Clock clock(&floor);
  const UnixMicros before = ReadWallMicros();
  const Now now = clock.Read();
  EXPECT_GE(now.wall_us, before);
  EXPECT_LE(now.wall_us, ReadWallMicros());
}

TEST(ClockTest, ReadsTheBootClockInMilliseconds) {
  const WallFloor floor;
  Clock clock(&floor);
  const std::int64_t before = ReadBootMillis();
  const Now now = clock.Read();
  EXPECT_GT(before, 0);
  EXPECT_GE(now.boot_ms, before);
  EXPECT_LE(now.boot_ms, ReadBootMillis());
}

TEST(ClockTest, NeverReadsLessThanTheFloor) {
  WallFloor floor;
  Clock clock(&floor);
  const UnixMicros ahead = ReadWallMicros() + kHour_us;
  floor.Raise(ahead);
  EXPECT_EQ(clock.Read().wall_us, ahead);
}

TEST(ClockTest, StaysWhereItWasWhileTheWallIsBehind) {
  auto floor = std::make_unique<WallFloor>();
  const UnixMicros ahead = ReadWallMicros() + kHour_us;
  floor->Raise(ahead);
  Clock clock(floor.get());
  EXPECT_EQ(clock.Read().wall_us, ahead);  // from now on the wall is an hour behind what was read
  std::construct_at(floor.get());          // and nothing but the clock itself knows of it
  EXPECT_EQ(clock.Read().wall_us, ahead);
}

TEST(WallFloorTest, OnlyRises) {
  WallFloor floor;
  EXPECT_EQ(floor.value(), 0);
  floor.Raise(10);
  floor.Raise(5);
  EXPECT_EQ(floor.value(), 10);
  floor.Raise(11);
  EXPECT_EQ(floor.value(), 11);
}

TEST(NowTest, SecondsAreWholeOnes) {
  EXPECT_EQ((Now{.wall_us = 1'999'999}.seconds()), 1);
  EXPECT_EQ((Now{.wall_us = 2'000'000}.seconds()), 2);
}

TEST(MicrosBetweenTest, TheWallClockSaysHowManyAndTheBootClockWhetherThatCanBe) {
  const Now then{.wall_us = 1'000'000, .boot_ms = 500};
  const auto after = [&](std::int64_t wall_us, std::int64_t boot_ms) {
    return MicrosBetween(then, {then.wall_us + wall_us, then.boot_ms + boot_ms});
  };
  EXPECT_EQ(after(0, 0), 0);
  EXPECT_EQ(after(17, 0), 17);
  EXPECT_EQ(after(999, 1), 999);
  EXPECT_EQ(after(1'500, 2), 1'500);
  EXPECT_EQ(after(3'600'000'000, 0), 1'000) << "set forward";
  EXPECT_EQ(after(0, 20), 19'000) << "set back, and so it stands still";
}

TEST(ThreadCpuTest, GoesForwardWhileTheThreadWorks) {
  const std::int64_t before = ReadThreadCpuMicros();
  while (ReadThreadCpuMicros() < before + 2'000) {
  }
  SUCCEED();
}

}  // namespace
}  // namespace introspectd::base
