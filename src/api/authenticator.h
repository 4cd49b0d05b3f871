// Who asks: what a request presents as credentials, and whether they are good (contract 4.1).
//
// Threads: loop-confined, one a worker.
// Cost:    credentials that are remembered: no lock, no allocation, no shared write.
// Source:  RFC 6749 2.3.1 and 5.2; RFC 7521 4.2; RFC 7662 2.1.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/assertion_desk.h"
#include "client/credential_cache.h"
#include "client/presented.h"
#include "client/registry.h"
#include "http/handler.h"

namespace introspectd::api {

// A verification of credentials that are not remembered, for whoever does that (server::Verifier).
struct VerificationRequest {
  http::Ticket ticket;
  client::Pairs pairs;
  crypto::Sha256 digest;  // of the first pair: names the verification
};
using Verify = std::function<void(VerificationRequest)>;

class Authenticator {
 public:
  // `credentials` and `assertions` are borrowed.
  Authenticator(client::CredentialCache& credentials, AssertionDesk& assertions, Verify verify);

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
  Outcome Authenticate(http::Exchange& exchange, const client::FormCredentials& form,
                       const client::Client*& client);

 private:
  Outcome LookUp(http::Exchange& exchange, const client::Presented& presented,
                 const client::Client*& client);

  Outcome TakeAssertion(http::Exchange& exchange, const client::FormCredentials& form,
                        const client::Client*& client);

  client::CredentialCache& credentials_;
  AssertionDesk& assertions_;
  const Verify verify_;
  std::shared_ptr<const client::Registry> registry_;
  std::string basic_;  // decoded Basic credentials
};

}  // namespace introspectd::api
