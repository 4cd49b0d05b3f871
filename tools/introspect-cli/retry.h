// Trying again, ever more slowly, while a server says that it cannot just now.
//
// Threads: one caller.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "console.h"

namespace introspectd::cli {

// How long to wait before the next attempt: 100 ms, twice as much each time up to 5 s, at least
// what the server asked for, and never past the end.
class Backoff {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Backoff(std::chrono::milliseconds retry_for) : retry_for_(retry_for) {}

  // The first call starts the clock. None when the time is over.
  std::optional<std::chrono::milliseconds> Next(Time now,
                                                std::optional<std::chrono::seconds> retry_after);

 private:
  const std::chrono::milliseconds retry_for_;
  std::optional<Time> end_;
  std::chrono::milliseconds wait_{100};
};

struct Attempt {
  absl::Status status;
  std::optional<std::chrono::seconds> retry_after;
};

// Waits for so long; false when there is no point in going on.
using Pause = std::function<bool(std::chrono::milliseconds)>;

// A Pause that nothing ends early.
bool Sleep(std::chrono::milliseconds time);

// Repeats `attempt` while it is Unavailable, for at most `retry_for`; returns the last status.
absl::Status RepeatWhileUnavailable(const std::function<Attempt()>& attempt,
                                    std::chrono::milliseconds retry_for, const Pause& pause,
                                    Console& console);

}  // namespace introspectd::cli
