// The life of the keys of issuers and clients: where they come from, when they are fetched again,
// and for how long they are believed.
//
//   first fetch → good for a while → refreshed before it is stale → … → kept through outages
//                                                                 → too old (kMaxStale)
//
// Threads: the control loop's.
// Limits:  one fetch an owner at a time; a fetch that was asked for starts the cooldown when it
//          starts, and there is none within it.
// Source:  RFC 7517 5; RFC 8414 3; OpenID Connect Discovery 1.0 4; RFC 9111 5.2.2.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "introspectd/time.h"
#include "jose/jwk.h"
#include "keys/owner.h"
#include "net/loop.h"
#include "text/json_writer.h"

namespace introspectd::keys {

// What is known of one owner's keys. The set is immutable; nothing: never had.
struct KnownKeys {
  std::shared_ptr<const jose::JwkSet> set;
  UnixMicros asked_us = 0;             // when the request that brought it was sent: what the owner
                                       // published before then is in it
  std::int64_t stale_at_ms = 0;        // on the boot clock: not to be believed from then on
  std::int64_t cooldown_until_ms = 0;  // on the boot clock: no fetch will be started before
};

// How an owner's keys are, for metrics.
struct KeyReport {
  std::string_view kind;  // "issuer" or "client"
  std::string name;
  std::size_t keys = 0;
  std::optional<std::int64_t> age_ms;  // nothing: never had
  std::uint64_t refreshes_good = 0;    // since its keys come from where they come from
  std::uint64_t refreshes_failed = 0;
};

class Refresher {
 public:
  struct Hooks {
    // known(owner) is new: another set, or the same one asked for later.
    std::function<void(std::size_t owner)> refreshed;
    // A fetch that Ask waited for is over (after `refreshed`), or is not to be had. Never from
    // within Ask.
    std::function<void(std::size_t owner, bool good)> asked;
    std::function<Now()> now;
  };

  Refresher(net::Loop& loop, Hooks hooks);
  ~Refresher();

  // The owners from now on, by place. One whose keys come from where they came from keeps them.
  // Files are read, again too, before it returns, so that a key that was taken out is not believed
  // any longer; `refreshed` says nothing of it. Fetches of the old ones are forgotten.
  void SetOwners(std::vector<Owner> owners);
  // Borrowed until SetOwners; valid for owner < the number of them.
  const KnownKeys& known(std::size_t owner) const;

  // Somebody has seen a kid that is not in the set: fetches, or waits for the fetch that is under
  // way; `asked` is called in each case.
  void Ask(std::size_t owner);
  void Tick(Now now);  // every 100 ms or so
  void Close();

  // "keys" of /v1/status: an array with an object for each owner.
  void Describe(text::JsonWriter& json, Now now) const;
  std::vector<KeyReport> Reports(Now now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::keys
