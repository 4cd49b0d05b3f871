#include "metrics/page.h"

#include <gtest/gtest.h>

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

TEST(PageTest, MayBeEmpty) { EXPECT_EQ(Page().Text(), ""); }

}  // namespace
}  // namespace introspectd::metrics
