// The data plane: what a request to this server means (contract 3 and 4), check by check.
//
// Threads: loop-confined, one a worker.
// Cost:    a request whose credentials are remembered: no lock, no allocation, no shared write.
// Source:  RFC 7662 2; RFC 6749 2.3.1 and 5.2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer_batch.h"
#include "api/answer_times.h"
#include "api/authenticator.h"
#include "api/bearer_judge.h"
#include "api/client_account.h"
#include "api/form.h"
#include "api/jwt_desk.h"
#include "api/state.h"
#include "client/credential_cache.h"
#include "client/registry.h"
#include "http/handler.h"
#include "introspectd/config.h"
#include "introspectd/introspection.h"
#include "introspectd/store.h"

namespace introspectd::api {

class IntrospectEndpoint final : public http::Handler {
 public:
  // All borrowed. `config` is the one that the process was started with.
  IntrospectEndpoint(const Config& config, Store& store, const Readiness& readiness,
                     client::CredentialCache& credentials, Counters& counters, JwtDesk& jwts,
                     Verify verify);

  // A new configuration of clients. What was remembered of the old one is forgotten. `accounts` are
  // borrowed for ever, in the order of registry->clients().
  void SetRegistry(std::shared_ptr<const client::Registry> registry,
                   std::vector<ClientAccount*> accounts);
  // From now on; before, those of `config`.
  void SetLimits(const Limits& limits);

  // Before the deferred answers of a turn of the loop are asked for: they come in the order in
  // which they were deferred.
  void BeginAnswers();
  // Lets go of the store; before anything that waits.
  void EndBatch();
  // Nobody asks for the deferred answers any more.
  void ForgetDeferred();
  // Whether answers were given that Written was not told of.
  bool HasAnswered() const { return !times_.empty(); }
  void Written(Now now) { times_.Written(now); }

  http::Plan OnHead(http::Exchange& exchange) override;
  bool OnBody(std::string_view part, Now now) override;
  http::Progress OnRequest(http::Exchange& exchange) override;
  http::Reply OnDeferred(std::uint32_t deferred, Now now) override;
  std::string_view RefusalBody(int status) override;

 private:
  using Auth = Authenticator::Outcome;
  using Asker = AnswerBatch::Asker;

  Auth Authenticate(http::Exchange& exchange, const client::FormCredentials& form,
                    std::string_view asked, const client::Client*& client);
  const http::Reply* Check(const Asker& asker, Now now);
  const http::Reply* CheckRate(ClientAccount& account, Now now);
  const http::Reply* CheckParameters(const Caller& caller) const;
  http::Reply Introspect(std::uint32_t deferred, Now now);
  http::Reply ReplyTo(const Verdict& verdict, const Asker& asker, Now now);
  http::Progress Find(http::Exchange& exchange, const Asker& asker);
  http::Progress Defer(http::Exchange& exchange, const AnswerBatch::Asked& asked);
  http::Progress Say(http::Exchange& exchange, const http::Reply& reply);
  void Tell(Count count, const Asker& asker);
  void EnterStore();

  const Config& config_;
  Limits limits_;
  const Readiness& readiness_;
  Counters& counters_;
  JwtDesk& jwts_;
  AnswerTimes times_;
  std::vector<ClientAccount*> accounts_;  // by the place of the client in the registry
  Store::Reader reader_;
  BearerJudge bearers_;
  Authenticator authenticator_;
  std::int64_t lease_ms_ = 0;  // of the stay
  Introspector introspector_;
  Form form_;
  std::string retry_after_;
  http::Reply rate_limited_;

  AnswerBatch batch_;
  std::vector<std::shared_ptr<const client::Registry>> retired_;  // whose callers are in batch_
};

}  // namespace introspectd::api
