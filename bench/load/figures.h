// Figures as people read them.
//
// Threads: immutable functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "load/outcome.h"

namespace introspectd::load {

double Micros(std::uint64_t ns);
double Seconds(Nanos ns);
double RequestsPerSecond(const Outcome& outcome);
// How much of second `index` of the timeline was measured: the last one may be short.
double SecondsOf(const Outcome& outcome, std::size_t index);

struct ServerShare {
  double cpu_us_per_request;
  double busy;  // 1: one core, all the time
};
std::optional<ServerShare> ServerShareOf(const Outcome& outcome);  // none when it is not known

std::string CountText(std::uint64_t count);         // "1,234,567"
std::string RateText(double per_s);                 // "98,765", "7.25"
std::string DurationText(std::uint64_t ns);         // "84.3 µs", three digits
std::string PercentText(double share);              // "41.2 %"
std::string SecondsText(double seconds);            // "30 s", "0.5 s"
std::string ErrorsText(const ErrorCounts& errors);  // "2 lost, 1 malformed"; "" when there is none

}  // namespace introspectd::load
