#include "token/compact_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace introspectd::token {
namespace {

constexpr std::string_view kUuid = "0123abcd-4567-89ef-fedc-ba9876543210";

bool IsDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Each of them once instead of each character of `text`.
template <class Visit>
void ForEveryCharacterEverywhere(std::string_view text, Visit visit) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed(text);
      changed[at] = static_cast<char>(c);
      visit(changed, at);
    }
  }
}

TEST(CompactTextTest, AUuidHasLowerCaseDigitsAndDashesInTheirPlaces) {
  ForEveryCharacterEverywhere(kUuid, [](const std::string& text, std::size_t at) {
    const bool is_dash = kUuid[at] == '-';
    EXPECT_EQ(IsUuid(text), is_dash ? text[at] == '-' : IsDigit(text[at])) << text;
  });
  EXPECT_FALSE(IsUuid(kUuid.substr(1)));
  EXPECT_FALSE(IsUuid(std::string(kUuid) + '0'));
  EXPECT_FALSE(IsUuid(""));
}

TEST(CompactTextTest, AUuidComesBackAsItWas) {
  ForEveryCharacterEverywhere(kUuid, [](const std::string& text, std::size_t) {
    if (!IsUuid(text)) return;
    std::string bytes = "before";
    AppendUuid(text, bytes);
    ASSERT_EQ(bytes.size(), 6 + kUuidBytes);
    std::string written(kUuidText, '?');
    WriteUuid(bytes.data() + 6, written.data());
    EXPECT_EQ(written, text);
  });
}

TEST(CompactTextTest, HexIsAnEvenNumberOfLowerCaseDigits) {
  constexpr std::string_view kDigits = "0f1e2d3c4b5a69788796a5b4c3d2e1f00";
  for (std::size_t size = 0; size <= kDigits.size(); ++size) {
    const std::string_view digits = kDigits.substr(0, size);
    EXPECT_EQ(IsHex(digits), size % 2 == 0);
    if (size % 2 != 0) continue;
    ForEveryCharacterEverywhere(digits, [](const std::string& text, std::size_t at) {
      EXPECT_EQ(IsHex(text), IsDigit(text[at])) << text;
    });
  }
}

TEST(CompactTextTest, HexComesBackAsItWas) {
  constexpr std::string_view kDigits = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  for (std::size_t size = 0; size <= kDigits.size(); size += 2) {
    std::string bytes = "before";
    AppendHex(kDigits.substr(0, size), bytes);
    ASSERT_EQ(bytes.size(), 6 + size / 2);
    std::string written(size, '?');
    WriteHex(bytes.data() + 6, size / 2, written.data());
    EXPECT_EQ(written, kDigits.substr(0, size));
  }
}

}  // namespace
}  // namespace introspectd::token
