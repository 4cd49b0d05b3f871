#include "journal/format.h"

#include <gtest/gtest.h>

#include <string>

#include "token/rules.h"

namespace introspectd::journal {
namespace {

constexpr StoreId kStore{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr Marker kMarker{.group = 0x1122334455, .sequence = 0x66778899aabbccdd};

TEST(FormatTest, AMarkerComesBack) {
  const auto marker = ReadMarker(kStore, MarkerText(kStore, kMarker));
  ASSERT_TRUE(marker);
  EXPECT_EQ(marker->group, kMarker.group);
  EXPECT_EQ(marker->sequence, kMarker.sequence);
}

TEST(FormatTest, AMarkerIsFoundWhateverIsBehindIt) {
  const std::string text = MarkerText(kStore, kMarker) + "and more";
  ASSERT_TRUE(ReadMarker(kStore, text));
  EXPECT_EQ(ReadMarker(kStore, text)->group, kMarker.group);
  EXPECT_TRUE(text.starts_with(MarkerStart(kStore)));
}

TEST(FormatTest, AMarkerOfAnotherStoreIsNone) {
  StoreId other = kStore;
  other[15] ^= 1;
  EXPECT_FALSE(ReadMarker(other, MarkerText(kStore, kMarker)));
  EXPECT_NE(MarkerStart(other), MarkerStart(kStore));
}

TEST(FormatTest, NoBitOfAMarkerMayBeAnother) {
  std::string text = MarkerText(kStore, kMarker);
  for (char& byte : text) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ 1 << bit);
      EXPECT_FALSE(ReadMarker(kStore, text)) << &byte - text.data();
      byte = static_cast<char>(byte ^ 1 << bit);
    }
  }
}

TEST(FormatTest, PartOfAMarkerIsNone) {
  const std::string text = MarkerText(kStore, kMarker);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReadMarker(kStore, std::string_view(text).substr(0, size))) << size;
  }
}

TEST(FormatTest, ATokensKeyIsItsDigest) {
  const TokenDigest digest = TokenDigest::Of("token");
  std::string key = "something else";
  TokenKey(digest, key);
  EXPECT_EQ(key.size(), 17u);
  EXPECT_EQ(DigestOfKey(key), digest);
  EXPECT_EQ(DigestOfKey(key + "x"), std::nullopt);
  EXPECT_EQ(DigestOfKey(std::string_view(key).substr(0, 16)), std::nullopt);
  EXPECT_EQ(DigestOfKey(""), std::nullopt);
  key[0] = kRulePrefix;
  EXPECT_EQ(DigestOfKey(key), std::nullopt);
}

TEST(FormatTest, RulesAndJtisHaveKeysOfTheirOwn) {
  std::string rule = "something else";
  std::string jti;
  RuleKey(false, "key", rule);
  RuleKey(true, "key", jti);
  EXPECT_EQ(rule, "rkey");
  EXPECT_EQ(jti, "jkey");
}

TEST(FormatTest, ARuleComesBack) {
  const token::RuleValue value{.issued_before = -5, .end = 1'700'000'000, .sequence = ~0ull};
  const std::string text = RuleText(value);
  EXPECT_EQ(text.size(), 24u);
  EXPECT_EQ(ReadRule(text), value);
  EXPECT_EQ(ReadRule(text + "x"), std::nullopt);
  EXPECT_EQ(ReadRule(std::string_view(text).substr(1)), std::nullopt);
  EXPECT_EQ(ReadRule(""), std::nullopt);
}

}  // namespace
}  // namespace introspectd::journal
