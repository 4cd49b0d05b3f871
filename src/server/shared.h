// What all threads of the server see. Made before they start, gone after they ended.
//
// Threads: every member says.
#pragma once

#include <functional>
#include <vector>

#include "api/state.h"
#include "base/clock.h"
#include "config/load.h"
#include "crypto/digest.h"
#include "introspectd/config.h"
#include "introspectd/store.h"
#include "server/connection_pool.h"
#include "server/messages.h"

namespace introspectd::server {

struct Shared {
  explicit Shared(const Config& from)
      : config(config::WithoutSecrets(from)),
        store({.issuer = from.introspection.issuer,
               .token_lifetime_max_s = from.storage.token_lifetime_max_s,
               .kept = !from.storage.directory.empty()}),
        data_peers(from.limits.data.connections_max, from.limits.data.connections_per_address_max) {
  }

  const Config config;         // immutable; plain secrets are not in it
  Store store;                 // one writer: the control loop
  api::Readiness readiness;    // thread-safe
  base::WallFloor wall_floor;  // thread-safe; raised by the control loop
  Peers data_peers;            // thread-safe
  const crypto::ProcessKey key = crypto::NewProcessKey();  // immutable
  std::function<void(ToControl)> to_control;               // thread-safe; set before workers start
};

}  // namespace introspectd::server
