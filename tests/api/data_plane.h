// The data plane without sockets, threads and clocks: sessions over a real endpoint and a real
// store.
//
// Threads: one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/introspect_endpoint.h"
#include "http/session.h"
#include "introspectd/update.h"
#include "support/wire.h"
#include "support/world.h"

namespace introspectd::api {

// The configuration that `text` is; throws when it is none.
Config ConfigOf(std::string_view text);

class DataPlane {
 public:
  explicit DataPlane(std::string_view config = support::ConfigText{}.Text());

  // Makes the lines visible; each must be good.
  void Push(std::string_view lines);

  // What is said to `bytes` on the connection that is open. Credentials that are not remembered are
  // verified at once, unless `verify_later`, and assertions are used, unless `use_later`.
  std::string Say(std::string_view bytes);
  // The answer to one request, which comes in a turn of its own.
  support::Response Ask(std::string_view request);
  // The same on a connection of its own.
  support::Response AskAnew(std::string_view request);
  void Reconnect();
  // One turn of a worker's loop, which allocates nothing: `out` becomes what is said to `read`. No
  // credentials are verified.
  void Turn(std::string_view read, std::string& out);

  // What has been asked for and not been told.
  std::deque<VerificationRequest> verifications;
  // Does what server::Verifier does: verifies the first of `verifications` and tells the worker.
  void Verify();
  // Assertions that were brought to be used, and are not yet.
  struct UseOfAssertion {
    http::Ticket ticket;
    client::AssertionName name;
    UnixSeconds exp;
  };
  std::deque<UseOfAssertion> uses;
  // Does what the control loop does: uses the first of them and tells the worker.
  void Use();
  void Resume(const http::Ticket& ticket, http::Resumption resumption);
  // One turn of the loop for JWTs that wait for time.
  bool TurnJwts() {
    jwts.BeginTurn();
    return jwts.Turn();
  }
  http::Peer peer;  // at the other end of the next connection
  // A configuration of clients, as after SIGHUP.
  void Reload(std::string_view config);
  ClientAccount& AccountOf(const std::string& id);
  // The answers that were deferred. `settle_later`: they are not asked for before.
  void Settle();
  std::string Take() { return std::exchange(said_, {}); }

  std::vector<std::size_t> wanted_keys;  // issuers whose keys were asked for
  bool jwts_wait = false;                // TurnJwts has something to do
  bool verify_later = false;
  bool use_later = false;
  bool settle_later = false;
  Now now{.wall_us = support::StartSeconds() * kMicrosPerSecond, .boot_ms = 1000};
  const Config config;
  Store store;
  Updater updater;
  Readiness readiness;
  crypto::ProcessKey key = crypto::NewProcessKey();
  client::CredentialCache credentials{key, 100};
  client::UsedAssertions used_assertions{100};
  Counters counters;
  std::shared_ptr<const client::Registry> registry;
  JwtDesk jwts;
  IntrospectEndpoint endpoint;
  http::DateCache date;
  std::unique_ptr<http::Session> session;
  int verified = 0;  // how often a secret was verified

 private:
  void Pump();
  std::vector<ClientAccount*> Accounts();

  std::map<std::string, ClientAccount> accounts_;
  std::uint32_t generation_ = 0;
  std::string turn_;
  std::string said_;
};

}  // namespace introspectd::api
