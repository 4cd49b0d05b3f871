// One run: warm-up, measured window, and what is still on its way after it.
//
// Threads: Run starts plan.threads of them and waits.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "load/endpoint.h"
#include "load/expectation.h"
#include "load/mix.h"
#include "load/outcome.h"
#include "load/requests.h"
#include "load/schedule.h"
#include "load/transport.h"

namespace introspectd::load {

struct Plan {
  Endpoint endpoint;
  TlsOptions tls;
  Asking asking;
  Mix mix;
  Given given;
  std::size_t threads = 1;
  std::size_t connections = 64;             // over all threads; at least one each
  std::size_t depth = 1;                    // requests on their way, per connection
  std::optional<std::uint64_t> rate_per_s;  // open loop; none: closed loop
  Spacing spacing = Spacing::kConstant;     // of an open loop
  std::uint64_t churn_per_s = 0;            // connections that are replaced by new ones
  std::uint64_t seed = 1;                   // of all that is random
  bool may_refuse = false;                  // 503 with Retry-After is no wrong answer
  bool spin = false;                        // never sleep: for a generator with cores of its own
  Nanos warmup = 0;
  Nanos duration = 0;
  std::optional<pid_t> server_pid;  // whose processor time is measured
};

// One second of one thread's window, when it is over. Called on that thread.
using OnInterval = std::function<void(std::size_t second, const Interval& interval)>;

// An error when the load could not be applied at all; else what became of it. `sorted` is what is
// asked about (none: plan.asking.body), borrowed until return.
absl::StatusOr<Outcome> Run(const Plan& plan, const Sorted* sorted,
                            const OnInterval& on_interval = nullptr);

}  // namespace introspectd::load
