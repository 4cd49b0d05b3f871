#include "load/report.h"

#include <fmt/format.h>

#include <string_view>

#include "load/figures.h"
#include "text/json_writer.h"

namespace introspectd::load {
namespace {

using text::JsonWriter;

void WriteMicros(std::string_view name, std::uint64_t ns, JsonWriter& writer) {
  writer.Key(name).Number(Micros(ns));
}

void WriteFigures(const Report& report, JsonWriter& writer) {
  const Outcome& outcome = report.outcome;
  writer.Key("requests").Unsigned(outcome.answered);
  writer.Key("seconds").Number(Seconds(outcome.window));
  writer.Key("requests_per_s").Number(RequestsPerSecond(outcome));
  writer.Key("valid").Bool(report.valid);
  writer.Key("open_loop").Bool(report.open_loop);
  if (const auto server = ServerShareOf(outcome)) {
    writer.Key("server_cpu_us_per_request").Number(server->cpu_us_per_request);
    writer.Key("server_busy_share").Number(server->busy);
  }
  WriteMicros("p50_us", outcome.latency.AtQuantile(0.5), writer);
  WriteMicros("p90_us", outcome.latency.AtQuantile(0.9), writer);
  WriteMicros("p99_us", outcome.latency.AtQuantile(0.99), writer);
  WriteMicros("p999_us", outcome.latency.AtQuantile(0.999), writer);
  WriteMicros("max_us", outcome.latency.max(), writer);
  WriteMicros("lateness_p99_us", outcome.lateness.AtQuantile(0.99), writer);
}

void WriteFailures(const Outcome& outcome, JsonWriter& writer) {
  writer.Key("wrong").Unsigned(outcome.wrong);
  writer.Key("refused").Unsigned(outcome.refused);
  writer.Key("errors").Unsigned(Sum(outcome.errors));
  writer.Key("errors_by_kind").BeginObject();
  for (std::size_t i = 0; i < kErrors; ++i) {
    writer.Key(kErrorNames[i]).Unsigned(outcome.errors[i]);
  }
  writer.EndObject();
}

void WriteSearch(const Report& report, JsonWriter& writer) {
  if (report.steps.empty()) return;
  writer.Key("target").String(report.target);
  writer.Key("found_rate_per_s").Unsigned(report.found_rate_per_s);
  writer.Key("steps").BeginArray();
  for (const Step& step : report.steps) {
    writer.BeginObject();
    writer.Key("rate_per_s").Unsigned(step.rate_per_s);
    writer.Key("answered_per_s").Number(step.answered_per_s);
    WriteMicros("p99_us", step.p99_ns, writer);
    writer.Key("held").Bool(step.held);
    writer.Key("valid").Bool(step.valid);
    writer.EndObject();
  }
  writer.EndArray();
}

void WriteProbe(const Probe& probe, JsonWriter& writer) {
  writer.Key("probe").BeginObject();
  writer.Key("revoked").Unsigned(probe.revoked);
  WriteMicros("acknowledged_p50_us", probe.until_acknowledged.AtQuantile(0.5), writer);
  WriteMicros("acknowledged_p99_us", probe.until_acknowledged.AtQuantile(0.99), writer);
  WriteMicros("last_active_p50_us", probe.until_last_active.AtQuantile(0.5), writer);
  WriteMicros("last_active_p99_us", probe.until_last_active.AtQuantile(0.99), writer);
  WriteMicros("last_active_max_us", probe.until_last_active.max(), writer);
  writer.Key("active_after").Unsigned(probe.active_after);
  writer.EndObject();
}

void WriteTimeline(const std::vector<Interval>& timeline, JsonWriter& writer) {
  writer.Key("timeline").BeginArray();
  for (const Interval& interval : timeline) {
    writer.BeginObject();
    writer.Key("answered").Unsigned(interval.answered);
    WriteMicros("p50_us", interval.latency.AtQuantile(0.5), writer);
    WriteMicros("p99_us", interval.latency.AtQuantile(0.99), writer);
    writer.Key("wrong").Unsigned(interval.wrong);
    writer.Key("errors").Unsigned(interval.errors);
    writer.EndObject();
  }
  writer.EndArray();
}

// Every line of the text has a name in front.
template <class... Args>
void Line(std::string& out, std::string_view name, fmt::format_string<Args...> format,
          Args&&... args) {
  out += fmt::format("{:<13}", name);
  out += fmt::format(format, std::forward<Args>(args)...);
  out += '\n';
}

void AppendLatency(const Report& report, std::string& out) {
  const Histogram& latency = report.outcome.latency;
  Line(out, "latency", "p50 {}   p90 {}   p99 {}   p99.9 {}   max {}",
       DurationText(latency.AtQuantile(0.5)), DurationText(latency.AtQuantile(0.9)),
       DurationText(latency.AtQuantile(0.99)), DurationText(latency.AtQuantile(0.999)),
       DurationText(latency.max()));
}

void AppendAnswers(const Outcome& outcome, std::string& out) {
  const std::uint64_t errors = Sum(outcome.errors);
  const std::string kinds = errors > 0 ? " (" + ErrorsText(outcome.errors) + ")" : "";
  Line(out, "answers", "{} wrong, {} errors{}", CountText(outcome.wrong), CountText(errors), kinds);
  if (outcome.refused > 0) Line(out, "", "{} told to ask later", CountText(outcome.refused));
  if (!outcome.first_failure.empty()) Line(out, "", "the first: {}", outcome.first_failure);
}

void AppendSides(const Report& report, std::string& out) {
  const Outcome& outcome = report.outcome;
  if (const auto server = ServerShareOf(outcome)) {
    Line(out, "server", "{:.2f} µs of processor time a request, busy {}",
         server->cpu_us_per_request, PercentText(server->busy));
  }
  Line(out, "connections", "{} opened, {} TLS sessions resumed",
       CountText(outcome.connections_opened), CountText(outcome.sessions_resumed));
  if (!report.open_loop && report.valid) return;
  Line(out, "generator", "late by {} (p99){}", DurationText(outcome.lateness.AtQuantile(0.99)),
       report.valid ? "" : ": TOO LATE, the run is NOT VALID");
}

void AppendSearch(const Report& report, std::string& out) {
  if (report.steps.empty()) return;
  if (report.found_rate_per_s > 0) {
    Line(out, "search", "{} requests/s hold {}", CountText(report.found_rate_per_s), report.target);
  } else {
    Line(out, "search", "no rate that was tried holds {}", report.target);
  }
  Line(out, "", "{:>12} {:>12} {:>10}", "rate/s", "answered/s", "p99");
  for (const Step& step : report.steps) {
    Line(out, "", "{:>12} {:>12} {:>10}   {}{}", CountText(step.rate_per_s),
         RateText(step.answered_per_s), DurationText(step.p99_ns), step.held ? "held" : "not held",
         step.valid ? "" : ", generator late");
  }
}

void AppendProbe(const Probe& probe, std::string& out) {
  const Histogram& acknowledged = probe.until_acknowledged;
  const Histogram& last_active = probe.until_last_active;
  Line(out, "probe", "{} tokens revoked; {} answers active after the acknowledgement",
       CountText(probe.revoked), CountText(probe.active_after));
  Line(out, "", "acknowledged  p50 {}   p99 {}   max {}",
       DurationText(acknowledged.AtQuantile(0.5)), DurationText(acknowledged.AtQuantile(0.99)),
       DurationText(acknowledged.max()));
  Line(out, "", "last active   p50 {}   p99 {}   max {}", DurationText(last_active.AtQuantile(0.5)),
       DurationText(last_active.AtQuantile(0.99)), DurationText(last_active.max()));
}

}  // namespace

std::string ToJson(const Report& report) {
  std::string json;
  JsonWriter writer(json);
  writer.BeginObject();
  WriteFigures(report, writer);
  WriteFailures(report.outcome, writer);
  writer.Key("connections_opened").Unsigned(report.outcome.connections_opened);
  writer.Key("sessions_resumed").Unsigned(report.outcome.sessions_resumed);
  WriteSearch(report, writer);
  if (report.probe) WriteProbe(*report.probe, writer);
  WriteTimeline(report.outcome.timeline, writer);
  writer.Key("setup").BeginObject();
  for (const auto& [name, value] : report.setup) writer.Key(name).String(value);
  writer.EndObject();
  writer.EndObject();
  return json;
}

std::string ToText(const Report& report) {
  const Outcome& outcome = report.outcome;
  std::string out;
  Line(out, "requests", "{} in {}, {} loop: {} requests/s", CountText(outcome.answered),
       SecondsText(Seconds(outcome.window)), report.open_loop ? "open" : "closed",
       RateText(RequestsPerSecond(outcome)));
  AppendLatency(report, out);
  AppendAnswers(outcome, out);
  AppendSides(report, out);
  AppendSearch(report, out);
  if (report.probe) AppendProbe(*report.probe, out);
  return out;
}

}  // namespace introspectd::load
