// Whether an access token proves a client (contract 4.1).
//
// Threads: loop-confined, one a worker.
// Cost:    an opaque token, or a JWT that is remembered: a SHA-256, a stay in the store and a walk
//          over the answer. Nothing is remembered as good: a token that was revoked proves nobody.
// Source:  RFC 7662 2.1 and 2.3; RFC 6750 3.1; RFC 9449 7.1 (what is bound is no bearer token).
#pragma once

#include <cstdint>
#include <string_view>

#include "api/jwt_desk.h"
#include "api/state.h"
#include "client/registry.h"
#include "http/handler.h"
#include "introspectd/config.h"
#include "introspectd/introspection.h"
#include "introspectd/store.h"

namespace introspectd::api {

class BearerJudge {
 public:
  // All borrowed.
  BearerJudge(const Config& config, JwtDesk& jwts, Store::Reader& reader,
              const Readiness& readiness);

  void SetTokenBytesMax(std::size_t bytes_max) { token_bytes_max_ = bytes_max; }

  struct Finding {
    enum class Kind : std::uint8_t {
      kGood,  // `client`, borrowed from the registry
      kInvalid,
      kScopeMissing,  // all but for that
      kUnavailable,   // it cannot be told, for now
      kPending,       // the ticket will be resumed
      kUnjudged,      // it would take a signature, which was not allowed
    };
    Kind kind = Kind::kInvalid;
    const client::Client* client = nullptr;
  };
  // `asked`: the token that it asks about. What the exchange was resumed for is used up by the
  // token that waited for it.
  Finding Judge(std::string_view bearer, std::string_view asked, const client::Registry& registry,
                bool may_verify, http::Exchange& exchange);

 private:
  Finding AskStore(const JwtDesk::Answer& found, const client::Registry& registry, Now now);
  Finding Weigh(const TokenView& token, const client::Registry& registry) const;

  const Readiness& readiness_;
  JwtDesk& jwts_;
  Store::Reader& reader_;
  std::size_t token_bytes_max_;
  const Caller us_;  // as a protected resource: this endpoint
};

}  // namespace introspectd::api
