#include "token/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "population/random.h"
#include "token/filled_block.h"
#include "token/pages.h"

namespace introspectd::token {
namespace {

constexpr std::size_t kSegment = kHugePage;

class ArenaTest : public ::testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'000'000;

  FilledBlock Make(Arena& arena, std::size_t bytes, UnixSeconds end) {
    auto* at = static_cast<unsigned char*>(arena.Allocate(bytes, end, kNow));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % 8, 0u);
    const FilledBlock block{at, bytes, static_cast<unsigned char>(++made_)};
    std::memset(at, block.fill, bytes);
    return block;
  }
  static void Free(Arena& arena, const FilledBlock& block) {
    EXPECT_TRUE(HoldsItsFill(block)) << block.bytes << " bytes";
    arena.Free(block.at, block.bytes);
  }

  PageSupply pages_;
  Arena arena_{pages_};
  std::size_t made_ = 0;
};

TEST_F(ArenaTest, BlocksAreApartWhateverIsFreed) {
  constexpr std::uint64_t kSizes[] = {12, 64, 512, 16'384};  // of 8 bytes
  population::Random random(1, 0, 0);
  std::vector<FilledBlock> blocks;
  for (int i = 0; i < 60'000; ++i) {
    if (!blocks.empty() && random.Chance(48)) {
      std::swap(blocks[random.Below(blocks.size())], blocks.back());
      Free(arena_, blocks.back());
      blocks.pop_back();
      continue;
    }
    const std::uint64_t size = random.Chance(1) ? kSizes[3] : kSizes[random.Below(3)];
    const std::size_t bytes = 8 * (1 + random.Below(size));
    blocks.push_back(Make(arena_, bytes, kNow + static_cast<UnixSeconds>(random.Below(100'000))));
  }
  for (const FilledBlock& block : blocks) Free(arena_, block);
  EXPECT_EQ(arena_.bytes(), 0u);
}

// Tokens that end together leave together, and the memory of those that do goes back.
TEST_F(ArenaTest, MemoryGoesBackAsTokensEnd) {
  constexpr int kGroups = 10;
  constexpr int kBlocks = 60'000;
  std::vector<std::vector<FilledBlock>> groups(kGroups);
  for (int i = 0; i < kBlocks; ++i) {
    const auto group = static_cast<std::size_t>(i % kGroups);
    const UnixSeconds end = kNow + 20'000 + static_cast<UnixSeconds>(group) * 5'000;
    groups[group].push_back(Make(arena_, 96, end));
  }
  const std::size_t full = arena_.bytes();
  EXPECT_GE(full, std::size_t{kBlocks} * 96);
  for (int group = 0; group < kGroups; ++group) {
    for (const FilledBlock& block : groups[static_cast<std::size_t>(group)]) Free(arena_, block);
    const std::size_t left = full / kGroups * static_cast<std::size_t>(kGroups - 1 - group);
    EXPECT_LE(arena_.bytes(), left + kSegment);
  }
  EXPECT_EQ(arena_.bytes(), 0u);
}

TEST_F(ArenaTest, WhatIsReplacedAgainAndAgainTakesNoMore) {
  constexpr int kBlocks = 50'000;
  population::Random random(1, 0, 0);
  std::vector<FilledBlock> blocks;
  const auto make = [&] { return Make(arena_, 8 * (9 + random.Below(5)), kNow + 3'000); };
  for (int i = 0; i < kBlocks; ++i) blocks.push_back(make());
  const std::size_t full = arena_.bytes();
  for (int i = 0; i < 20 * kBlocks; ++i) {
    FilledBlock& block = blocks[random.Below(blocks.size())];
    const FilledBlock fresh = make();
    Free(arena_, block);
    block = fresh;
  }
  EXPECT_LE(arena_.bytes(), full + full / 4 + kSegment);
  for (const FilledBlock& block : blocks) Free(arena_, block);
  EXPECT_EQ(arena_.bytes(), 0u);
}

// What another arena gave stays as it was, and is this one's to free and to use again.
TEST_F(ArenaTest, TakesOverAnothersBlocks) {
  std::vector<FilledBlock> blocks;
  {
    Arena other(pages_);
    std::vector<FilledBlock> freed;
    for (int i = 0; i < 60'000; ++i) {
      Arena& from = i % 2 == 0 ? arena_ : other;
      const UnixSeconds end = kNow + i % 3 * 10'000;
      blocks.push_back(Make(from, 96, end));
      if (i % 4 == 1) freed.push_back(Make(other, 96, end));
    }
    for (const FilledBlock& block : freed) Free(other, block);
    const std::size_t both = arena_.bytes() + other.bytes();
    arena_.TakeOver(other);
    EXPECT_EQ(arena_.bytes(), both);
    EXPECT_EQ(other.bytes(), 0u);
  }
  for (int i = 0; i < 20'000; ++i) blocks.push_back(Make(arena_, 96, kNow));
  for (const FilledBlock& block : blocks) Free(arena_, block);
  EXPECT_EQ(arena_.bytes(), 0u);
}

TEST(PageSupplyTest, PagesAreApartAndAligned) {
  PageSupply supply;
  std::vector<char*> pages;
  for (int i = 0; i < 24; ++i) {
    if (i % 3 == 2) {
      supply.GiveBack(pages.back());
      pages.pop_back();
    }
    pages.push_back(supply.Take());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pages.back()) % kHugePage, 0u);
    std::memset(pages.back(), i, kHugePage);
  }
  std::sort(pages.begin(), pages.end());
  EXPECT_EQ(std::adjacent_find(pages.begin(), pages.end()), pages.end());
  for (char* page : pages) {
    EXPECT_EQ(page[0], page[kHugePage - 1]);
    supply.GiveBack(page);
  }
}

}  // namespace
}  // namespace introspectd::token
