// What the control plane's endpoint asks of the control loop.
//
// Threads: the control loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/explainer.h"
#include "api/introspect_endpoint.h"
#include "api/state.h"
#include "base/histogram.h"
#include "client/credential_cache.h"
#include "client/registry.h"
#include "http/handler.h"
#include "introspectd/config.h"
#include "token/writer.h"
#include "update/feed.h"
#include "update/parsing_crew.h"
#include "update/pipeline.h"

namespace introspectd::api {

// What came of pushes since the start.
struct PushCounts {
  base::Histogram times;  // from the last byte of one to its answer, when all of it was taken
  std::uint64_t lines_refused = 0;
};

// Calls whose caller was not let in, since the start.
struct AdminFailures {
  std::uint64_t refused = 0;      // no bearer token, or one that is not known
  std::uint64_t forbidden = 0;    // one without the scope of the call
  std::uint64_t unavailable = 0;  // too much waits to be verified
};

// All borrowed; one for all connections of the control plane.
struct Control {
  const Config& config;
  const Limits& limits;  // as of the last reload
  token::Writer& writer;
  update::Parser& parser;
  update::ParsingCrew* crew;   // none: there is one core
  update::Pipeline& pipeline;  // into the store
  update::Pipeline& entry;     // of what is pushed: the same, or into the replication log
  const update::Admission& admission;
  client::CredentialCache& credentials;
  const Readiness& readiness;
  PushCounts& pushes;
  AdminFailures& failures;

  std::function<const client::Registry&()> registry;
  Verify verify;                                    // an admin token
  std::function<void(const http::Ticket&)> resume;  // a request of the control plane
  std::function<void()> wake_pipeline;              // a feed was appended to
  std::function<void()> on_push;                    // something was accepted: the feed lives
  std::function<void()> on_complete;                // {"op":"complete"}
  std::function<std::string()> log_position;        // of the store; JSON, "" when there is none
  std::function<void(std::string_view)> on_loaded;  // an export of another node, with its position
  std::function<bool()> healthy;
  std::function<std::string(const Explainer::Question&, Now)> explain;  // POST /v1/explain
  std::function<std::string(Now)> status;                               // GET /v1/status
  std::function<std::string(Now)> metrics;                              // GET /metrics
};

}  // namespace introspectd::api
