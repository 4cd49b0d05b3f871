#include "load/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace introspectd::load {
namespace {

TEST(HistogramTest, IsZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.AtQuantile(0.5), 0u);
}

TEST(HistogramTest, IsExactForSmallValues) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 128; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.count(), 128u);
  EXPECT_EQ(histogram.AtQuantile(1.0 / 128), 0u);
  EXPECT_EQ(histogram.AtQuantile(0.25), 31u);
  EXPECT_EQ(histogram.AtQuantile(0.5), 63u);
  EXPECT_EQ(histogram.AtQuantile(1.0), 127u);
}

TEST(HistogramTest, IsNeverTooLowAndLessThanOne64thTooHigh) {
  for (int power = 0; power < 64; ++power) {
    const std::uint64_t base = std::uint64_t{1} << power;
    for (const std::uint64_t value : {base - 1, base, base + 1, base + base / 3}) {
      Histogram histogram;
      histogram.Record(value);
      histogram.Record(std::numeric_limits<std::uint64_t>::max());  // so that max() does not help
      const std::uint64_t read = histogram.AtQuantile(0.5);
      EXPECT_GE(read, value);
      EXPECT_LE(read - value, value / 64) << value;
    }
  }
}

TEST(HistogramTest, KeepsTheMaximumExactly) {
  Histogram histogram;
  histogram.Record(1'000'003);
  histogram.Record(17);
  EXPECT_EQ(histogram.max(), 1'000'003u);
  EXPECT_EQ(histogram.AtQuantile(1.0), 1'000'003u);
}

TEST(HistogramTest, RanksAsCounted) {
  Histogram histogram;
  for (int i = 0; i < 990; ++i) histogram.Record(10);
  for (int i = 0; i < 9; ++i) histogram.Record(20);
  histogram.Record(30);
  EXPECT_EQ(histogram.AtQuantile(0.99), 10u);
  EXPECT_EQ(histogram.AtQuantile(0.9901), 20u);
  EXPECT_EQ(histogram.AtQuantile(0.999), 20u);
  EXPECT_EQ(histogram.AtQuantile(0.9991), 30u);
}

TEST(HistogramTest, FollowsAUniformSpread) {
  Histogram histogram;
  constexpr std::uint64_t kCount = 1'000'000;
  for (std::uint64_t i = 1; i <= kCount; ++i) histogram.Record(i);
  for (const double quantile : {0.1, 0.5, 0.9, 0.99, 0.999}) {
    const double expected = quantile * static_cast<double>(kCount);
    const auto read = static_cast<double>(histogram.AtQuantile(quantile));
    EXPECT_GE(read, expected);
    EXPECT_LE(read, expected * 65 / 64);
  }
}

TEST(HistogramTest, MergedIsAsIfRecordedTogether) {
  Histogram one;
  Histogram other;
  Histogram together;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::uint64_t value = i * i * 37 % 100'003;
    (i % 3 == 0 ? one : other).Record(value);
    together.Record(value);
  }
  one.Merge(other);
  EXPECT_EQ(one.count(), together.count());
  EXPECT_EQ(one.max(), together.max());
  for (int i = 1; i <= 1000; ++i)
    EXPECT_EQ(one.AtQuantile(i / 1000.0), together.AtQuantile(i / 1000.0));
}

}  // namespace
}  // namespace introspectd::load
