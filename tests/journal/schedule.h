// A made-up history of a store: group after group of updates, each a function of the seed and its
// number, so that what a store holds after any of them can be worked out without a journal.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <vector>

#include "journal/kept_state.h"
#include "token/update.h"
#include "token/writer.h"

namespace introspectd::journal {

inline constexpr UnixSeconds kNow = 1'700'000'000;
inline constexpr std::int64_t kLifetimeMax = 1000;

// Nothing in it is over at kNow. `number` is 1, 2, …
std::vector<token::Update> GroupOf(std::uint64_t seed, std::uint64_t number);

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : seed_(seed) {}

  struct After {
    KeptState state;
    std::uint64_t sequence = 0;
  };
  // What is there after the first `groups` of them.
  const After& AfterGroups(std::uint64_t groups);

 private:
  const std::uint64_t seed_;
  token::Sides sides_;
  token::Writer writer_{sides_, {.issuer = "i", .token_lifetime_max_s = kLifetimeMax}};
  std::vector<After> after_{1};
};

}  // namespace introspectd::journal
