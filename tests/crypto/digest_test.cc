#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "introspectd/token.h"

namespace introspectd::crypto {
namespace {

template <class Bytes>
std::string Hex(const Bytes& bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

TEST(Sha256Test, IsThatOfFips180) {
  EXPECT_EQ(Hex(Sha256Of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256Of(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha384Test, IsThatOfFips180) {
  EXPECT_EQ(Hex(Sha384Of("abc")),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
}

TEST(Sha512Test, IsThatOfFips180) {
  EXPECT_EQ(Hex(Sha512Of("abc")),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Sha256StreamTest, IsTheDigestOfAllThatCame) {
  const std::string text(1000, 'x');
  Sha256Stream stream;
  EXPECT_EQ(stream.Finish(), Sha256Of(""));
  for (std::size_t i = 0; i < text.size(); i += 100) {
    stream.Update(std::string_view(text).substr(i, 100));
    EXPECT_EQ(stream.Finish(), Sha256Of(std::string_view(text).substr(0, i + 100)));
  }
}

TEST(Sha256StreamTest, CopiesGoTheirOwnWays) {
  Sha256Stream stream;
  stream.Update("header.payload");
  Sha256Stream twin = stream;
  stream.Update(".signature");
  twin.Update(".twin");
  EXPECT_EQ(stream.Finish(), Sha256Of("header.payload.signature"));
  EXPECT_EQ(twin.Finish(), Sha256Of("header.payload.twin"));
}

TEST(KeyedDigestTest, IsBoundToTheKeyAndBothParts) {
  const ProcessKey key{1};
  const ProcessKey other{2};
  const std::set<std::string> all = {
      Hex(KeyedDigest(key, "ab", "c")),   Hex(KeyedDigest(key, "a", "bc")),
      Hex(KeyedDigest(key, "", "abc")),   Hex(KeyedDigest(key, "abc", "")),
      Hex(KeyedDigest(other, "ab", "c")), Hex(KeyedDigest(key, "ab", "d"))};
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(KeyedDigest(key, "ab", "c"), KeyedDigest(key, "ab", "c"));
}

TEST(RandomTest, KeysDiffer) {
  std::set<ProcessKey> keys;
  for (int i = 0; i < 16; ++i) keys.insert(NewProcessKey());
  EXPECT_EQ(keys.size(), 16u);
}

TEST(EqualConstantTimeTest, ComparesBytesAndLengths) {
  EXPECT_TRUE(EqualConstantTime("", ""));
  EXPECT_TRUE(EqualConstantTime("secret", "secret"));
  EXPECT_FALSE(EqualConstantTime("secret", "secreT"));
  EXPECT_FALSE(EqualConstantTime("secret", "secret "));
  EXPECT_FALSE(EqualConstantTime(std::string_view("\0a", 2), std::string_view("\0b", 2)));
}

TEST(CleanseTest, LeavesNothing) {
  char buffer[8] = "seven..";
  Cleanse(buffer, sizeof buffer);
  for (const char c : buffer) EXPECT_EQ(c, 0);
  std::string secret = "a secret";
  Cleanse(secret);
  EXPECT_TRUE(secret.empty());
}

TEST(TokenDigestTest, IsTheFirstHalfOfSha256) {
  const TokenDigest digest = TokenDigest::Of("abc");
  EXPECT_EQ(Hex(digest.bytes), "ba7816bf8f01cfea414140de5dae2223");
  EXPECT_EQ(digest, TokenDigest::Of("abc"));
  EXPECT_NE(digest, TokenDigest::Of("abd"));
  EXPECT_NE(TokenDigest::Of(""), TokenDigest{});
}

TEST(TokenDigestTest, GivesItsBitsAsNumbers) {
  TokenDigest digest;
  for (std::uint8_t i = 0; i < 16; ++i) digest.bytes[i] = i;
  EXPECT_EQ(digest.Bits(), 0x0706050403020100u);
  EXPECT_EQ(digest.Bits(8), 0x0f0e0d0c0b0a0908u);
}

}  // namespace
}  // namespace introspectd::crypto
