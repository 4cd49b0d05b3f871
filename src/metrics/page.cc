#include "metrics/page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <utility>
#include <vector>

namespace introspectd::metrics {

struct Page::Impl {
  std::vector<prometheus::MetricFamily> families;
};

Page::Page() : impl_(std::make_unique<Impl>()) {}
Page::~Page() = default;

Page& Page::Begin(Type type, std::string_view name, std::string_view help) {
  prometheus::MetricFamily family;
  family.name = "introspectd_";
  family.name += name;
  family.help = help;
  switch (type) {
    case Type::kGauge:
      family.type = prometheus::MetricType::Gauge;
      break;
    case Type::kCounter:
      family.type = prometheus::MetricType::Counter;
      break;
    case Type::kHistogram:
      family.type = prometheus::MetricType::Histogram;
      break;
  }
  impl_->families.push_back(std::move(family));
  return *this;
}

Page& Page::Gauge(std::string_view name, std::string_view help) {
  return Begin(Type::kGauge, name, help);
}
Page& Page::Counter(std::string_view name, std::string_view help) {
  return Begin(Type::kCounter, name, help);
}
Page& Page::Histogram(std::string_view name, std::string_view help) {
  return Begin(Type::kHistogram, name, help);
}

Page& Page::Is(Labels labels, double value) {
  prometheus::MetricFamily& family = impl_->families.back();
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) {
    metric.label.push_back({std::string(name), std::string(text)});
  }
  (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  family.metric.push_back(std::move(metric));
  return *this;
}

Page& Page::Has(std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
  prometheus::ClientMetric metric;
  prometheus::ClientMetric::Histogram& histogram = metric.histogram;
  histogram.sample_sum = sum;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    histogram.sample_count += counts[i];
    histogram.bucket.push_back(
        {histogram.sample_count,
         i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  impl_->families.back().metric.push_back(std::move(metric));
  return *this;
}

std::string Page::Text() const { return prometheus::TextSerializer().Serialize(impl_->families); }

}  // namespace introspectd::metrics
