#include "support/metrics_text.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "text/ascii.h"

namespace introspectd::support {

namespace {

constexpr std::string_view kPrefix = "introspectd_";

bool IsName(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos &&
         !(name[0] >= '0' && name[0] <= '9');
}

std::optional<double> NumberOf(std::string_view text) {
  if (text == "+Inf") return INFINITY;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The family of a histogram's series.
std::string WithoutPart(const std::string& name) {
  for (const std::string_view part : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(part)) return name.substr(0, name.size() - part.size());
  }
  return name;
}

}  // namespace

MetricsText::MetricsText(std::string_view text) {
  if (!text.ends_with('\n')) Complain("the page", "does not end with a line end");
  while (!text.empty()) {
    const std::string_view line = text::TakeUntil(text, '\n');
    line.starts_with('#') ? ReadComment(line) : ReadSample(line);
  }
  for (const auto& [name, family] : families_) CheckBuckets(name, family);
}

void MetricsText::Complain(std::string_view about, std::string_view problem) {
  problems_.push_back(std::string(about) + ": " + std::string(problem));
}

void MetricsText::ReadComment(std::string_view line) {
  std::string_view rest = line;
  text::TakeUntil(rest, ' ');
  const std::string_view kind = text::TakeUntil(rest, ' ');
  const std::string name(text::TakeUntil(rest, ' '));
  if (kind == "HELP") {
    if (rest.empty()) Complain(name, "an empty HELP");
    helped_ = name;
    current_.clear();
    return;
  }
  if (kind != "TYPE") return Complain(line, "neither HELP nor TYPE");
  if (helped_ != name) Complain(name, "a TYPE that does not follow its HELP");
  if (!families_.emplace(name, Family{std::string(rest), {}}).second) {
    Complain(name, "a family twice");
  }
  CheckName(name, std::string(rest));
  current_ = name;
}

void MetricsText::CheckName(const std::string& name, const std::string& type) {
  if (!IsName(name) || !name.starts_with(kPrefix)) Complain(name, "is no name of ours");
  if (type != "counter" && type != "gauge" && type != "histogram") Complain(name, "of no type");
  if ((type == "counter") != name.ends_with("_total")) {
    Complain(name, "counters, and only they, end in _total");
  }
  const std::string base = type == "counter" ? name.substr(0, name.size() - 6) : name;
  for (const std::string_view unit : {"_seconds", "_bytes", "_ratio"}) {
    if (base.find(unit) != std::string::npos && !base.ends_with(unit)) {
      Complain(name, "a unit that is not at its end");
    }
  }
  for (const std::string_view unit : {"_ms", "_us", "_s", "_percent", "_kib"}) {
    if (base.ends_with(unit)) Complain(name, "not a base unit");
  }
}

void MetricsText::ReadSample(std::string_view line) {
  std::string_view rest = line;
  const std::string name(rest.substr(0, rest.find_first_of("{ ")));
  rest.remove_prefix(name.size());
  MetricLabels labels;
  if (rest.starts_with('{') && !ReadLabels(rest, labels)) return Complain(line, "broken labels");
  if (!rest.starts_with(' ')) return Complain(line, "no space before its value");
  const auto value = NumberOf(rest.substr(1));
  if (!value) return Complain(line, "its value is no number");
  Take(name, std::move(labels), *value);
}

bool MetricsText::ReadLabels(std::string_view& rest, MetricLabels& labels) {
  rest.remove_prefix(1);
  while (!rest.starts_with('}')) {
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos || !IsName(rest.substr(0, equals))) return false;
    const std::string name(rest.substr(0, equals));
    rest.remove_prefix(equals + 2);
    std::string value;
    while (!rest.empty() && rest[0] != '"') {
      char c = rest[0];
      rest.remove_prefix(1);
      if (c == '\\') {
        if (rest.empty() || std::string_view("\\\"n").find(rest[0]) == std::string_view::npos) {
          return false;
        }
        c = rest[0] == 'n' ? '\n' : rest[0];
        rest.remove_prefix(1);
      }
      value += c;
    }
    if (rest.empty() || !labels.emplace(name, value).second) return false;
    rest.remove_prefix(1);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  rest.remove_prefix(1);
  return true;
}

void MetricsText::Take(const std::string& name, MetricLabels labels, double value) {
  const auto family = families_.find(current_);
  const bool histogram = family != families_.end() && family->second.type == "histogram";
  if (current_.empty() || (histogram ? WithoutPart(name) : name) != current_) {
    return Complain(name, "a sample outside of its family");
  }
  if (family->second.type != "gauge" && (value < 0 || std::isnan(value))) {
    Complain(name, "a count that is none");
  }
  if (!samples_[name].emplace(labels, value).second) Complain(name, "a series twice");
  if (histogram && name.ends_with("_bucket")) {
    const auto bound = labels.extract("le");
    const auto number = bound.empty() ? std::nullopt : NumberOf(bound.mapped());
    if (!number) return Complain(name, "a bucket without a bound");
    family->second.buckets[labels].emplace_back(*number, value);
  }
}

void MetricsText::CheckBuckets(const std::string& name, const Family& family) {
  for (const auto& [labels, buckets] : family.buckets) {
    for (std::size_t i = 1; i < buckets.size(); ++i) {
      if (buckets[i].first <= buckets[i - 1].first) Complain(name, "bounds that do not ascend");
      if (buckets[i].second < buckets[i - 1].second) Complain(name, "buckets that go down");
    }
    if (!std::isinf(buckets.back().first)) Complain(name, "no bucket for all");
    if (Value(name + "_count", labels) != buckets.back().second) {
      Complain(name, "its count is not that of its last bucket");
    }
    if (!Value(name + "_sum", labels)) Complain(name, "no sum");
  }
}

std::optional<double> MetricsText::Value(const std::string& name,
                                         const MetricLabels& labels) const {
  const auto series = samples_.find(name);
  if (series == samples_.end()) return std::nullopt;
  const auto found = series->second.find(labels);
  if (found == series->second.end()) return std::nullopt;
  return found->second;
}

std::size_t MetricsText::Count(const std::string& name) const {
  const auto series = samples_.find(name);
  return series == samples_.end() ? 0 : series->second.size();
}

std::map<std::string, double> MetricsText::Counters() const {
  std::map<std::string, double> counters;
  for (const auto& [name, series] : samples_) {
    const auto family = families_.find(name);
    if (family != families_.end() && family->second.type == "gauge") continue;
    for (const auto& [labels, value] : series) {
      std::string key = name + "{";
      for (const auto& [label, text] : labels) key += label + "=" + text + ",";
      counters[key + "}"] = value;
    }
  }
  return counters;
}

}  // namespace introspectd::support
