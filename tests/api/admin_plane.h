// The control plane without sockets, threads and clocks: a session over a real endpoint, pipeline
// and store.
//
// Threads: one.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "api/admin_endpoint.h"
#include "http/session.h"
#include "introspectd/introspection.h"
#include "support/wire.h"
#include "support/world.h"
#include "update/store_target.h"

namespace introspectd::api {

class AdminPlane {
 public:
  explicit AdminPlane(std::string_view config = support::ConfigText{}.Text());

  // What is said to `bytes` on the connection that is open, when tokens were verified and
  // everything was applied, unless told to leave that for later.
  std::string Say(std::string_view bytes);
  // The answer to one request on a connection of its own.
  support::Response Ask(std::string_view request);
  void Reconnect();
  std::string Take() { return std::exchange(said_, {}); }

  std::deque<VerificationRequest> verifications;
  void Verify();  // the first of them
  // One turn of the pipeline; false when there is nothing more to do.
  bool Turn();
  void Resume(const http::Ticket& ticket, http::Resumption resumption);
  void Expire();
  void Reload(std::string_view config);

  // The state of a token, as a worker would find it.
  TokenState StateOf(std::string_view token);

  bool verify_later = false;
  bool apply_later = false;
  Now now{.wall_us = support::StartSeconds() * kMicrosPerSecond, .boot_ms = 1000};
  const Config config;
  Store store;
  Store::Reader reader{store};
  update::Parser parser;
  update::StoreTarget target;
  update::Pipeline pipeline;
  update::Admission admission;
  crypto::ProcessKey key = crypto::NewProcessKey();
  client::CredentialCache credentials{key, 100};
  Readiness readiness;
  PushCounts push_counts;
  AdminFailures failures;
  std::shared_ptr<const client::Registry> registry;
  Explainer explainer;
  Control control;
  AdminEndpoint endpoint;
  http::DateCache date;
  http::Session session;
  int pushes = 0;     // times that on_push was called
  int completes = 0;  // ... on_complete
  int loads = 0;      // ... on_loaded
  bool healthy = true;

 private:
  void Pump();

  bool awake_ = false;  // the pipeline
  std::uint32_t generation_ = 0;
  std::string turn_;
  std::string said_;
};

// Requests. `token` is the bearer token; empty = none.
std::string AdminRequest(std::string_view method, std::string_view target, std::string_view token,
                         std::string_view headers = "", std::string_view body = "");
std::string PushRequest(std::string_view lines, std::string_view token = support::kAdminToken,
                        std::string_view target = "/v1/tokens");

}  // namespace introspectd::api
