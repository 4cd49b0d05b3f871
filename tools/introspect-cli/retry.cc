#include "retry.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <thread>

namespace introspectd::cli {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::optional<milliseconds> Backoff::Next(Time now, std::optional<seconds> retry_after) {
  constexpr milliseconds kWaitMax{5'000};
  if (!end_) end_ = now + retry_for_;
  const auto left = duration_cast<milliseconds>(*end_ - now);
  if (left <= milliseconds::zero()) return std::nullopt;
  const milliseconds wait = std::max<milliseconds>(wait_, retry_after.value_or(seconds(0)));
  wait_ = std::min(2 * wait_, kWaitMax);
  return std::min(wait, left);
}

bool Sleep(milliseconds time) {
  std::this_thread::sleep_for(time);
  return true;
}

absl::Status RepeatWhileUnavailable(const std::function<Attempt()>& attempt, milliseconds retry_for,
                                    const Pause& pause, Console& console) {
  Backoff backoff(retry_for);
  for (;;) {
    Attempt last = attempt();
    if (!absl::IsUnavailable(last.status)) return std::move(last.status);
    const auto wait = backoff.Next(steady_clock::now(), last.retry_after);
    if (!wait) return std::move(last.status);
    console.SayNowAndThen(fmt::format("{}; trying again for up to {} s",
                                      std::string(last.status.message()),
                                      duration_cast<seconds>(retry_for).count()));
    if (!pause(*wait)) return std::move(last.status);
  }
}

}  // namespace introspectd::cli
