#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "load/figures.h"
#include "load/html_style.h"
#include "load/report.h"
#include "load/svg_chart.h"

namespace introspectd::load {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kChartWidth = 1000;

struct Percentile {
  double quantile;
  const char* name;
};
constexpr std::array<Percentile, 9> kPercentiles{{{0.5, "50 %"},
                                                  {0.75, "75 %"},
                                                  {0.9, "90 %"},
                                                  {0.95, "95 %"},
                                                  {0.99, "99 %"},
                                                  {0.999, "99.9 %"},
                                                  {0.9999, "99.99 %"},
                                                  {0.99999, "99.999 %"},
                                                  {1, "all"}}};

template <class... Args>
void Append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  out += fmt::format(format, std::forward<Args>(args)...);
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string At(const Histogram& histogram, double quantile) {
  return DurationText(histogram.AtQuantile(quantile));
}

void AppendHead(const Outcome& outcome, std::string& out) {
  Append(out,
         "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<title>Load report: {} requests/s, p99 {}</title>\n<style>{}</style>\n</head>\n",
         RateText(RequestsPerSecond(outcome)), At(outcome.latency, 0.99), kStyle);
}

void AppendTitle(const Report& report, std::string& out) {
  Append(
      out,
      "<header>\n<h1>Load report</h1>\n<p class=\"soft\">{} requests answered in {}. {}</p>\n"
      "</header>\n",
      CountText(report.outcome.answered), SecondsText(Seconds(report.outcome.window)),
      report.open_loop
          ? "Open loop: requests leave when it is their time, whatever the server does; latency "
            "counts from that time."
          : "Closed loop: a request leaves when an answer came; while the server stalls, nothing "
            "more is asked.");
}

void AppendWarnings(const Report& report, std::string& out) {
  const Outcome& outcome = report.outcome;
  if (!report.valid) {
    Append(out,
           "<div class=\"warning\" role=\"alert\"><strong>Not valid: the generator itself was "
           "late</strong>, by {} (p99) and up to {}. These figures say more of it than of the "
           "server.</div>\n",
           At(outcome.lateness, 0.99), DurationText(outcome.lateness.max()));
  }
  const std::uint64_t errors = Sum(outcome.errors);
  if (outcome.wrong == 0 && errors == 0) return;
  Append(out,
         "<div class=\"warning\" role=\"alert\"><strong>{} wrong answers, {} requests without "
         "one.</strong>",
         CountText(outcome.wrong), CountText(errors));
  if (!outcome.first_failure.empty()) {
    Append(out, " The first: <code>{}</code>", Escaped(outcome.first_failure));
  }
  out += "</div>\n";
}

void AppendFigure(std::string_view name, std::string_view css_class, std::string_view value,
                  std::string& out) {
  Append(out, "<div><dt>{}</dt><dd class=\"{}\">{}</dd></div>\n", name, css_class, value);
}

void AppendFigures(const Report& report, std::string& out) {
  const Outcome& outcome = report.outcome;
  const std::uint64_t errors = Sum(outcome.errors);
  out += "<section aria-label=\"Figures\">\n<dl class=\"figures\">\n";
  AppendFigure("requests/s", "", RateText(RequestsPerSecond(outcome)), out);
  AppendFigure("p50", "", At(outcome.latency, 0.5), out);
  AppendFigure("p99", "", At(outcome.latency, 0.99), out);
  AppendFigure("p99.9", "", At(outcome.latency, 0.999), out);
  AppendFigure("max", "", DurationText(outcome.latency.max()), out);
  AppendFigure("wrong", outcome.wrong > 0 ? "bad" : "", CountText(outcome.wrong), out);
  AppendFigure("errors", errors > 0 ? "bad" : "", CountText(errors), out);
  AppendFigure("measurement", report.valid ? "good" : "bad", report.valid ? "valid" : "not valid",
               out);
  out += "</dl>\n</section>\n";
}

void BeginSection(std::string_view title, std::string& out) {
  Append(out, "<section>\n<h2>{}</h2>\n", title);
}

void EndSection(std::string_view note, std::string& out) {
  if (!note.empty()) Append(out, "<p class=\"note\">{}</p>\n", note);
  out += "</section>\n";
}

std::vector<Point> ByPercentile(const Histogram& histogram) {
  constexpr int kPoints = 250;
  const double end = std::min(kPercentileAxisEnd, static_cast<double>(histogram.count()));
  std::vector<Point> points;
  for (int i = 0; i <= kPoints; ++i) {
    const double x = std::pow(end, static_cast<double>(i) / kPoints);
    // Of n values, the one at 1 - 1/n is the last but one: the curve ends at the highest.
    const bool last = i == kPoints && end < kPercentileAxisEnd;
    points.push_back({x, static_cast<double>(histogram.AtQuantile(last ? 1 : 1 - 1 / x))});
  }
  return points;
}

Axis AxisOfPercentiles(const Report& report) {
  const Histogram& latency = report.outcome.latency;
  const Histogram& lateness = report.outcome.lateness;
  std::uint64_t low = latency.AtQuantile(0);
  if (lateness.count() > 0) {
    // Most are far below a microsecond, which would take more room than it is worth.
    low = std::min(low, std::max<std::uint64_t>(lateness.AtQuantile(0.5), 1000));
  }
  // With room for a label above the highest dot.
  const std::uint64_t high = std::max(latency.max(), lateness.AtQuantile(0.99999));
  return DurationAxis(low, high + high / 2);
}

void DrawPercentiles(const Report& report, std::string& out) {
  const Outcome& outcome = report.outcome;
  const Histogram& latency = outcome.latency;
  const bool late = outcome.lateness.count() > 0;
  BeginSvg(
      "percentiles", "Latency by percentile",
      fmt::format("Half of the requests were answered within {}, 99 % within {}, 99.9 % within "
                  "{}; the slowest took {}.",
                  At(latency, 0.5), At(latency, 0.99), At(latency, 0.999),
                  DurationText(latency.max())),
      kChartWidth, 420, out);
  Panel panel({.left = 72, .top = 34, .width = 896, .height = 336}, PercentileAxis(),
              AxisOfPercentiles(report), out);
  panel.Grid("latency");
  panel.LabelsBelow("of the requests were answered within");
  std::vector<LegendEntry> legend{{"line latency", "latency"},
                                  {"highest", "max " + DurationText(latency.max())}};
  if (late) legend.push_back({"line lateness", "lateness of the generator"});
  panel.Legend(legend);
  panel.Level("highest", static_cast<double>(latency.max()));
  if (late) panel.Line("line lateness", ByPercentile(outcome.lateness));
  panel.Line("line latency", ByPercentile(latency));
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const double x = 1 / (1 - quantile);
    if (x * 0.999 > static_cast<double>(latency.count())) break;
    panel.Dot("dot", {x, static_cast<double>(latency.AtQuantile(quantile))}, At(latency, quantile));
  }
  EndSvg(out);
}

