// A page of metrics in Prometheus's text format; the only room that sees prometheus-cpp.
//
// Threads: one page, one thread. Nothing is counted here: whoever has the numbers writes them.
// Cost:    allocates; for whoever scrapes, not for requests.
// Source:  Prometheus exposition formats, text format 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace introspectd::metrics {

inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

class Page {
 public:
  Page();
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  // Begins a metric; its values follow. `name` comes without the prefix "introspectd_".
  Page& Gauge(std::string_view name, std::string_view help);
  Page& Counter(std::string_view name, std::string_view help);
  Page& Histogram(std::string_view name, std::string_view help);

  // The metric's only value, or one of several that labels tell apart. A label's value may be any
  // UTF-8 text.
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  Page& Is(double value) { return Is(Labels(), value); }
  Page& Is(std::string_view label, std::string_view value_of_label, double value) {
    return Is({{label, value_of_label}}, value);
  }
  Page& Is(Labels labels, double value);
  // A histogram's: how many were within each of the upper bounds and not within the one before,
  // and, last, beyond all of them.
  Page& Has(std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);

  std::string Text() const;

 private:
  struct Impl;
  enum class Type : std::uint8_t { kGauge, kCounter, kHistogram };
  Page& Begin(Type type, std::string_view name, std::string_view help);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::metrics
