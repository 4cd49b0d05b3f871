// What the workers count of each client, over all reloads: the accounts are made here, written by
// the workers, and read for metrics and for noticing scans.
//
// An account never moves and never goes: a worker may use the one that it was given after any
// reload, and a client that stays, or comes back, goes on from what was counted of it.
//
// Threads: the control loop's. The accounts themselves: api/client_account.h.
// Limits:  128 bytes for each worker and client that a configuration of this process has had.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "api/client_account.h"
#include "client/registry.h"
#include "server/scan_watch.h"

namespace introspectd::server {

class AccountBook {
 public:
  // What was counted of one client, by all workers.
  struct Entry {
    std::string id;
    std::vector<std::unique_ptr<api::ClientAccount>> accounts;  // by worker
    ScanWatch watch;

    std::uint64_t Get(api::Count count) const;
  };

  explicit AccountBook(std::uint32_t workers) : workers_(workers) {}

  void SetRegistry(const client::Registry& registry);
  // Of the registry's clients, in its order.
  std::vector<api::ClientAccount*> AccountsOf(std::uint32_t worker) const;
  const std::vector<Entry*>& entries() const { return entries_; }

  // Every second or so: tells the log of clients whose share of inactive answers has jumped.
  void Watch();

 private:
  Entry& Find(const std::string& id);

  const std::uint32_t workers_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> all_;  // that there have been
  std::vector<Entry*> entries_;                                   // of the registry's clients
};

}  // namespace introspectd::server
