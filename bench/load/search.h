// Searches the highest rate at which a target is held.
//
// Threads: blocks its caller.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "load/outcome.h"
#include "load/run.h"

namespace introspectd::load {

// "p99=1ms": what `quantile` of the latencies may not exceed.
struct Target {
  std::string text;
  double quantile = 0.99;
  Nanos latency_max = 0;

  static absl::StatusOr<Target> Parse(std::string_view text);
};

struct Search {
  Target target;
  double precision = 0.02;  // of the rate
};

struct Found {
  std::uint64_t rate_per_s = 0;  // 0: not even the lowest
  std::vector<Step> steps;
  Outcome outcome;  // of the last run at that rate
};

// How late a generator may be for its run to be of use, 99 % of the time.
inline constexpr Nanos kLatenessMax = kNanosPerSecond / 1000;
bool IsValid(const Outcome& outcome);

// `plan` says all but the rate. A closed loop tells where to look; the range is halved until it is
// narrow enough, and what was found is tried to be surpassed. A rate holds when two of up to five
// runs do: what disturbs a run from outside only ever makes it look worse.
absl::StatusOr<Found> FindMax(const Search& search, Plan plan, const Sorted* sorted,
                              const std::function<void(const Step&)>& on_step);

}  // namespace introspectd::load
