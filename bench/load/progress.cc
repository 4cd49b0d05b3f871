#include "load/progress.h"

#include <fmt/format.h>

#include <string>

#include "load/figures.h"

namespace introspectd::load {

void Progress::Take(std::size_t second, const Interval& interval) {
  const std::lock_guard lock(mutex_);
  if (intervals_.size() <= second) intervals_.resize(second + 1);
  Second& sum = intervals_[second];
  sum.sum.Merge(interval);
  if (++sum.told < threads_) return;
  Print(fmt::format(
      "{:>9} requests/s   p50 {:>8.1f} us   p99 {:>8.1f} us   {} wrong, {} errors   {} s left",
      sum.sum.answered, Micros(sum.sum.latency.AtQuantile(0.5)),
      Micros(sum.sum.latency.AtQuantile(0.99)), sum.sum.wrong, sum.sum.errors,
      seconds_ > second + 1 ? seconds_ - second - 1 : 0));
}

void Progress::Say(const Step& step) {
  const std::lock_guard lock(mutex_);
  const char* const verdict = !step.valid ? "the generator was late"
                              : step.held ? "held"
                                          : "not held";
  Print(fmt::format("{:>9} requests/s   p99 {:>8.1f} us   {}", step.rate_per_s, Micros(step.p99_ns),
                    verdict));
  if (is_terminal_) fmt::print(out_, "\n");
  line_open_ = false;
}

void Progress::End() {
  const std::lock_guard lock(mutex_);
  if (line_open_) fmt::print(out_, "\n");
  line_open_ = false;
}

void Progress::Print(const std::string& line) {
  fmt::print(out_, "{}{}{}", is_terminal_ ? "\r\x1b[K" : "", line, is_terminal_ ? "" : "\n");
  std::fflush(out_);
  line_open_ = is_terminal_;
}

}  // namespace introspectd::load
