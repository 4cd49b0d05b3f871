// What became of a run.
//
// Threads: values. Each thread of the generator has an outcome of its own; Merge adds them up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/clock.h"
#include "load/histogram.h"

namespace introspectd::load {

// Why a request has no answer.
enum class Error : std::uint8_t { kConnect, kHandshake, kLost, kMalformed, kUnanswered };
inline constexpr std::size_t kErrors = 5;
inline constexpr std::array<const char*, kErrors> kErrorNames{"connect", "handshake", "lost",
                                                              "malformed", "unanswered"};
using ErrorCounts = std::array<std::uint64_t, kErrors>;
std::uint64_t Sum(const ErrorCounts& errors);

// One second of the measured window, by when answers came.
struct Interval {
  std::uint64_t answered = 0;
  std::uint64_t wrong = 0;
  std::uint64_t errors = 0;
  Histogram latency;

  void Merge(const Interval& other);
};

struct Outcome {
  std::uint64_t answered = 0;  // within the window
  Nanos window = 0;
  std::optional<std::uint64_t> server_cpu_ns;  // within the window

  // Of the requests meant to leave within the window: from then to the answer, so that a stall is
  // not hidden.
  Histogram latency;
  // How late the generator itself looked at its schedule; open loop only. Waiting for a connection
  // with room is the server's doing and counts as latency.
  Histogram lateness;
  std::vector<Interval> timeline;

  std::uint64_t wrong = 0;    // answers that are not as expected, warm-up included
  std::uint64_t refused = 0;  // where that is allowed: 503 with Retry-After, warm-up included
  ErrorCounts errors{};       // requests without an answer, warm-up included
  std::string first_failure;
  std::uint64_t connections_opened = 0;
  std::uint64_t sessions_resumed = 0;  // TLS

  void Merge(const Outcome& other);
};

// Of a search for the highest rate: one rate that was tried.
struct Step {
  std::uint64_t rate_per_s = 0;
  double answered_per_s = 0;
  std::uint64_t p99_ns = 0;
  bool held = false;   // the target, and every answer was right
  bool valid = false;  // the generator was not late
};

// What a probe saw: tokens that were revoked under load.
struct Probe {
  std::uint64_t revoked = 0;
  Histogram until_acknowledged;    // from sending the revocation
  Histogram until_last_active;     // from sending the revocation to the last active:true; 0: none
  std::uint64_t active_after = 0;  // asked after the acknowledgement: wrong answers
};

// All that is to be told of a run.
struct Report {
  bool open_loop = true;
  bool valid = true;  // the generator itself was in time
  Outcome outcome;
  std::string target;       // of a search, "p99=1ms"; "" when there was none
  std::vector<Step> steps;  // of a search, in order
  std::uint64_t found_rate_per_s = 0;
  std::optional<Probe> probe;
  // "command line", "machine", "kernel", "versions", "started": name and value, for people.
  std::vector<std::pair<std::string, std::string>> setup;

  bool wrong() const;  // an answer was, or a request has none
};

}  // namespace introspectd::load
