#include "load/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "load/figures.h"
#include "text/ascii.h"

namespace introspectd::load {

namespace {

// What is answered well enough at a rate.
constexpr double kAnsweredShareMin = 0.99;
constexpr double kAboveClosedLoop = 1.1;
constexpr double kLowestShare = 1.0 / 1024;
constexpr int kTriesMax = 5;
constexpr int kTriesHeld = 2;

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
  absl::StatusOr<bool> Holds(double rate);
  absl::Status Narrow();
  absl::StatusOr<bool> Climb();

  const Search& search_;
  Plan& plan_;
  const Sorted* sorted_;
  const std::function<void(const Step&)>& on_step_;
  Found found_;
  double held_ = 0;
  double not_held_ = 0;
  double lowest_ = 0;
  bool wrong_ = false;  // an answer was: no rate makes that good
};

absl::StatusOr<double> Searcher::ClosedLoopRate() {
  plan_.rate_per_s.reset();
  const auto outcome = Run(plan_, sorted_);
  if (!outcome.ok()) return outcome.status();
  return RequestsPerSecond(*outcome);
}

absl::StatusOr<bool> Searcher::Try(std::uint64_t rate) {
  plan_.rate_per_s = rate;
  auto outcome = Run(plan_, sorted_);
  if (!outcome.ok()) return outcome.status();
  Step step{.rate_per_s = rate,
            .answered_per_s = RequestsPerSecond(*outcome),
            .p99_ns = outcome->latency.AtQuantile(0.99),
            .valid = IsValid(*outcome)};
  step.held = step.valid && outcome->wrong == 0 && Sum(outcome->errors) == 0 &&
              step.answered_per_s >= kAnsweredShareMin * static_cast<double>(rate) &&
              outcome->latency.AtQuantile(search_.target.quantile) <= search_.target.latency_max;
  found_.steps.push_back(step);
  if (on_step_) on_step_(step);
  if (outcome->wrong > 0) {
    found_.outcome = *std::move(outcome);
    wrong_ = true;
  } else if (step.held || found_.outcome.answered == 0) {
    found_.outcome = *std::move(outcome);
  }
  return step.held;
}

absl::StatusOr<bool> Searcher::Holds(double rate) {
  int held = 0;
  for (int tried = 0; tried < kTriesMax && held < kTriesHeld && !wrong_; ++tried) {
    if (kTriesMax - tried < kTriesHeld - held) break;
    const auto holds = Try(static_cast<std::uint64_t>(rate));
    if (!holds.ok()) return holds;
    held += *holds ? 1 : 0;
  }
  return held == kTriesHeld;
}

// Halves what lies between the rate that held and the one that did not.
absl::Status Searcher::Narrow() {
  while (!wrong_ && not_held_ >= lowest_ && not_held_ - held_ > search_.precision * held_) {
    const double rate = (held_ + not_held_) / 2;
    const auto holds = Holds(rate);
    if (!holds.ok()) return holds.status();
    (*holds ? held_ : not_held_) = rate;
  }
  return absl::OkStatus();
}

// Goes up from the rate that held, in steps that grow; false when not even the first one held.
absl::StatusOr<bool> Searcher::Climb() {
  const double from = held_;
  for (double step = search_.precision * held_;; step *= 2) {
    not_held_ = held_ + step;
    const auto holds = Holds(not_held_);
    if (!holds.ok()) return holds;
    if (!*holds) return held_ > from;
    held_ = not_held_;
  }
}

absl::StatusOr<Found> Searcher::Go() {
  const auto closed = ClosedLoopRate();
  if (!closed.ok()) return closed.status();
  not_held_ = std::max(1.0, *closed * kAboveClosedLoop);
  lowest_ = std::max(1.0, not_held_ * kLowestShare);
  absl::Status status = Narrow();
  while (status.ok() && held_ > 0 && !wrong_) {
    const auto climbed = Climb();
    if (!climbed.ok()) return climbed.status();
    if (!*climbed) break;
    status = Narrow();
  }
  if (!status.ok()) return status;
  found_.rate_per_s = static_cast<std::uint64_t>(held_);
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
