#include "config/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/options.h"
#include "config/sample.h"
#include "text/ascii.h"

namespace introspectd::config {
namespace {

using testing::HasSubstr;

void ExpectTable(std::string_view text, std::ptrdiff_t columns) {
  while (!text.empty()) {
    const std::string_view line = text::TakeUntil(text, '\n');
    EXPECT_EQ(std::ranges::count(line, '|'), columns + 1) << line;
  }
}

TEST(MarkdownTest, EveryKeyIsInOneOfTheTables) {
  const std::string options = OptionsMarkdown();
  const std::string limits = LimitsMarkdown();
  for (const Section& section : Sections()) {
    for (const Option& option : section.options) {
      if (section.name.starts_with("limits")) {
        EXPECT_THAT(limits, HasSubstr(Join("| `", option.name, "` |")));
      } else {
        EXPECT_THAT(options, HasSubstr(Join("| `", section.Header(), " ", option.name, "` |")));
      }
    }
  }
}

TEST(MarkdownTest, TablesAreTables) {
  ExpectTable(OptionsMarkdown(), 5);
  ExpectTable(LimitsMarkdown(), 6);
}

TEST(MarkdownTest, RowsSayWhatTheTableSays) {
  const std::string options = OptionsMarkdown();
  EXPECT_THAT(options, HasSubstr("| `[server] workers` | `0` | 0 to 1024 | no | event loops; 0 = "
                                 "one per usable core |\n"));
  EXPECT_THAT(options, HasSubstr("| `[storage] start` | `\"ready\"` | ready, warm | no |"));
  EXPECT_THAT(options, HasSubstr("| `[[clients]] id` | required | a string | yes |"));
  const std::string limits = LimitsMarkdown();
  EXPECT_THAT(limits, HasSubstr("| `connections_max` | 20000 | 256 | 1 to 1000000 connections | "
                                "yes | open connections |\n"));
  EXPECT_THAT(limits,
              HasSubstr("| `token_bytes_max` | 16384 | – | 16 to 1048576 bytes | yes | token;"));
  EXPECT_THAT(limits, HasSubstr("time for a whole body; admin: time between two reads"));
}

}  // namespace
}  // namespace introspectd::config
