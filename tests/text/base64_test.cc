#include "text/base64.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "population/random.h"

namespace introspectd::text {
namespace {

std::optional<std::string> Decoded(std::ptrdiff_t (*decode)(std::string_view, char*),
                                   std::string_view in) {
  std::string out(in.size() / 4 * 3 + 3, '\0');
  const std::ptrdiff_t size = decode(in, out.data());
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> Standard(std::string_view in) { return Decoded(DecodeBase64, in); }
std::optional<std::string> Url(std::string_view in) { return Decoded(DecodeBase64Url, in); }

// RFC 4648 10.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {{"", ""},
                                                                      {"f", "Zg=="},
                                                                      {"fo", "Zm8="},
                                                                      {"foo", "Zm9v"},
                                                                      {"foob", "Zm9vYg=="},
                                                                      {"fooba", "Zm9vYmE="},
                                                                      {"foobar", "Zm9vYmFy"}};

TEST(Base64Test, IsThatOfTheRfc) {
  for (const auto& [plain, encoded] : kVectors) {
    EXPECT_EQ(EncodeBase64(plain), encoded);
    EXPECT_EQ(Standard(encoded), plain);
    const std::string_view unpadded = encoded.substr(0, encoded.find('='));
    EXPECT_EQ(EncodeBase64Url(plain), unpadded);
    EXPECT_EQ(Url(unpadded), plain);
  }
}

TEST(Base64Test, HasTwoAlphabets) {
  EXPECT_EQ(EncodeBase64("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(EncodeBase64Url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(Standard("-__-"), std::nullopt);
  EXPECT_EQ(Url("+//+"), std::nullopt);
}

TEST(Base64Test, RefusesWhatIsNotToTheLetter) {
  for (const char* bad : {"Z", "Zg", "Zg=", "Zm9", "Zg===", "====", "=", "Zg==Zg==", "Z===", "Zm=v",
                          "Zm9v\n", " Zm9v", "Zm9v ", "Zm 9v", "Zm9\x80", "Zm8*"}) {
    EXPECT_EQ(Standard(bad), std::nullopt) << bad;
  }
  for (const char* bad : {"Z", "Zg==", "Zm9vY", "Zm9v\n", "Zm.v", "Zm9v="}) {
    EXPECT_EQ(Url(bad), std::nullopt) << bad;
  }
}

TEST(Base64Test, RefusesUnusedBitsThatAreSet) {
  for (const char last : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef")) {
    const std::string text = std::string("Z") + last;
    const int value = static_cast<int>(std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef").find(last));
    EXPECT_EQ(Url(text).has_value(), value % 16 == 0) << text;
    EXPECT_EQ(Standard(text + "==").has_value(), value % 16 == 0) << text;
  }
  EXPECT_TRUE(Url("Zm8"));
  EXPECT_FALSE(Url("Zm9"));
}

TEST(Base64Test, RoundTripsAllBytesAtAllLengths) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    population::Random random(seed, 0, 0);
    std::string bytes(random.Below(100), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Next());
    EXPECT_EQ(Standard(EncodeBase64(bytes)), bytes) << "seed " << seed;
    EXPECT_EQ(Url(EncodeBase64Url(bytes)), bytes) << "seed " << seed;
  }
}

}  // namespace
}  // namespace introspectd::text
