#include "conformance/session_world.h"

#include <stdexcept>
#include <utility>

#include "config/load.h"
#include "conformance/known_world.h"
#include "crypto/digest.h"
#include "introspectd/update.h"
#include "support/world.h"
#include "text/ascii.h"

namespace introspectd::conformance {

namespace {

Config LoadedConfiguration() {
  auto config = config::ParseText(Configuration(), "introspectd.toml", ".");
  if (!config.ok()) throw std::runtime_error(std::string(config.status().message()));
  return *std::move(config);
}

Now Start() { return {.wall_us = support::StartSeconds() * kMicrosPerSecond, .boot_ms = 1}; }

void Tell(Store& store, Now now) {
  Updater updater(store);
  const Pusher anyone{.any_issuer = true};
  const std::string lines = Updates();
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string wrong = updater.Apply(text::TakeUntil(rest, '\n'), anyone, now);
    if (!wrong.empty()) throw std::runtime_error(wrong);
  }
}

}  // namespace

SessionWorld::SessionWorld(bool forgets)
    : forgets_(forgets),
      config_(LoadedConfiguration()),
      registry_(std::make_shared<const client::Registry>(config_, 1)),
      store_({.issuer = std::string(support::kIssuer)}),
      credentials_(crypto::NewProcessKey(), config_.limits.credentials_remembered_max),
      jwts_(config_, counters_, {}),
      accounts_(registry_->clients().size()),
      endpoint_(config_, store_, readiness_, credentials_, counters_, jwts_,
                [this](api::VerificationRequest request) { asked_.push_back(std::move(request)); }),
      now_(Start()) {
  readiness_.SetReady(true);
  std::vector<api::ClientAccount*> accounts;
  for (api::ClientAccount& account : accounts_) accounts.push_back(&account);
  endpoint_.SetRegistry(registry_, std::move(accounts));
  Tell(store_, now_);
}

void SessionWorld::Verify(const api::VerificationRequest& request, http::Session& session,
                          std::string& out) {
  const auto proof = registry_->VerifyClient(request.pairs);
  if (proof) {
    const auto& [id, secret] = request.pairs[proof->pair];
    credentials_.Remember(credentials_.DigestOf(id, secret), proof->index);
  }
  const auto resumption = proof ? http::Resumption::kRetry : http::Resumption::kRefused;
  session.Resume(request.ticket, resumption, now_, out);
  if (forgets_) credentials_.Forget();
}

void SessionWorld::SettleDeferred(http::Session& session, std::string& out) {
  endpoint_.BeginAnswers();
  session.Settle(now_, out);
  endpoint_.EndBatch();
  endpoint_.ForgetDeferred();
}

// Until the session waits for bytes alone.
void SessionWorld::GoOn(http::Session& session, std::string& out) {
  for (;;) {
    endpoint_.EndBatch();
    if (session.has_deferred()) {
      SettleDeferred(session, out);
    } else if (!asked_.empty()) {
      const std::vector<api::VerificationRequest> asked = std::exchange(asked_, {});
      for (const api::VerificationRequest& request : asked) Verify(request, session, out);
    } else if (session.has_more()) {
      session.Continue(now_, out);
    } else {
      return;
    }
  }
}

std::string SessionWorld::Exchange(const std::vector<std::string_view>& pieces, bool* closed) {
  http::Session session(config_.limits.data, endpoint_, date_);
  session.Open(0, ++generation_, now_);
  std::string all;
  for (const std::string_view piece : pieces) {
    if (session.closing()) break;
    session.Receive(piece, now_, all);
    GoOn(session, all);
  }
  *closed = session.closing();
  return all;
}

}  // namespace introspectd::conformance
