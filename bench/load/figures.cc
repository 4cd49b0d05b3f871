#include "load/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace introspectd::load {

double Micros(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

double Seconds(Nanos ns) { return static_cast<double>(ns) / kNanosPerSecond; }

double RequestsPerSecond(const Outcome& outcome) {
  return outcome.window > 0 ? static_cast<double>(outcome.answered) / Seconds(outcome.window) : 0;
}

double SecondsOf(const Outcome& outcome, std::size_t index) {
  const double left = Seconds(outcome.window) - static_cast<double>(index);
  return left > 0 ? std::min(left, 1.0) : 1;
}

std::optional<ServerShare> ServerShareOf(const Outcome& outcome) {
  if (!outcome.server_cpu_ns || outcome.answered == 0 || outcome.window == 0) return std::nullopt;
  return ServerShare{
      .cpu_us_per_request = Micros(*outcome.server_cpu_ns) / static_cast<double>(outcome.answered),
      .busy = Seconds(*outcome.server_cpu_ns) / Seconds(outcome.window)};
}

std::string CountText(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string RateText(double per_s) {
  return per_s < 99.5 ? fmt::format("{:.3g}", per_s)
                      : CountText(static_cast<std::uint64_t>(std::llround(per_s)));
}

std::string DurationText(std::uint64_t ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits{{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}};
  if (ns == 0) return "0 s";
  const auto value = static_cast<double>(ns);
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && value >= 999.5 * kUnits[unit].ns) ++unit;
  const double scaled = value / kUnits[unit].ns;
  const int decimals = unit == 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", scaled, decimals, kUnits[unit].name);
}

std::string PercentText(double share) { return fmt::format("{:.1f} %", share * 100); }

std::string SecondsText(double seconds) { return fmt::format("{:.4g} s", seconds); }

std::string ErrorsText(const ErrorCounts& errors) {
  std::string text;
  for (std::size_t i = 0; i < kErrors; ++i) {
    if (errors[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += CountText(errors[i]) + " " + kErrorNames[i];
  }
  return text;
}

}  // namespace introspectd::load
