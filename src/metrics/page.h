// A page of metrics in Prometheus's text format; the only room that sees prometheus-cpp.
//
// Threads: one page, one thread. Nothing is counted here: whoever has the numbers writes them.
// Cost:    allocates; for whoever scrapes, not for requests.
// Source:  Prometheus exposition formats, text format 0.0.4.
#pragma once

#include <memory>
#include <string>
#include <string_view>

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

  // The metric's only value, or one of several that a label tells apart.
  Page& Is(double value);
  Page& Is(std::string_view label, std::string_view value_of_label, double value);

  std::string Text() const;

 private:
  struct Impl;
  Page& Begin(bool counter, std::string_view name, std::string_view help);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::metrics
