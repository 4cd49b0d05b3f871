// What the server says of itself: GET /v1/status in JSON. GET /metrics: metrics_report.h.
//
// Threads: values; the control loop's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/control.h"
#include "api/state.h"
#include "introspectd/store.h"
#include "keys/refresher.h"
#include "replica/replica.h"
#include "server/account_book.h"
#include "server/handshake_counts.h"
#include "text/json_writer.h"
#include "update/store_target.h"

namespace introspectd::server {

// Of the configuration, since the start.
struct Reloads {
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
};

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
  // For metrics alone; what is pointed to is borrowed.
  std::vector<const AccountBook::Entry*> clients{};
  std::int64_t control_cpu_us = 0;
  std::vector<const HandshakeCounts*> data_handshakes{};
  const HandshakeCounts* admin_handshakes = nullptr;
  const update::UpdateCounts* updates = nullptr;
  const api::PushCounts* pushes = nullptr;
  const api::AdminFailures* admin_failures = nullptr;
  std::vector<keys::KeyReport> keys{};
  std::optional<replica::ReplicaReport> replication{};  // none: this node alone
  Reloads reloads{};

  std::uint64_t memory_bytes() const {
    return store.bytes() + verdict_bytes + connection_bytes + assertion_bytes;
  }
};

using BytesOfKinds = std::array<std::pair<const char*, std::uint64_t>, 7>;
BytesOfKinds BytesByKind(const Snapshot& snapshot);

// `describe` adds the members that others know of.
std::string StatusOf(const Snapshot& snapshot,
                     const std::function<void(text::JsonWriter&)>& describe);

}  // namespace introspectd::server
