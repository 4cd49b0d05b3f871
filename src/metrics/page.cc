#include "metrics/page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

namespace introspectd::metrics {

struct Page::Impl {
  std::vector<prometheus::MetricFamily> families;
};

Page::Page() : impl_(std::make_unique<Impl>()) {}
Page::~Page() = default;

Page& Page::Begin(bool counter, std::string_view name, std::string_view help) {
  prometheus::MetricFamily family;
  family.name = "introspectd_";
  family.name += name;
  family.help = help;
  family.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  impl_->families.push_back(std::move(family));
  return *this;
}

Page& Page::Gauge(std::string_view name, std::string_view help) { return Begin(false, name, help); }
Page& Page::Counter(std::string_view name, std::string_view help) {
  return Begin(true, name, help);
}

Page& Page::Is(double value) { return Is("", "", value); }

Page& Page::Is(std::string_view label, std::string_view value_of_label, double value) {
  prometheus::MetricFamily& family = impl_->families.back();
  prometheus::ClientMetric metric;
  if (!label.empty()) metric.label = {{std::string(label), std::string(value_of_label)}};
  (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  family.metric.push_back(std::move(metric));
  return *this;
}

std::string Page::Text() const { return prometheus::TextSerializer().Serialize(impl_->families); }

}  // namespace introspectd::metrics
