#include "load/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "text/ascii.h"

namespace introspectd::load {

namespace {

// What is answered well enough at a rate.
constexpr double kAnsweredShareMin = 0.99;
constexpr double kAboveClosedLoop = 1.1;
constexpr double kLowestShare = 1.0 / 1024;

std::optional<Nanos> DurationOf(std::string_view text) {
  for (const auto& [unit, nanos] : {std::pair<std::string_view, Nanos>{"us", 1'000},
                                    {"ms", 1'000'000},
                                    {"s", kNanosPerSecond}}) {
    if (!text.ends_with(unit)) continue;
    const auto value = text::ParseInteger<std::uint32_t>(text.substr(0, text.size() - unit.size()));
    if (value && *value > 0) return *value * nanos;
  }
  return std::nullopt;
}

std::optional<double> QuantileOf(std::string_view name) {
  for (const auto& [known, quantile] : {std::pair<std::string_view, double>{"p50", 0.5},
                                        {"p90", 0.9},
                                        {"p99", 0.99},
                                        {"p99.9", 0.999},
                                        {"p999", 0.999}}) {
    if (name == known) return quantile;
  }
  return std::nullopt;
}

class Searcher {
 public:
  Searcher(const Search& search, Plan& plan, const Sorted* sorted,
           const std::function<void(const Step&)>& on_step)
      : search_(search), plan_(plan), sorted_(sorted), on_step_(on_step) {}

  absl::StatusOr<Found> Go();

 private:
  absl::StatusOr<double> ClosedLoopRate();
  absl::StatusOr<bool> Try(std::uint64_t rate);
  absl::StatusOr<bool> Holds(std::uint64_t rate);

  const Search& search_;
  Plan& plan_;
  const Sorted* sorted_;
  const std::function<void(const Step&)>& on_step_;
  Found found_;
};

absl::StatusOr<double> Searcher::ClosedLoopRate() {
  plan_.rate_per_s.reset();
  const auto outcome = Run(plan_, sorted_);
  if (!outcome.ok()) return outcome.status();
  return static_cast<double>(outcome->answered) * kNanosPerSecond /
         static_cast<double>(std::max<Nanos>(outcome->window, 1));
}

absl::StatusOr<bool> Searcher::Try(std::uint64_t rate) {
  plan_.rate_per_s = rate;
  auto outcome = Run(plan_, sorted_);
  if (!outcome.ok()) return outcome.status();
  const double seconds = static_cast<double>(outcome->window) / kNanosPerSecond;
  Step step{.rate_per_s = rate,
            .answered_per_s = static_cast<double>(outcome->answered) / seconds,
            .p99_ns = outcome->latency.AtQuantile(0.99),
            .valid = IsValid(*outcome)};
  step.held = step.valid && outcome->wrong == 0 && Sum(outcome->errors) == 0 &&
              step.answered_per_s >= kAnsweredShareMin * static_cast<double>(rate) &&
              outcome->latency.AtQuantile(search_.target.quantile) <= search_.target.latency_max;
  found_.steps.push_back(step);
  if (on_step_) on_step_(step);
  if (step.held || found_.outcome.answered == 0) found_.outcome = *std::move(outcome);
  return step.held;
}

absl::StatusOr<bool> Searcher::Holds(std::uint64_t rate) {
  int held = 0;
  for (int tried = 0; tried < 3; ++tried) {
    const auto holds = Try(rate);
    if (!holds.ok()) return holds;
    held += *holds ? 1 : 0;
    if (held == 2 || tried + 1 - held == 2) break;
  }
  return held == 2;
}

absl::StatusOr<Found> Searcher::Go() {
  const auto closed = ClosedLoopRate();
  if (!closed.ok()) return closed.status();
  double held = 0;
  double not_held = std::max(1.0, *closed * kAboveClosedLoop);
  const double lowest = std::max(1.0, not_held * kLowestShare);
  for (double rate = not_held / 2; rate >= lowest;) {
    const auto holds = Holds(static_cast<std::uint64_t>(rate));
    if (!holds.ok()) return holds.status();
    (*holds ? held : not_held) = rate;
    if (held > 0 && not_held - held <= search_.precision * held) break;
    rate = (held + not_held) / 2;
  }
  found_.rate_per_s = static_cast<std::uint64_t>(held);
  return std::move(found_);
}

}  // namespace

absl::StatusOr<Target> Target::Parse(std::string_view text) {
  Target target{.text = std::string(text)};
  const std::string_view name = text::TakeUntil(text, '=');
  const auto quantile = QuantileOf(name);
  const auto latency = DurationOf(text);
  if (!quantile || !latency) {
    return absl::InvalidArgumentError(fmt::format(
        "\"{}\" is no target like p99=1ms; p50, p90, p99, p99.9 and us, ms, s", target.text));
  }
  target.quantile = *quantile;
  target.latency_max = *latency;
  return target;
}

bool IsValid(const Outcome& outcome) { return outcome.lateness.AtQuantile(0.99) <= kLatenessMax; }

absl::StatusOr<Found> FindMax(const Search& search, Plan plan, const Sorted* sorted,
                              const std::function<void(const Step&)>& on_step) {
  return Searcher(search, plan, sorted, on_step).Go();
}

}  // namespace introspectd::load
