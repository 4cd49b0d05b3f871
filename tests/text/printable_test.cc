#include "text/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::text {
namespace {

using std::string_literals::operator""s;

std::string Printable(std::string_view text, std::size_t bytes_max = 1000) {
  std::string out;
  AppendPrintable(text, bytes_max, out);
  return out;
}

TEST(PrintableTest, SaysWhatCannotBeShown) {
  const std::pair<std::string, std::string> kRows[] = {
      {"", R"("")"},
      {"plain text, é, 漢 and 😀", R"("plain text, é, 漢 and 😀")"},
      {"\"\\", R"("\"\\")"},
      {"a\r\nb\tc", R"("a\r\nb\tc")"},
      {"\0\x1b[31m\x7f"s, R"("\u0000\u001b[31m\u007f")"},
      {"\xc2\x9b"
       "31m",
       R"("\u009b31m")"},                                 // CSI of the C1 set
      {"\xc2\x85", R"("\u0085")"},                        // NEL
      {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},  // line and paragraph separators
      {"\xe2\x80\xae"
       "abc\xe2\x81\xa6",
       R"("\u202eabc\u2066")"},                           // turns the direction
      {"\xe2\x80\x8b\xef\xbb\xbf", R"("\u200b\ufeff")"},  // not seen
      {"\xf3\xa0\x81\x81", R"("\udb40\udc41")"},          // a tag
      {"\xef\xbf\xbd", R"("\ufffd")"},
      {"\xff\xfe", R"("\ufffd\ufffd")"},
      {"a\xc3", R"("a\ufffd")"},  // cut off
      {"\xc3(", R"("\ufffd(")"},
      {"\x80", R"("\ufffd")"},
      {"\xc0\xaf", R"("\ufffd\ufffd")"},  // overlong
      {"\xe0\x80\xaf", R"("\ufffd\ufffd\ufffd")"},
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},            // a surrogate
      {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},  // beyond Unicode
      {"\xf5\x80\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
  };
  for (const auto& [text, shown] : kRows) EXPECT_EQ(Printable(text), shown);
}

TEST(PrintableTest, LeavesOutWhatIsTooLong) {
  EXPECT_EQ(Printable("abcdef", 6), R"("abcdef")");
  EXPECT_EQ(Printable("abcdefg", 6), "\"abcdef... (1 bytes more)\"");
  EXPECT_EQ(Printable("abcdeé", 6), "\"abcde... (2 bytes more)\"") << "no half a character";
  EXPECT_EQ(Printable(std::string(1 << 20, 'x'), 4), "\"xxxx... (1048572 bytes more)\"");
}

}  // namespace
}  // namespace introspectd::text
