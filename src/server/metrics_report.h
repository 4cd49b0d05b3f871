// What the server says of itself to Prometheus: GET /metrics.
//
// Threads: values; the control loop's.
// Limits:  series are as many as clients, issuers and loops are configured, times a constant.
#pragma once

#include <string>

#include "server/report.h"

namespace introspectd::server {

std::string MetricsOf(const Snapshot& snapshot);

}  // namespace introspectd::server
