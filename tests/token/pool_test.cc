#include "token/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "population/random.h"
#include "token/filled_block.h"

namespace introspectd::token {
namespace {

TEST(PoolTest, BlocksAreAlignedAndApartWhateverIsFreed) {
  constexpr std::uint64_t kSizes[] = {64, 5'000, 100'000};
  PageSupply pages;
  Pool pool(pages);
  std::vector<FilledBlock> blocks;
  population::Random random(1, 0, 0);
  for (int i = 0; i < 4'000; ++i) {
    if (!blocks.empty() && random.Chance(45)) {
      std::swap(blocks[random.Below(blocks.size())], blocks.back());
      ASSERT_TRUE(HoldsItsFill(blocks.back())) << "block of " << blocks.back().bytes;
      pool.Free(blocks.back().at, blocks.back().bytes);
      blocks.pop_back();
      continue;
    }
    const std::size_t bytes = 1 + random.Below(kSizes[random.Below(3)]);
    auto* at = static_cast<unsigned char*>(pool.Allocate(bytes));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % 16, 0u) << bytes;
    blocks.push_back({at, bytes, static_cast<unsigned char>(i)});
    std::memset(at, blocks.back().fill, bytes);
  }
  for (const FilledBlock& block : blocks) {
    EXPECT_TRUE(HoldsItsFill(block)) << "block of " << block.bytes;
    pool.Free(block.at, block.bytes);
  }
}

TEST(PoolTest, GivesEverySizeItsRoom) {
  PageSupply pages;
  Pool pool(pages);
  std::vector<FilledBlock> blocks;
  for (std::size_t bytes = 1; bytes < (std::size_t{9} << 20); bytes += 1 + bytes / 7) {
    for (const std::size_t size : {bytes, (std::size_t{1} << 12), (std::size_t{1} << 12) + 1}) {
      auto* at = static_cast<unsigned char*>(pool.Allocate(size));
      blocks.push_back({at, size, static_cast<unsigned char>(blocks.size())});
      at[0] = at[size - 1] = blocks.back().fill;
    }
  }
  for (const FilledBlock& block : blocks) {
    EXPECT_EQ(block.at[0], block.fill) << block.bytes;
    EXPECT_EQ(block.at[block.bytes - 1], block.fill) << block.bytes;
    pool.Free(block.at, block.bytes);
  }
}

// And nothing of them is given out again.
TEST(PoolTest, GivesBackRegionsThatAreNotInUse) {
  PageSupply pages;
  Pool pool(pages);
  for (int round = 0; round < 3; ++round) {
    std::vector<FilledBlock> blocks;
    for (int i = 0; i < 2000; ++i) {
      const std::size_t bytes = static_cast<std::size_t>(100 + i % 7 * 3000);
      auto* at = static_cast<unsigned char*>(pool.Allocate(bytes));
      blocks.push_back({at, bytes, static_cast<unsigned char>(i)});
      std::memset(at, blocks.back().fill, bytes);
    }
    EXPECT_GT(pool.bytes(), 2000u * 9000);
    for (const FilledBlock& block : blocks) {
      EXPECT_TRUE(HoldsItsFill(block));
      pool.Free(block.at, block.bytes);
    }
    EXPECT_EQ(pool.bytes(), 0u);
  }
}

TEST(PoolTest, ServesContainers) {
  PageSupply pages;
  SharedPool pool(pages);
  std::vector<int, PoolAllocator<int>> numbers{PoolAllocator<int>(&pool)};
  for (int i = 0; i < 100'000; ++i) numbers.push_back(i);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace introspectd::token
