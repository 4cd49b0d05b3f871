// Keeps the keys of issuers and clients, and makes them ready for every worker when they change.
//
//   Refresher: another set → a KeyRing for each worker → Trust, as a whole → the workers
//
// Threads: the control loop's. What it makes for a worker is handed over; each worker's keys have a
//          Library of their own, so that verifying workers share nothing.
// Owner:   ControlLoop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "crypto/signature.h"
#include "introspectd/config.h"
#include "jose/trust.h"
#include "keys/refresher.h"
#include "net/loop.h"
#include "server/messages.h"
#include "text/json_writer.h"

namespace introspectd::server {

class KeyKeeper {
 public:
  struct Hooks {
    std::function<void(std::uint32_t worker, ToWorker message)> to_worker;
    std::function<void()> own_changed;  // the control loop's own trust()
    std::function<Now()> now;
  };

  KeyKeeper(net::Loop& loop, std::uint32_t workers, Hooks hooks);

  // A configuration, with the generation of the registry that came with it; the workers are told
  // of it by whoever tells them of that.
  void SetOwners(const Config& config, std::uint64_t generation);
  std::shared_ptr<const jose::Trust> TrustOf(std::uint32_t worker) const;
  // For explaining.
  std::shared_ptr<const jose::Trust> own_trust() const { return TrustOf(workers_); }

  // A worker has seen a token or an assertion of a key that is not known.
  void Ask(const WantKeys& want);
  void Tick(Now now) { refresher_.Tick(now); }
  void Close() { refresher_.Close(); }
  void Describe(text::JsonWriter& json, Now now) const { refresher_.Describe(json, now); }
  std::vector<keys::KeyReport> Reports(Now now) const { return refresher_.Reports(now); }

 private:
  // One owner's keys as they were made ready last, for each worker and then for the control loop.
  struct Ready {
    std::shared_ptr<const jose::JwkSet> set;
    std::vector<std::shared_ptr<jose::KeyRing>> rings;
  };

  void OnRefreshed(std::size_t owner);
  void OnAsked(std::size_t owner, bool good);
  void MakeReady(std::size_t owner);
  const jose::AlgorithmSet& AlgorithmsOf(std::size_t owner) const;

  const std::uint32_t workers_;
  const Hooks hooks_;
  std::vector<std::shared_ptr<crypto::Library>> libraries_;  // as Ready::rings; made when needed
  std::shared_ptr<const jose::Issuers> issuers_;
  std::shared_ptr<const jose::AssertionClients> clients_;
  std::vector<std::int64_t> waits_ms_;  // by owner
  std::uint64_t generation_ = 0;
  std::vector<Ready> ready_;                           // by owner
  std::vector<std::vector<std::uint32_t>> who_asked_;  // by owner: workers
  keys::Refresher refresher_;
};

}  // namespace introspectd::server
