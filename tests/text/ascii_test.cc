#include "text/ascii.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace introspectd::text {
namespace {

TEST(AsciiTest, LowersLettersAndNothingElse) {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool upper = c >= 'A' && c <= 'Z';
    EXPECT_EQ(ToLower(c), upper ? static_cast<char>(c - 'A' + 'a') : c) << i;
    EXPECT_EQ(IsDigit(c), i >= '0' && i <= '9') << i;
  }
}

TEST(AsciiTest, ComparesWithoutCase) {
  EXPECT_TRUE(EqualsIgnoreCase("BeArEr", "bearer"));
  EXPECT_TRUE(EqualsIgnoreCase("", ""));
  EXPECT_FALSE(EqualsIgnoreCase("bearer ", "bearer"));
  EXPECT_FALSE(EqualsIgnoreCase("beare", "bearer"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`")) << "32 apart, but no letters";
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
}

TEST(AsciiTest, TrimsOptionalWhiteSpaceOfHttp) {
  EXPECT_EQ(TrimOws(" \t a b\t "), "a b");
  EXPECT_EQ(TrimOws(" \t "), "");
  EXPECT_EQ(TrimOws(""), "");
  EXPECT_EQ(TrimOws("\n a"), "\n a") << "a line end is none";
}

TEST(AsciiTest, TakesPartsUpToASeparator) {
  std::string_view rest = "a,,b";
  EXPECT_EQ(TakeUntil(rest, ','), "a");
  EXPECT_EQ(rest, ",b");
  EXPECT_EQ(TakeUntil(rest, ','), "");
  EXPECT_EQ(TakeUntil(rest, ','), "b");
  EXPECT_EQ(rest, "");
  EXPECT_EQ(TakeUntil(rest, ','), "");
}

TEST(AsciiTest, ParsesWholeNumbersOnly) {
  EXPECT_EQ(ParseInteger("0"), 0);
  EXPECT_EQ(ParseInteger("-12"), -12);
  EXPECT_EQ(ParseInteger("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseInteger<std::uint32_t>("4294967295"), 4294967295u);
  for (const char* bad :
       {"", " 1", "1 ", "+1", "1.0", "1e3", "0x1", "--1", "-", "9223372036854775808", "\0001"}) {
    EXPECT_EQ(ParseInteger(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(ParseInteger<std::uint32_t>("-1"), std::nullopt);
  EXPECT_EQ(ParseInteger<std::uint32_t>("4294967296"), std::nullopt);
}

}  // namespace
}  // namespace introspectd::text
