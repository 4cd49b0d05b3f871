// A report in the forms that it is given in.
//
// Threads: immutable functions.
#pragma once

#include <string>

#include "load/outcome.h"

namespace introspectd::load {

// One object on one line. Times are in microseconds.
std::string ToJson(const Report& report);

// For a terminal: some lines.
std::string ToText(const Report& report);

// One HTML file that needs nothing else: latency by percentile, the timeline of rate and latency,
// the search, the probe, the set-up. Light or dark as the reader's system is.
std::string ToHtml(const Report& report);

}  // namespace introspectd::load
