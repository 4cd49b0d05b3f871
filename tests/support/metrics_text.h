// Prometheus's text format, read strictly, and this server's own rules of naming.
//
// Threads: values.
// Source:  Prometheus exposition formats, text format 0.0.4; its conventions of naming.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace introspectd::support {

using MetricLabels = std::map<std::string, std::string>;

class MetricsText {
 public:
  explicit MetricsText(std::string_view text);

  // What is wrong with it, one line each: no HELP or TYPE, a series twice, a counter that does not
  // end in _total, buckets that go down, a unit in the middle of a name, …
  const std::vector<std::string>& problems() const { return problems_; }

  // Of the one series of that name with these labels.
  std::optional<double> Value(const std::string& name, const MetricLabels& labels = {}) const;
  // How many series a name has.
  std::size_t Count(const std::string& name) const;
  // All series that are counters, or parts of histograms, as "name{a=b,}".
  std::map<std::string, double> Counters() const;

 private:
  struct Family {
    std::string type;
    std::map<MetricLabels, std::vector<std::pair<double, double>>> buckets;  // of a histogram
  };

  void ReadComment(std::string_view line);
  void ReadSample(std::string_view line);
  bool ReadLabels(std::string_view& rest, MetricLabels& labels);
  void Take(const std::string& name, MetricLabels labels, double value);
  void CheckName(const std::string& name, const std::string& type);
  void CheckBuckets(const std::string& name, const Family& family);
  void Complain(std::string_view about, std::string_view problem);

  std::map<std::string, Family> families_;
  std::string helped_;   // the family whose HELP was the last comment
  std::string current_;  // the family whose samples may follow
  std::map<std::string, std::map<MetricLabels, double>> samples_;
  std::vector<std::string> problems_;
};

}  // namespace introspectd::support
