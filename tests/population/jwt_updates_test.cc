#include "population/jwt_updates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace introspectd::population {
namespace {

using crypto::PrivateKey;
using crypto::SignatureAlgorithm;

constexpr UnixSeconds kMintedAt = 1'700'000'000;

class MintUpdatesTest : public testing::Test {
 protected:
  std::string Minted(std::uint64_t count, unsigned threads) {
    std::string lines;
    MintUpdates(population_, minter_, count, threads, [&lines](std::string_view more) {
      lines += more;
      return true;
    });
    return lines;
  }

  // One after the other.
  std::string Expected(std::uint64_t count) {
    std::string lines;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string claims;
      population_.AppendClaims(i, claims);
      population_.AppendUpdates(i, minter_.Mint(claims), claims, lines);
    }
    return lines;
  }

  Population population_{{.seed = 3, .now = kMintedAt, .revoked_share = 0.2}};
  JwtMinter minter_ = JwtMinter::Create(SignatureAlgorithm::kEdDsa,
                                        PrivateKey::Generate(SignatureAlgorithm::kEdDsa))
                          .value();
};

TEST_F(MintUpdatesTest, TheLinesAreInOrderHoweverManyThreadsMint) {
  constexpr std::uint64_t kSeveralRounds = 2'500;
  const std::string expected = Expected(kSeveralRounds);
  EXPECT_EQ(
      std::count(expected.begin(), expected.end(), '\n'), kSeveralRounds + [this] {
        std::uint64_t revoked = 0;
        for (std::uint64_t i = 0; i < kSeveralRounds; ++i) revoked += population_.IsRevoked(i);
        return revoked;
      }());
  for (const unsigned threads : {0u, 1u, 2u, 3u, 8u}) {
    EXPECT_TRUE(Minted(kSeveralRounds, threads) == expected) << threads;
  }
}

TEST_F(MintUpdatesTest, AnyNumberOfTokensWillDo) {
  for (const std::uint64_t count : {0u, 1u, 15u, 16u, 17u, 511u, 512u, 513u}) {
    EXPECT_TRUE(Minted(count, 3) == Expected(count)) << count;
  }
}

TEST_F(MintUpdatesTest, OnlyTheTokensDifferFromThoseOfThePopulation) {
  std::string claims;
  population_.AppendClaims(0, claims);
  std::string lines;
  population_.AppendUpdates(0, lines);
  const std::string token = population_.Token(0);
  for (std::size_t at = lines.find(token); at != std::string::npos; at = lines.find(token)) {
    lines.replace(at, token.size(), minter_.Mint(claims));
  }
  EXPECT_EQ(Minted(1, 1), lines);
}

TEST_F(MintUpdatesTest, StopsWhenNobodyTakesThem) {
  int calls = 0;
  MintUpdates(population_, minter_, std::uint64_t{1} << 40, 2,
              [&calls](std::string_view) { return ++calls < 3; });
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace introspectd::population
