#include "text/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "population/random.h"

namespace introspectd::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::pair<std::string, std::string>> Parameters(std::string_view body) {
  std::vector<std::pair<std::string, std::string>> all;
  FormReader reader(body);
  while (const auto parameter = reader.Next()) all.emplace_back(parameter->name, parameter->value);
  return all;
}

std::optional<std::string> Decoded(std::string_view in) {
  std::string out = "before:";
  if (!DecodeForm(in, out)) return std::nullopt;
  EXPECT_TRUE(out.starts_with("before:"));
  return out.substr(7);
}

TEST(FormReaderTest, WalksParametersInOrderAndEncoded) {
  EXPECT_THAT(Parameters("token=a%20b&scope=x+y&token=c"),
              ElementsAre(Pair("token", "a%20b"), Pair("scope", "x+y"), Pair("token", "c")));
}

TEST(FormReaderTest, TakesWhatLacksAPart) {
  EXPECT_THAT(Parameters("a"), ElementsAre(Pair("a", "")));
  EXPECT_THAT(Parameters("a="), ElementsAre(Pair("a", "")));
  EXPECT_THAT(Parameters("=b"), ElementsAre(Pair("", "b")));
  EXPECT_THAT(Parameters("a=b=c"), ElementsAre(Pair("a", "b=c")));
}

TEST(FormReaderTest, PassesOverEmptyParts) {
  EXPECT_THAT(Parameters(""), IsEmpty());
  EXPECT_THAT(Parameters("&&"), IsEmpty());
  EXPECT_THAT(Parameters("&a=1&&b=2&"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(FormTest, DecodesPlusAndEscapes) {
  EXPECT_EQ(Decoded(""), "");
  EXPECT_EQ(Decoded("plain"), "plain");
  EXPECT_EQ(Decoded("a+b%2B%2b%20%00%ff"), std::string("a b++ \0\xff", 8));
}

TEST(FormTest, RefusesBrokenEscapes) {
  for (const char* bad : {"%", "a%", "%4", "a%4", "%4g", "%g4", "%%41", "% 41", "%+1", "%-1"}) {
    EXPECT_EQ(Decoded(bad), std::nullopt) << bad;
  }
}

TEST(FormTest, KnowsWhatDecodingWouldChange) {
  EXPECT_FALSE(NeedsFormDecoding(""));
  EXPECT_FALSE(NeedsFormDecoding("a-b_c.d*&="));
  EXPECT_TRUE(NeedsFormDecoding("a+b"));
  EXPECT_TRUE(NeedsFormDecoding("%41"));
}

TEST(FormTest, EncodesAllButTheUnreserved) {
  EXPECT_EQ(EncodeForm("aZ09-._* "), "aZ09-._*+");
  EXPECT_EQ(EncodeForm("a+b&c=d%/~\n\xff"), "a%2Bb%26c%3Dd%25%2F%7E%0A%FF");
}

TEST(FormTest, RoundTripsAllBytes) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    population::Random random(seed, 0, 0);
    std::string bytes(random.Below(50), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Next());
    EXPECT_EQ(Decoded(EncodeForm(bytes)), bytes) << "seed " << seed;
  }
}

}  // namespace
}  // namespace introspectd::text
