#include "base/histogram.h"

#include <gtest/gtest.h>

#include <numeric>

namespace introspectd::base {
namespace {

Histogram::Reading Read(const Histogram& histogram) {
  Histogram::Reading reading;
  histogram.ReadInto(reading);
  return reading;
}

TEST(HistogramTest, ABoundBelongsToItsBucket) {
  for (std::size_t i = 0; i < Histogram::kBounds_us.size(); ++i) {
    Histogram histogram;
    histogram.Add(Histogram::kBounds_us[i]);
    histogram.Add(Histogram::kBounds_us[i] + 1);
    EXPECT_EQ(Read(histogram).counts[i], 1u) << i;
    EXPECT_EQ(Read(histogram).counts[i + 1], 1u) << i;
  }
}

TEST(HistogramTest, TakesNothingAndEverything) {
  Histogram histogram;
  histogram.Add(0, 3);
  histogram.Add(INT64_MAX / 4, 2);
  EXPECT_EQ(Read(histogram).counts.front(), 3u);
  EXPECT_EQ(Read(histogram).counts.back(), 2u);
  EXPECT_EQ(Read(histogram).sum_us, static_cast<std::uint64_t>(INT64_MAX / 4) * 2);
}

TEST(HistogramTest, SeveralAddUp) {
  Histogram a;
  Histogram b;
  a.Add(20, 5);
  b.Add(20, 2);
  b.Add(600);
  Histogram::Reading sum;
  a.ReadInto(sum);
  b.ReadInto(sum);
  EXPECT_EQ(std::accumulate(sum.counts.begin(), sum.counts.end(), std::uint64_t{0}), 8u);
  EXPECT_EQ(sum.counts[1], 7u);
  EXPECT_EQ(sum.sum_us, 740u);
}

}  // namespace
}  // namespace introspectd::base
