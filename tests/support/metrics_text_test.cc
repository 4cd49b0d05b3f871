#include "support/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace introspectd::support {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kGood =
    "# HELP introspectd_a_total Some.\n"
    "# TYPE introspectd_a_total counter\n"
    "introspectd_a_total{x=\"1\"} 3\n"
    "introspectd_a_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 4.5e+3\n"
    "# HELP introspectd_t_seconds Times.\n"
    "# TYPE introspectd_t_seconds histogram\n"
    "introspectd_t_seconds_count 2\n"
    "introspectd_t_seconds_sum 0.5\n"
    "introspectd_t_seconds_bucket{le=\"0.1\"} 1\n"
    "introspectd_t_seconds_bucket{le=\"+Inf\"} 2\n";

TEST(MetricsTextTest, ReadsWhatIsGood) {
  const MetricsText metrics(kGood);
  EXPECT_THAT(metrics.problems(), IsEmpty());
  EXPECT_EQ(metrics.Value("introspectd_a_total", {{"x", "1"}}), 3);
  EXPECT_EQ(metrics.Value("introspectd_a_total", {{"x", "a\"b\\c\nd"}, {"y", ""}}), 4500);
  EXPECT_EQ(metrics.Value("introspectd_a_total"), std::nullopt);
  EXPECT_EQ(metrics.Value("introspectd_t_seconds_count"), 2);
  EXPECT_EQ(metrics.Count("introspectd_a_total"), 2u);
  EXPECT_EQ(metrics.Counters().size(), 6u);
}

std::string Family(std::string_view name, std::string_view type, std::string_view samples) {
  const std::string metric = "introspectd_" + std::string(name);
  return "# HELP " + metric + " Some.\n# TYPE " + metric + " " + std::string(type) + "\n" +
         std::string(samples);
}

TEST(MetricsTextTest, FindsWhatIsWrong) {
  struct Wrong {
    std::string text;
    std::string_view problem;
  };
  const std::string bucket = "introspectd_t_seconds_bucket";
  const Wrong kWrong[] = {
      {"introspectd_a 1\n", "outside of its family"},
      {"# TYPE introspectd_a gauge\nintrospectd_a 1\n", "does not follow its HELP"},
      {Family("a", "gauge", "introspectd_b 1\n"), "outside of its family"},
      {Family("a", "gauge", "introspectd_a 1\nintrospectd_a 2\n"), "a series twice"},
      {Family("a", "gauge", "") + Family("a", "gauge", ""), "a family twice"},
      {Family("a", "counter", "introspectd_a 1\n"), "end in _total"},
      {Family("a_total", "gauge", ""), "end in _total"},
      {Family("a_ms", "gauge", ""), "not a base unit"},
      {Family("a_bytes_max", "gauge", ""), "not at its end"},
      {Family("A", "gauge", ""), "no name of ours"},
      {Family("a", "summary", ""), "of no type"},
      {Family("a", "gauge", "introspectd_a{x=1} 1\n"), "broken labels"},
      {Family("a", "gauge", "introspectd_a{x=\"\\t\"} 1\n"), "broken labels"},
      {Family("a", "gauge", "introspectd_a{x=\"1\",x=\"2\"} 1\n"), "broken labels"},
      {Family("a", "gauge", "introspectd_a x\n"), "no number"},
      {Family("a", "gauge", "introspectd_a 1"), "does not end with a line end"},
      {Family("a_total", "counter", "introspectd_a_total -1\n"), "a count that is none"},
      {Family("t_seconds", "histogram", bucket + "{le=\"1\"} 2\n" + bucket + "{le=\"+Inf\"} 1\n"),
       "go down"},
      {Family("t_seconds", "histogram", bucket + "{le=\"1\"} 2\n"), "no bucket for all"},
      {Family("t_seconds", "histogram", bucket + "{le=\"+Inf\"} 1\n"), "its count is not"},
  };
  for (const Wrong& wrong : kWrong) {
    EXPECT_THAT(MetricsText(wrong.text).problems(), Contains(HasSubstr(wrong.problem)))
        << wrong.text;
  }
}

}  // namespace
}  // namespace introspectd::support
