// Who asks: what a request presents as credentials, and whether they are good (contract 4.1).
//
// Threads: loop-confined, one a worker.
// Cost:    credentials that are remembered, and certificates: no lock, no allocation, no shared
//          write.
// Limits:  limits.auth_failures_per_s and limits.auth_failures_per_address_per_s. What is known to
//          be good is asked for first, so that nobody can keep out a client by failing in its name.
// Source:  RFC 6749 2.3.1 and 5.2; RFC 7521 4.2; RFC 7662 2.1; RFC 8705 2; RFC 6750 3.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/assertion_desk.h"
#include "api/bearer_judge.h"
#include "client/credential_cache.h"
#include "client/failure_limiter.h"
#include "client/presented.h"
#include "client/registry.h"
#include "http/handler.h"

namespace introspectd::api {

// A verification of credentials that are not remembered, for whoever does that (server::Verifier).
struct VerificationRequest {
  http::Ticket ticket;
  client::Pairs pairs;
  crypto::Sha256 digest;      // of the first pair: names the verification
  std::uint64_t address = 0;  // http::Peer's
};
using Verify = std::function<void(VerificationRequest)>;

class Authenticator {
 public:
  // `credentials`, `assertions` and `bearers` are borrowed.
  Authenticator(const Limits& limits, client::CredentialCache& credentials,
                AssertionDesk& assertions, BearerJudge& bearers, Verify verify);

  void SetLimits(const Limits& limits);
  // A new configuration of clients. What was remembered of the old one is forgotten.
  void SetRegistry(std::shared_ptr<const client::Registry> registry);
  const std::shared_ptr<const client::Registry>& registry() const { return registry_; }

  // Nobody needs what was presented any more.
  void ForgetPresented() {
    if (!basic_.empty()) crypto::Cleanse(basic_);
  }

  enum class Outcome : std::uint8_t {
    kGood,     // `client`, borrowed from the registry
    kRefused,  // the exchange's reply says so
    kPending,  // its ticket will be resumed
  };
  // `asked`: the token that is asked about, as far as it is known.
  Outcome Authenticate(http::Exchange& exchange, const client::FormCredentials& form,
                       std::string_view asked, const client::Client*& client);

 private:
  Outcome LookUp(http::Exchange& exchange, const client::Presented& presented,
                 const client::Client*& client);
  Outcome AskCertificate(http::Exchange& exchange, std::string_view id,
                         const client::Client*& client);
  Outcome AskBearer(http::Exchange& exchange, const client::Presented& presented,
                    const client::FormCredentials& form, std::string_view asked,
                    const client::Client*& client);
  Outcome TakeAssertion(http::Exchange& exchange, const client::FormCredentials& form,
                        const client::Client*& client);
  // It has cost nothing but looking, or a signature's share of the turn.
  Outcome Fail(http::Exchange& exchange, std::string_view id, const http::Reply& reply);

  client::CredentialCache& credentials_;
  AssertionDesk& assertions_;
  BearerJudge& bearers_;
  const Verify verify_;
  std::shared_ptr<const client::Registry> registry_;
  client::FailureLimiter failures_;
  std::string basic_;  // decoded Basic credentials
};

}  // namespace introspectd::api