void AppendPercentiles(const Report& report, std::string& out) {
  BeginSection("Latency by percentile", out);
  if (report.outcome.latency.count() == 0) {
    EndSection("No request was answered.", out);
    return;
  }
  out += "<div class=\"chart\">\n";
  DrawPercentiles(report, out);
  out += "</div>\n";
  EndSection("", out);
}

// What is drawn over time: a step for each second.
struct Timeline {
  double end = 0;
  double highest_rate = 0;
  std::uint64_t lowest_ns = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t highest_ns = 0;
  bool failures = false;
  std::vector<Point> rate;
  std::vector<Point> p50;
  std::vector<Point> p99;
};

Timeline TimelineOf(const Outcome& outcome) {
  Timeline timeline;
  for (std::size_t i = 0; i < outcome.timeline.size(); ++i) {
    const Interval& interval = outcome.timeline[i];
    const double length = SecondsOf(outcome, i);
    const auto start = static_cast<double>(i);
    timeline.end = start + length;
    const double rate = static_cast<double>(interval.answered) / length;
    timeline.highest_rate = std::max(timeline.highest_rate, rate);
    const bool known = interval.latency.count() > 0;
    const std::uint64_t p50 = interval.latency.AtQuantile(0.5);
    const std::uint64_t p99 = interval.latency.AtQuantile(0.99);
    for (const double x : {start, timeline.end}) {
      timeline.rate.push_back({x, rate});
      timeline.p50.push_back({x, known ? static_cast<double>(p50) : kNothing});
      timeline.p99.push_back({x, known ? static_cast<double>(p99) : kNothing});
    }
    timeline.failures |= interval.wrong + interval.errors > 0;
    if (known) timeline.lowest_ns = std::min(timeline.lowest_ns, p50);
    timeline.highest_ns = std::max(timeline.highest_ns, p99);
  }
  return timeline;
}

