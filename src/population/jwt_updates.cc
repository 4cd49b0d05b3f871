#include "population/jwt_updates.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace introspectd::population {

namespace {

// Threads take blocks as they come, so that one whose core is busy holds nobody up; they meet after
// a round of blocks, whose lines are kept (some 1 MB a thread) until they can go in order.
constexpr std::uint64_t kBlockTokens = 16;
constexpr std::uint64_t kRoundBlocks = 32;  // for each thread

struct Work {
  const Population* population;
  std::uint64_t first;                // token of the round
  std::uint64_t end;                  // of all
  std::vector<std::string>* blocks;   // those of the round
  std::atomic<std::size_t> next = 0;  // of them
};

void MintBlock(const Population& population, const JwtMinter& minter, std::uint64_t first,
               std::uint64_t end, std::string& out) {
  std::string claims;
  for (std::uint64_t i = first; i < end; ++i) {
    claims.clear();
    population.AppendClaims(i, claims);
    population.AppendUpdates(i, minter.Mint(claims), claims, out);
  }
}

void TakeBlocks(Work& work, const JwtMinter& minter) {
  for (std::size_t b = work.next++; b < work.blocks->size(); b = work.next++) {
    const std::uint64_t first = work.first + b * kBlockTokens;
    std::string& out = (*work.blocks)[b];
    out.clear();
    MintBlock(*work.population, minter, first, std::min(first + kBlockTokens, work.end), out);
  }
}

// Returns when all blocks are done: the threads join.
void MintRound(Work& work, const std::vector<JwtMinter>& minters) {
  std::vector<std::jthread> others;
  for (std::size_t t = 1; t < minters.size(); ++t) {
    others.emplace_back([&work, &minter = minters[t]] { TakeBlocks(work, minter); });
  }
  TakeBlocks(work, minters[0]);
}

}  // namespace

void MintUpdates(const Population& population, const JwtMinter& minter, std::uint64_t count,
                 unsigned threads, const std::function<bool(std::string_view)>& take) {
  const std::uint64_t useful = std::clamp<std::uint64_t>(threads, 1, count / kBlockTokens + 1);
  std::vector<JwtMinter> minters;
  while (minters.size() < useful) minters.push_back(minter.Clone());
  std::vector<std::string> blocks(useful * kRoundBlocks);
  for (std::uint64_t first = 0; first < count; first += blocks.size() * kBlockTokens) {
    Work work{.population = &population, .first = first, .end = count, .blocks = &blocks};
    MintRound(work, minters);
    for (const std::string& lines : blocks) {
      if (!take(lines)) return;
    }
  }
}

}  // namespace introspectd::population
