#include "token/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "population/random.h"

namespace introspectd::token {
namespace {

struct Block {
  unsigned char* at;
  std::size_t bytes;
  unsigned char fill;
};

bool HoldsItsFill(const Block& block) {
  return std::all_of(block.at, block.at + block.bytes,
                     [&block](unsigned char c) { return c == block.fill; });
}

// Blocks that overlapped would overwrite each other's bytes.
TEST(PoolTest, BlocksAreAlignedAndApartWhateverIsFreed) {
  constexpr std::uint64_t kSizes[] = {64, 5'000, 100'000};
  Pool pool;
  std::vector<Block> blocks;
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
  for (const Block& block : blocks) {
    EXPECT_TRUE(HoldsItsFill(block)) << "block of " << block.bytes;
    pool.Free(block.at, block.bytes);
  }
}

TEST(PoolTest, GivesEverySizeItsRoom) {
  Pool pool;
  std::vector<Block> blocks;
  for (std::size_t bytes = 1; bytes < (std::size_t{9} << 20); bytes += 1 + bytes / 7) {
    for (const std::size_t size : {bytes, (std::size_t{1} << 12), (std::size_t{1} << 12) + 1}) {
      auto* at = static_cast<unsigned char*>(pool.Allocate(size));
      blocks.push_back({at, size, static_cast<unsigned char>(blocks.size())});
      at[0] = at[size - 1] = blocks.back().fill;
    }
  }
  for (const Block& block : blocks) {
    EXPECT_EQ(block.at[0], block.fill) << block.bytes;
    EXPECT_EQ(block.at[block.bytes - 1], block.fill) << block.bytes;
    pool.Free(block.at, block.bytes);
  }
}

// What another pool gave stays as it was, and is this one's to free and to use again.
TEST(PoolTest, TakesOverAnothersBlocks) {
  constexpr std::size_t kBytes = 500;
  Pool pool;
  std::vector<Block> blocks;
  const auto make = [&](Pool& from) {
    auto* at = static_cast<unsigned char*>(from.Allocate(kBytes));
    blocks.push_back({at, kBytes, static_cast<unsigned char>(blocks.size())});
    std::memset(at, blocks.back().fill, kBytes);
  };
  {
    Pool other;
    void* freed = other.Allocate(kBytes);
    for (int i = 0; i < 200; ++i) make(i % 2 == 0 ? pool : other);
    other.Free(freed, kBytes);
    pool.TakeOver(other);
  }
  for (int i = 0; i < 200; ++i) make(pool);
  for (const Block& block : blocks) {
    EXPECT_TRUE(HoldsItsFill(block));
    pool.Free(block.at, block.bytes);
  }
}

TEST(PoolTest, ServesContainers) {
  SharedPool pool;
  std::vector<int, PoolAllocator<int>> numbers{PoolAllocator<int>(&pool)};
  for (int i = 0; i < 100'000; ++i) numbers.push_back(i);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace introspectd::token
