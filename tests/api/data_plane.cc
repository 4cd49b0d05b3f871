#include "api/data_plane.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "config/load.h"

namespace introspectd::api {

Config ConfigOf(std::string_view text) {
  auto config = config::ParseText(text, "test.toml", "/");
  if (!config.ok()) throw std::runtime_error(std::string(config.status().message()));
  return *std::move(config);
}

DataPlane::DataPlane(std::string_view text)
    : config(ConfigOf(text)),
      store({config.introspection.issuer, config.storage.token_lifetime_max_s}),
      updater(store),
      registry(std::make_shared<const client::Registry>(config, 1)),
      jwts(config, counters,
           {.resume = [this](const http::Ticket& ticket,
                             http::Resumption how) { Resume(ticket, how); },
            .want_keys = [this](std::size_t issuer) { wanted_keys.push_back(issuer); },
            .wake = [this] { jwts_wait = true; }},
           [this](const AssertionUse& use) {
             uses.push_back(
                 {use.ticket, client::NameOfAssertion(key, use.client, use.jti), use.exp});
           }),
      endpoint(
          config, store, readiness, credentials, counters, jwts,
          [this](VerificationRequest request) { verifications.push_back(std::move(request)); }),
      session(std::make_unique<http::Session>(config.limits.data, endpoint, date)) {
  endpoint.SetRegistry(registry, Accounts());
  readiness.SetReady(true);
  Reconnect();
}

void DataPlane::Reconnect() { session->Open(0, ++generation_, now, peer); }

void DataPlane::Push(std::string_view lines) {
  const Pusher anybody{.any_issuer = true};
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    EXPECT_EQ(updater.Apply(line, anybody, now), "") << line;
  }
  updater.Publish();
}

std::string DataPlane::Say(std::string_view bytes) {
  session->Receive(bytes, now, turn_);
  Pump();
  while (true) {
    if (!verify_later && !verifications.empty()) {
      Verify();
    } else if (!use_later && !uses.empty()) {
      Use();
    } else {
      return Take();
    }
  }
}

support::Response DataPlane::Ask(std::string_view request) {
  jwts.BeginTurn();
  const std::string said = Say(request);
  const support::Parsed parsed = support::ParseResponse(said);
  EXPECT_EQ(parsed.progress, support::Progress::kComplete) << parsed.problem << "\n" << said;
  EXPECT_EQ(parsed.size, said.size()) << said;
  return parsed.response;
}

support::Response DataPlane::AskAnew(std::string_view request) {
  Reconnect();
  return Ask(request);
}

void DataPlane::Turn(std::string_view read, std::string& out) {
  out.clear();
  session->Receive(read, now, out);
  while (true) {
    endpoint.BeginAnswers();
    session->Settle(now, out);
    endpoint.EndBatch();
    endpoint.ForgetDeferred();
    if (!session->has_more()) break;
    session->Continue(now, out);
  }
  endpoint.Written(now);
}

void DataPlane::Verify() {
  const VerificationRequest request = std::move(verifications.front());
  verifications.pop_front();
  ++verified;
  const auto proof = registry->VerifyClient(request.pairs);
  if (proof) {
    const auto& [id, secret] = request.pairs[proof->pair];
    credentials.Remember(credentials.DigestOf(id, secret), proof->index);
  }
  Resume(request.ticket, proof ? http::Resumption::kRetry : http::Resumption::kRefused);
}

void DataPlane::Use() {
  const UseOfAssertion use = uses.front();
  uses.pop_front();
  jwts.assertions().Used(use.ticket, used_assertions.Take(use.name, use.exp, now.seconds()));
  Resume(use.ticket, http::Resumption::kRetry);
}

void DataPlane::Resume(const http::Ticket& ticket, http::Resumption resumption) {
  session->Resume(ticket, resumption, now, turn_);
  Pump();
}

void DataPlane::Reload(std::string_view text) {
  registry = std::make_shared<const client::Registry>(ConfigOf(text), registry->generation() + 1);
  endpoint.SetRegistry(registry, Accounts());
}

ClientAccount& DataPlane::AccountOf(const std::string& id) { return accounts_[id]; }

std::vector<ClientAccount*> DataPlane::Accounts() {
  std::vector<ClientAccount*> accounts;
  for (const client::Client& client : registry->clients()) {
    accounts.push_back(&AccountOf(client.caller.id()));
  }
  return accounts;
}

void DataPlane::Settle() {
  endpoint.BeginAnswers();
  session->Settle(now, said_);
  endpoint.EndBatch();
  endpoint.ForgetDeferred();
}

void DataPlane::Pump() {
  while (true) {
    endpoint.EndBatch();
    said_ += std::exchange(turn_, {});
    if (session->has_deferred() && !settle_later) Settle();
    if (session->closing() || !session->has_more()) break;
    session->Continue(now, turn_);
  }
  endpoint.Written(now);
}

}  // namespace introspectd::api