std::string TooltipOf(const Outcome& outcome, std::size_t second) {
  const Interval& interval = outcome.timeline[second];
  const double rate = static_cast<double>(interval.answered) / SecondsOf(outcome, second);
  std::string text =
      fmt::format("second {}: {} requests/s, p50 {}, p99 {}", second + 1, RateText(rate),
                  At(interval.latency, 0.5), At(interval.latency, 0.99));
  if (interval.wrong > 0) text += fmt::format(", {} wrong", CountText(interval.wrong));
  if (interval.errors > 0) text += fmt::format(", {} errors", CountText(interval.errors));
  return text;
}

void DrawTimeline(const Outcome& outcome, std::string& out) {
  constexpr Box kRates{.left = 72, .top = 34, .width = 896, .height = 130};
  constexpr Box kLatencies{.left = 72, .top = 216, .width = 896, .height = 210};
  constexpr double kBottom = kLatencies.top + kLatencies.height;
  const Timeline timeline = TimelineOf(outcome);
  BeginSvg("timeline", "Rate and latency over time",
           fmt::format("{} seconds; at most {} requests/s in one of them, p99 at most {}.",
                       outcome.timeline.size(), RateText(timeline.highest_rate),
                       DurationText(timeline.highest_ns)),
           kChartWidth, 476, out);
  const Axis time = SecondsAxis(timeline.end);
  Panel rates(kRates, time, CountAxis(timeline.highest_rate), out);
  rates.Grid("requests/s");
  rates.Area("rate-area", timeline.rate);
  rates.Line("line rate", timeline.rate);
  if (timeline.failures) rates.Legend({{"failed", "wrong answers or errors"}});
  Panel latencies(
      kLatencies, time,
      DurationAxis(std::min(timeline.lowest_ns, timeline.highest_ns), timeline.highest_ns), out);
  latencies.Grid("latency");
  latencies.LabelsBelow("seconds");
  latencies.Legend({{"line p50", "p50"}, {"line p99", "p99"}});
  latencies.Line("line p50", timeline.p50);
  latencies.Line("line p99", timeline.p99);
  for (std::size_t i = 0; i < outcome.timeline.size(); ++i) {
    const bool failed = outcome.timeline[i].wrong + outcome.timeline[i].errors > 0;
    const auto start = static_cast<double>(i);
    rates.Column(failed ? "failed" : "second", start, start + SecondsOf(outcome, i), kBottom,
                 TooltipOf(outcome, i));
  }
  EndSvg(out);
}

void AppendTimeline(const Outcome& outcome, std::string& out) {
  BeginSection("Rate and latency over time", out);
  if (outcome.timeline.empty()) {
    EndSection("No second was measured.", out);
    return;
  }
  out += "<div class=\"chart\">\n";
  DrawTimeline(outcome, out);
  out += "</div>\n";
  EndSection("", out);
}

