// Any order of the same updates, repeats included, gives the same state.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "population/random.h"
#include "update/export_lines.h"
#include "update/node.h"
#include "update/random_updates.h"

namespace introspectd::update {
namespace {

#ifdef __SANITIZE_THREAD__
constexpr std::uint64_t kSets = 200;  // there is one thread only
#elif defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSets = 500;  // three stores each, whose memory it marks and marks again
#else
constexpr std::uint64_t kSets = 2'000;
#endif
constexpr UnixSeconds kLater[] = {0, 1, 299, 300, 900, 1300, 1599, 1600, 1700};

struct Outcome {
  std::vector<std::string> lines;
  std::vector<TokenState> states;  // of every token, at every later time
  std::uint64_t sequence = 0;
  StoreStatus status;
};

// Some lines together, some alone: where groups end makes no difference either.
Outcome Apply(const std::vector<std::string>& lines, population::Random& random) {
  Node node;
  std::string group;
  for (const std::string& line : lines) {
    group += line + "\n";
    if (!random.Chance(20)) continue;
    EXPECT_EQ(node.Take(group).rejected, 0u) << group;
    group.clear();
  }
  node.Take(group);
  Outcome outcome{.lines = ExportLines(node.writer, Node::kNow),
                  .states = {},
                  .sequence = node.writer.sequence(),
                  .status = node.store.status()};
  for (const UnixSeconds later : kLater) {
    for (int i = 0; i < RandomUpdates::kTokens; ++i) {
      outcome.states.push_back(node.StateOf(RandomUpdates::Token(i), Node::kNow + later));
    }
  }
  return outcome;
}

std::vector<std::string> ShuffledWithRepeats(const std::vector<std::string>& lines,
                                             population::Random& random) {
  std::vector<std::string> shuffled;
  for (const std::string& line : lines) {
    shuffled.insert(shuffled.end(), 1 + random.Below(3), line);
  }
  for (std::size_t i = shuffled.size(); i > 1; --i) {
    std::swap(shuffled[i - 1], shuffled[random.Below(i)]);
  }
  return shuffled;
}

TEST(OrderTest, AnyOrderOfTheSameUpdatesGivesTheSameState) {
  for (std::uint64_t seed = 0; seed < kSets && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    population::Random random(seed, 1, 0);
    std::vector<std::string> lines = RandomUpdates(seed).Lines(1 + random.Below(30));
    const Outcome expected = Apply(lines, random);
    std::reverse(lines.begin(), lines.end());
    for (const auto& order : {lines, ShuffledWithRepeats(lines, random)}) {
      const Outcome outcome = Apply(order, random);
      EXPECT_EQ(outcome.lines, expected.lines);
      EXPECT_EQ(outcome.states, expected.states);
      EXPECT_EQ(outcome.sequence, expected.sequence);
      EXPECT_EQ(outcome.status.tokens, expected.status.tokens);
      EXPECT_EQ(outcome.status.revocations, expected.status.revocations);
      EXPECT_EQ(outcome.status.rules, expected.status.rules);
    }
  }
}

// So that the test above says something: every state occurs among what it compares.
TEST(OrderTest, TheRandomUpdatesBringAboutEveryState) {
  std::vector<int> seen(static_cast<std::size_t>(TokenState::kRevokedRule) + 1);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    population::Random random(seed, 1, 0);
    for (const TokenState state : Apply(RandomUpdates(seed).Lines(20), random).states) {
      ++seen[static_cast<std::size_t>(state)];
    }
  }
  for (std::size_t state = 0; state < seen.size(); ++state) {
    EXPECT_GT(seen[state], 10) << "state " << state;
  }
}

}  // namespace
}  // namespace introspectd::update
