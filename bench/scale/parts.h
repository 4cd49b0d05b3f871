// The parts of the bench. Each writes one member, named after itself, to the report.
//
// Threads: the caller's, pinned to core 0; each starts what it needs beside itself.
#pragma once

#include <cstdint>
#include <vector>

#include "introspectd/store.h"
#include "scale/chain.h"
#include "scale/machine.h"
#include "scale/writing.h"
#include "text/json_writer.h"

namespace introspectd::scale {

// What looks tokens up, and what writes, while both are at it.
inline constexpr unsigned kReaderCore = 0;
inline constexpr unsigned kWriterCore = 1;

struct Plan {
  std::uint64_t tokens = 10'000'000;
  std::uint64_t grow_from = 1'000'000;
  std::uint64_t grow_to = 20'000'000;
  std::uint64_t updates_per_s = 200'000;
  int rounds = 5;
  double seconds = 1;  // of a measurement
};

struct Subjects {
  Store& store;
  const PlainMap& map;
  const Asked& asked;
  const Plan& plan;
};

using Report = text::JsonWriter;

// A look-up with its whole answer copied out: of the map; of the store, alone and beside updates.
void Lookup(const Subjects& subjects, Report& report);
// Two readers on a core each beside one.
void Readers(const Subjects& subjects, Report& report);
// As many updates as the store takes, in memory only; every one replaces a token.
void Updates(const Subjects& subjects, Report& report);
// How long a revocation waits for other work, while a reader is busy.
void Wait(const Subjects& subjects, Report& report);
// From Stage until readers that are busy have seen it.
void Revocation(const Subjects& subjects, Report& report);
// The longest look-up and the longest wait while a store grows. Makes a store of its own.
void Growth(const Plan& plan, Report& report);
// The longest insert into a map that grows as far.
void MapGrowth(const Plan& plan, Report& report);

// What is given back when tokens end. Makes a store of its own.
void Expiry(const Plan& plan, Report& report);
// Putting back what was kept, by one thread and by two. Makes stores of its own.
void Load(const Plan& plan, Report& report);

// Tokens 0..count-1 with their answers; the bytes of all answers.
std::uint64_t FillMap(PlainMap& map, std::uint64_t count);

double Median(std::vector<double> values);

// Asks for `seconds`; what one look-up took.
template <class Subject>
Spent PerLookup(Chain& chain, Subject& subject, double seconds) {
  constexpr int kBetweenClocks = 64;
  const auto deadline = WallNanos() + static_cast<std::uint64_t>(seconds * 1e9);
  const Stopwatch watch;
  double lookups = 0;
  do {
    for (int i = 0; i < kBetweenClocks; ++i) chain.AskSome(subject);
    lookups += static_cast<double>(kBetweenClocks * Chain::kLookupsPerVisit);
  } while (WallNanos() < deadline);
  const Spent spent = watch.Read();
  return {spent.wall_ns / lookups, spent.cpu_ns / lookups};
}

}  // namespace introspectd::scale
