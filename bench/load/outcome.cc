#include "load/outcome.h"

#include <algorithm>
#include <numeric>

namespace introspectd::load {

std::uint64_t Sum(const ErrorCounts& errors) {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
}

void Interval::Merge(const Interval& other) {
  answered += other.answered;
  wrong += other.wrong;
  errors += other.errors;
  latency.Merge(other.latency);
}

void Outcome::Merge(const Outcome& other) {
  answered += other.answered;
  window = std::max(window, other.window);
  latency.Merge(other.latency);
  lateness.Merge(other.lateness);
  timeline.resize(std::max(timeline.size(), other.timeline.size()));
  for (std::size_t i = 0; i < other.timeline.size(); ++i) timeline[i].Merge(other.timeline[i]);
  wrong += other.wrong;
  refused += other.refused;
  for (std::size_t i = 0; i < kErrors; ++i) errors[i] += other.errors[i];
  if (first_failure.empty()) first_failure = other.first_failure;
  connections_opened += other.connections_opened;
  sessions_resumed += other.sessions_resumed;
}

bool Report::wrong() const {
  return outcome.wrong > 0 || Sum(outcome.errors) > 0 || (probe && probe->active_after > 0);
}

}  // namespace introspectd::load
