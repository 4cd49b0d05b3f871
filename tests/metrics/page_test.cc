#include "metrics/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/metrics_text.h"

namespace introspectd::metrics {
namespace {

TEST(PageTest, WritesTheTextFormat) {
  Page page;
  page.Gauge("tokens", "How many.").Is(3);
  page.Counter("answers_total", "Of all.").Is("result", "active", 9'007'199'254'740'991);
  page.Is("result", "a\"\\\nb", 0);
  EXPECT_EQ(page.Text(),
            "# HELP introspectd_tokens How many.\n"
            "# TYPE introspectd_tokens gauge\n"
            "introspectd_tokens 3\n"
            "# HELP introspectd_answers_total Of all.\n"
            "# TYPE introspectd_answers_total counter\n"
            "introspectd_answers_total{result=\"active\"} 9007199254740991\n"
            "introspectd_answers_total{result=\"a\\\"\\\\\\nb\"} 0\n");
}

TEST(PageTest, WritesSeveralLabels) {
  Page page;
  page.Gauge("g", "G.").Is({{"client", "a\\\"\n{},=é"}, {"result", "x"}}, 1.5);
  const support::MetricsText metrics(page.Text());
  EXPECT_THAT(metrics.problems(), testing::IsEmpty());
  EXPECT_EQ(metrics.Value("introspectd_g", {{"client", "a\\\"\n{},=é"}, {"result", "x"}}), 1.5);
}

TEST(PageTest, WritesHistograms) {
  Page page;
  constexpr double kBounds[] = {0.001, 0.01};
  constexpr std::uint64_t kCounts[] = {3, 0, 2};
  page.Histogram("t_seconds", "T.").Has(kBounds, kCounts, 0.25);
  EXPECT_EQ(page.Text(),
            "# HELP introspectd_t_seconds T.\n"
            "# TYPE introspectd_t_seconds histogram\n"
            "introspectd_t_seconds_count 5\n"
            "introspectd_t_seconds_sum 0.25\n"
            "introspectd_t_seconds_bucket{le=\"0.001\"} 3\n"
            "introspectd_t_seconds_bucket{le=\"0.01\"} 3\n"
            "introspectd_t_seconds_bucket{le=\"+Inf\"} 5\n");
  EXPECT_THAT(support::MetricsText(page.Text()).problems(), testing::IsEmpty());
}

TEST(PageTest, MayBeEmpty) { EXPECT_EQ(Page().Text(), ""); }

}  // namespace
}  // namespace introspectd::metrics