void AppendPercentileTable(const Outcome& outcome, std::string& out) {
  const bool late = outcome.lateness.count() > 0;
  BeginSection("Percentiles", out);
  Append(out,
         "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">of the requests</th>"
         "<th scope=\"col\" class=\"number\">answered within</th>{}</tr></thead>\n<tbody>\n",
         late ? "<th scope=\"col\" class=\"number\">generator late by</th>" : "");
  for (const auto& [quantile, name] : kPercentiles) {
    Append(out, "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td>", name,
           At(outcome.latency, quantile));
    if (late) Append(out, "<td class=\"number\">{}</td>", At(outcome.lateness, quantile));
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  EndSection("", out);
}

void AppendRow(std::string_view name, std::string_view value, std::string& out) {
  Append(out, "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td></tr>\n", name, value);
}

void AppendCounts(const Outcome& outcome, std::string& out) {
  BeginSection("Counts", out);
  out += "<div class=\"scroll\"><table><tbody>\n";
  AppendRow("requests answered", CountText(outcome.answered), out);
  AppendRow("measured for", SecondsText(Seconds(outcome.window)), out);
  AppendRow("wrong answers", CountText(outcome.wrong), out);
  AppendRow("requests without an answer", CountText(Sum(outcome.errors)), out);
  for (std::size_t i = 0; i < kErrors; ++i) {
    if (outcome.errors[i] == 0) continue;
    AppendRow(fmt::format("&emsp;{}", kErrorNames[i]), CountText(outcome.errors[i]), out);
  }
  AppendRow("connections opened", CountText(outcome.connections_opened), out);
  AppendRow("TLS sessions resumed", CountText(outcome.sessions_resumed), out);
  if (const auto server = ServerShareOf(outcome)) {
    AppendRow("processor time of the server a request",
              fmt::format("{:.2f} µs", server->cpu_us_per_request), out);
    AppendRow("server busy", PercentText(server->busy), out);
  }
  out += "</tbody></table></div>\n";
  EndSection("Wrong answers and those that are missing count from the warm-up on.", out);
}

std::string StateOf(const Step& step) {
  std::string state = step.held ? "<span class=\"good\">held</span>" : "not held";
  if (!step.valid) state += ", <span class=\"bad\">generator late</span>";
  return state;
}

void AppendSearch(const Report& report, std::string& out) {
  if (report.steps.empty()) return;
  BeginSection("The highest rate", out);
  if (report.found_rate_per_s > 0) {
    Append(out, "<p><strong>{} requests/s</strong> is the highest rate that held {}.</p>\n",
           CountText(report.found_rate_per_s), Escaped(report.target));
  } else {
    Append(out, "<p>No rate that was tried held {}.</p>\n", Escaped(report.target));
  }
  out +=
      "<div class=\"scroll\"><table class=\"steps\">\n<thead><tr><th scope=\"col\" "
      "class=\"number\">rate/s</th>"
      "<th scope=\"col\" class=\"number\">answered/s</th>"
      "<th scope=\"col\" class=\"number\">p99</th>"
      "<th scope=\"col\" class=\"state\">target</th></tr></thead>\n<tbody>\n";
  for (const Step& step : report.steps) {
    Append(out,
           "<tr><td class=\"number\">{}</td><td class=\"number\">{}</td>"
           "<td class=\"number\">{}</td><td class=\"state\">{}</td></tr>\n",
           CountText(step.rate_per_s), RateText(step.answered_per_s), DurationText(step.p99_ns),
           StateOf(step));
  }
  out += "</tbody></table></div>\n";
  EndSection("", out);
}

void AppendProbeRow(std::string_view name, const Histogram& histogram, std::string& out) {
  Append(out, "<tr><th scope=\"row\">{}</th>", name);
  for (const double quantile : {0.5, 0.99, 1.0}) {
    Append(out, "<td class=\"number\">{}</td>", At(histogram, quantile));
  }
  out += "</tr>\n";
}

void AppendProbe(const Report& report, std::string& out) {
  if (!report.probe) return;
  const Probe& probe = *report.probe;
  BeginSection("Revocation under load", out);
  Append(out,
         "<p>{} tokens were revoked and asked about all the while; after the acknowledgement, "
         "<strong class=\"{}\">{}</strong> answers still said active.</p>\n",
         CountText(probe.revoked), probe.active_after > 0 ? "bad" : "good",
         CountText(probe.active_after));
  out +=
      "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">from sending a revocation</th>"
      "<th scope=\"col\" class=\"number\">p50</th><th scope=\"col\" class=\"number\">p99</th>"
      "<th scope=\"col\" class=\"number\">max</th></tr></thead>\n<tbody>\n";
  AppendProbeRow("to its acknowledgement", probe.until_acknowledged, out);
  AppendProbeRow("to the last answer that said active", probe.until_last_active, out);
  out += "</tbody></table></div>\n";
  EndSection("", out);
}

void AppendSetup(const Report& report, std::string& out) {
  if (report.setup.empty()) return;
  BeginSection("Set-up", out);
  out += "<table class=\"setup\"><tbody>\n";
  for (const auto& [name, value] : report.setup) {
    Append(out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", Escaped(name), Escaped(value));
  }
  out += "</tbody></table>\n";
  EndSection("", out);
}

}  // namespace

std::string ToHtml(const Report& report) {
  std::string out;
  AppendHead(report.outcome, out);
  out += "<body>\n<main>\n";
  AppendTitle(report, out);
  AppendWarnings(report, out);
  AppendFigures(report, out);
  AppendPercentiles(report, out);
  AppendTimeline(report.outcome, out);
  out += "<div class=\"columns\">\n";
  AppendPercentileTable(report.outcome, out);
  AppendCounts(report.outcome, out);
  out += "</div>\n";
  AppendSearch(report, out);
  AppendProbe(report, out);
  AppendSetup(report, out);
  out += "</main>\n</body>\n</html>\n";
  return out;
}

}  // namespace introspectd::load
