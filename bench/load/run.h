// One run: warm-up, measured window, and what is still on its way after it.
//
// Threads: a run uses the calling thread alone.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "load/endpoint.h"
#include "load/histogram.h"
#include "load/requests.h"
#include "load/schedule.h"

namespace introspectd::load {

struct Plan {
  Endpoint endpoint;
  std::size_t connections = 64;
  std::size_t depth = 1;                    // requests on their way, per connection
  std::optional<std::uint64_t> rate_per_s;  // open loop; none: closed loop
  Spacing spacing = Spacing::kConstant;     // of an open loop
  std::uint64_t seed = 1;                   // of the spacing
  bool spin = false;                        // never sleep: for a generator with a core of its own
  Nanos warmup = 0;
  Nanos duration = 0;
  int expected_status = 200;
  std::string expected_body_start = R"({"active":true)";
  std::optional<pid_t> server_pid;  // whose processor time is measured
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

  std::uint64_t wrong = 0;   // answers that are not as expected, warm-up included
  std::uint64_t errors = 0;  // requests without an answer
  std::string first_failure;
};

// An error when the load could not be applied at all; else what became of it. `requests` is
// borrowed until return.
absl::StatusOr<Outcome> Run(const Plan& plan, Requests& requests);

}  // namespace introspectd::load
