#include "load/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "load/figures.h"

namespace introspectd::load {
namespace {

constexpr std::array<double, 3> kRound{1, 2, 5};

template <class... Args>
void Append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// The least of 1, 2, 5, 10, 20, ... that is not below `value`.
double RoundUp(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double round : kRound) {
    if (round * decade >= value * (1 - 1e-9)) return round * decade;
  }
  return 10 * decade;
}

double RoundDown(double value) {
  const double up = RoundUp(value);
  if (up <= value * (1 + 1e-9)) return up;
  return RoundUp(up / 2.6);  // 10 to 5, 5 to 2, 2 to 1
}

// "1 ms", without the zeros that a column of figures would have.
std::string RoundDurationText(double ns) {
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.0f} µs", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.0f} ms", ns / 1e6);
  return fmt::format("{:.0f} s", ns / 1e9);
}

Axis LinearAxis(double high, double step) {
  Axis axis{.logarithmic = false, .low = 0, .high = high, .ticks = {}};
  for (int i = 0; i * step <= high * (1 + 1e-9); ++i) {
    axis.ticks.push_back({i * step, RateText(i * step)});
  }
  return axis;
}

}  // namespace

double Axis::ShareOf(double value) const {
  const double inside = std::clamp(value, low, high);
  return logarithmic ? std::log(inside / low) / std::log(high / low)
                     : (inside - low) / (high - low);
}

Axis CountAxis(double highest) {
  const double step = RoundUp(std::max(highest, 1.0) / 5);
  return LinearAxis(step * std::ceil(std::max(highest, 1.0) / step), step);
}

Axis SecondsAxis(double highest) {
  const double high = highest > 0 ? highest : 1;
  return LinearAxis(high, RoundUp(high / 12));
}

Axis DurationAxis(std::uint64_t lowest_ns, std::uint64_t highest_ns) {
  const double low = RoundDown(std::max(static_cast<double>(lowest_ns), 1.0));
  const double high =
      std::max(RoundUp(std::max(static_cast<double>(highest_ns), 1.0)), RoundUp(4 * low));
  Axis axis{.logarithmic = true, .low = low, .high = high, .ticks = {}};
  const bool crowded = high / low > 2e3;
  double tick = low;
  while (tick <= high * (1 + 1e-9)) {
    const double leading = tick / std::pow(10, std::floor(std::log10(tick) + 1e-9));
    const bool labelled = !crowded || leading < 1.5;
    axis.ticks.push_back({tick, labelled ? RoundDurationText(tick) : ""});
    tick = RoundUp(tick * 1.5);
  }
  return axis;
}

Axis PercentileAxis() {
  return {.logarithmic = true,
          .low = 1,
          .high = kPercentileAxisEnd,
          .ticks = {{1, "0 %"},
                    {2, "50 %"},
                    {10, "90 %"},
                    {100, "99 %"},
                    {1'000, "99.9 %"},
                    {10'000, "99.99 %"},
                    {100'000, "99.999 %"}}};
}

Panel::Panel(const Box& box, Axis x, Axis y, std::string& out)
    : box_(box), x_(std::move(x)), y_(std::move(y)), out_(out) {}

double Panel::X(double value) const { return box_.left + box_.width * x_.ShareOf(value); }

double Panel::Y(double value) const { return box_.top + box_.height * (1 - y_.ShareOf(value)); }

void Panel::Grid(std::string_view heading) {
  const double right = box_.left + box_.width;
  const double bottom = box_.top + box_.height;
  for (const Tick& tick : x_.ticks) {
    Append(out_, "<path class=\"grid\" d=\"M{0:.1f} {1:.1f}V{2:.1f}\"/>\n", X(tick.value), box_.top,
           bottom);
  }
  for (const Tick& tick : y_.ticks) {
    Append(out_, "<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", box_.left, Y(tick.value),
           right);
    Append(out_, "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
           box_.left - 8, Y(tick.value) + 4, tick.label);
  }
  Append(out_, "<path class=\"axis\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", box_.left, bottom, right);
  Append(out_, "<text class=\"heading\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", box_.left,
         box_.top - 12, heading);
}

void Panel::LabelsBelow(std::string_view title) {
  const double bottom = box_.top + box_.height;
  for (const Tick& tick : x_.ticks) {
    Append(out_,
           "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
           X(tick.value), bottom + 18, tick.label);
  }
  Append(out_, "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
         box_.left + box_.width / 2, bottom + 38, title);
}

void Panel::Legend(const std::vector<LegendEntry>& entries) {
  constexpr double kKey = 20;
  constexpr double kGap = 6;
  // How wide a text is, only the reader's font knows: some 6.6 a character.
  const auto width_of = [](const LegendEntry& entry) {
    return kKey + kGap + 6.6 * static_cast<double>(entry.text.size()) + 3 * kGap;
  };
  double x = box_.left + box_.width + 3 * kGap;
  for (const LegendEntry& entry : entries) x -= width_of(entry);
  const double y = box_.top - 12;
  for (const LegendEntry& entry : entries) {
    Append(out_, "<path class=\"{}\" d=\"M{:.1f} {:.1f}h{:.0f}\"/>\n", entry.css_class, x, y - 4,
           kKey);
    Append(out_, "<text class=\"legend\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + kKey + kGap, y,
           entry.text);
    x += width_of(entry);
  }
}

std::string Panel::PathOf(const std::vector<Point>& points) const {
  std::string path;
  bool drawing = false;
  for (const Point& point : points) {
    if (std::isnan(point.y)) {
      drawing = false;
      continue;
    }
    Append(path, "{}{:.1f} {:.1f}", drawing ? 'L' : 'M', X(point.x), Y(point.y));
    drawing = true;
  }
  return path;
}

void Panel::Line(std::string_view css_class, const std::vector<Point>& points) {
  Append(out_, "<path class=\"{}\" d=\"{}\"/>\n", css_class, PathOf(points));
}

void Panel::Area(std::string_view css_class, const std::vector<Point>& points) {
  if (points.empty()) return;
  Append(out_, "<path class=\"{}\" d=\"{}V{:.1f}H{:.1f}Z\"/>\n", css_class, PathOf(points),
         box_.top + box_.height, X(points.front().x));
}

void Panel::Dot(std::string_view css_class, const Point& point, std::string_view label) {
  Append(out_, "<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", css_class,
         X(point.x), Y(point.y));
  Append(out_, "<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
         X(point.x) + 2, Y(point.y) - 10, label);
}

void Panel::Level(std::string_view css_class, double y) {
  Append(out_, "<path class=\"{}\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", css_class, box_.left, Y(y),
         box_.left + box_.width);
}

void Panel::Column(std::string_view css_class, double from, double to, double bottom,
                   std::string_view title) {
  Append(out_, "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">",
         css_class, X(from), box_.top, X(to) - X(from), bottom - box_.top);
  if (!title.empty()) Append(out_, "<title>{}</title>", title);
  out_ += "</rect>\n";
}

void BeginSvg(std::string_view id, std::string_view title, std::string_view description,
              double width, double height, std::string& out) {
  Append(out,
         "<svg id=\"{0}\" viewBox=\"0 0 {1:.0f} {2:.0f}\" role=\"img\" "
         "aria-labelledby=\"{0}-title {0}-description\">\n"
         "<title id=\"{0}-title\">{3}</title>\n<desc id=\"{0}-description\">{4}</desc>\n",
         id, width, height, title, description);
}

void EndSvg(std::string& out) { out += "</svg>\n"; }

}  // namespace introspectd::load
