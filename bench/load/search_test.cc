#include "load/search.h"

#include <gtest/gtest.h>

#include "load/schedule.h"

namespace introspectd::load {
namespace {

TEST(TargetTest, SaysWhichQuantileMayNotExceedWhat) {
  const auto target = Target::Parse("p99.9=250us");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->quantile, 0.999);
  EXPECT_EQ(target->latency_max, 250'000u);
  EXPECT_EQ(Target::Parse("p50=2s")->latency_max, 2 * kNanosPerSecond);
  for (const char* wrong :
       {"", "p99", "p99=", "p99=1", "p98=1ms", "p99=0ms", "p99=-1ms", "p99=1h"}) {
    EXPECT_FALSE(Target::Parse(wrong).ok()) << wrong;
  }
}

TEST(ScheduleTest, PartsTogetherAreTheWhole) {
  const Schedule whole(1000, 7);
  for (std::size_t of = 1; of <= 4; ++of) {
    for (std::uint64_t i = 0; i < 40; ++i) {
      const Schedule part(1000, 7, {.number = i % of, .of = of});
      EXPECT_EQ(part.DueAt(i / of), whole.DueAt(i)) << of;
    }
  }
}

TEST(ValidTest, ALateGeneratorIsNot) {
  Outcome outcome;
  for (int i = 0; i < 990; ++i) outcome.lateness.Record(1000);
  for (int i = 0; i < 10; ++i) outcome.lateness.Record(kNanosPerSecond);
  EXPECT_TRUE(IsValid(outcome));
  outcome.lateness.Record(kNanosPerSecond);
  EXPECT_FALSE(IsValid(outcome));
}

TEST(OutcomeTest, ThreadsAddUp) {
  Outcome one;
  one.answered = 3;
  one.window = 2;
  one.latency.Record(5);
  one.timeline.resize(1);
  one.timeline[0].answered = 3;
  Outcome other = one;
  other.wrong = 1;
  other.first_failure = "why";
  other.timeline.resize(2);
  other.timeline[1].latency.Record(9);
  one.Merge(other);
  EXPECT_EQ(one.answered, 6u);
  EXPECT_EQ(one.window, 2u);
  EXPECT_EQ(one.latency.count(), 2u);
  EXPECT_EQ(one.wrong, 1u);
  EXPECT_EQ(one.first_failure, "why");
  ASSERT_EQ(one.timeline.size(), 2u);
  EXPECT_EQ(one.timeline[0].answered, 6u);
  EXPECT_EQ(one.timeline[1].latency.max(), 9u);
}

}  // namespace
}  // namespace introspectd::load
