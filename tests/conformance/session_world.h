// The data plane without sockets: one session at a time over the real endpoint, clients and store,
// told what the server of the socket tests is told.
//
// Threads: one owner. Secrets are verified at once, when the session waits for them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/introspect_endpoint.h"
#include "api/state.h"
#include "client/credential_cache.h"
#include "client/registry.h"
#include "http/response.h"
#include "http/session.h"
#include "introspectd/config.h"
#include "introspectd/store.h"

namespace introspectd::conformance {

class SessionWorld {
 public:
  // `forgets`: every request's credentials are verified anew, so that every answer comes late.
  explicit SessionWorld(bool forgets);

  // One connection: see Exchange in trials.h.
  std::string Exchange(const std::vector<std::string_view>& pieces, bool* closed);

 private:
  void GoOn(http::Session& session, std::string& out);
  void SettleDeferred(http::Session& session, std::string& out);
  void Verify(const api::VerificationRequest& request, http::Session& session, std::string& out);

  const bool forgets_;
  const Config config_;
  const std::shared_ptr<const client::Registry> registry_;
  Store store_;
  api::Readiness readiness_;
  api::Counters counters_;
  client::CredentialCache credentials_;
  std::vector<api::VerificationRequest> asked_;
  api::JwtDesk jwts_;                        // trusts nobody
  std::deque<api::ClientAccount> accounts_;  // of all clients
  api::IntrospectEndpoint endpoint_;
  http::DateCache date_;
  std::uint32_t generation_ = 0;
  const Now now_;
};

}  // namespace introspectd::conformance
