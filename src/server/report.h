// What the server says of itself: GET /v1/status in JSON, GET /metrics in Prometheus's form.
//
// Threads: values; the control loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/state.h"
#include "introspectd/store.h"
#include "text/json_writer.h"

namespace introspectd::server {

// How things are at one moment.
struct Snapshot {
  bool ready = false;
  std::string_view reason;  // why not
  bool feed_fresh = false;
  std::int64_t uptime_s = 0;
  std::uint64_t generation = 0;  // of the configuration
  StoreStatus store;
  std::uint64_t verdict_bytes = 0;
  std::uint64_t connection_bytes = 0;
  std::uint64_t assertion_bytes = 0;
  std::uint64_t memory_max = 0;
  bool memory_full = false;
  std::uint64_t data_connections = 0;
  std::uint64_t admin_connections = 0;
  std::vector<const api::Counters*> workers;  // borrowed

  std::uint64_t memory_bytes() const {
    return store.bytes() + verdict_bytes + connection_bytes + assertion_bytes;
  }
};

// `describe` adds the members that others know of.
std::string StatusOf(const Snapshot& snapshot,
                     const std::function<void(text::JsonWriter&)>& describe);
std::string MetricsOf(const Snapshot& snapshot);

}  // namespace introspectd::server
