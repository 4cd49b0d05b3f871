#include "api/jwt_desk.h"

#include <utility>

namespace introspectd::api {

namespace {

using http::Exchange;
using http::Resumption;
using http::Ticket;
using jose::Verifier;

// Whatever else is asked in a turn waits so much longer at most, and for one signature more.
constexpr std::int64_t kTurnBudget_ns = 100'000;

Verifier::Options OptionsOf(const Config& config) {
  return {.token_lifetime_max_s = config.storage.token_lifetime_max_s,
          .token_bytes_max = config.limits.token_bytes_max,
          .verdict_bytes_max = config.limits.verdict_bytes_max};
}

// Whether somebody who has waited in vain is told just that. What it waited for may have come by
// another way.
bool IsOpen(const Verifier::Outcome& outcome) {
  using Kind = Verifier::Outcome::Kind;
  return outcome.kind == Kind::kBusy || outcome.kind == Kind::kKeysWanted ||
         outcome.refusal == jose::Refusal::kKidUnknown;
}

}  // namespace

JwtDesk::JwtDesk(const Config& config, Hooks hooks)
    : waiting_max_(config.limits.jwks_waiting_max),
      hooks_(std::move(hooks)),
      verifier_(OptionsOf(config)) {}

void JwtDesk::SetLimits(const Limits& limits) {
  waiting_max_ = limits.jwks_waiting_max;
  verifier_.SetVerdictBytesMax(limits.verdict_bytes_max);
}

JwtDesk::Answer JwtDesk::Ask(std::string_view token, const Exchange& exchange) {
  using Kind = Verifier::Outcome::Kind;
  if (!verifier_.MayBeOurs(token)) return {.digest = TokenDigest::Of(token)};
  const Verifier::Outcome outcome =
      verifier_.Verify(token, exchange.now,
                       {.may_verify = HasTime(exchange),
                        .keys_are_fresh = exchange.resumption == Resumption::kKeysFetched});
  spent_ns_ += outcome.spent_ns;
  if (exchange.resumption == Resumption::kUnavailable && IsOpen(outcome)) {
    return {.kind = Answer::Kind::kUnavailable};
  }
  switch (outcome.kind) {
    case Kind::kNotOurs:
      return {.digest = outcome.digest};
    case Kind::kGood:
      return {.kind = Answer::Kind::kGood,
              .digest = outcome.digest,
              .verdict = outcome.verdict,
              .leeway_s = verifier_.trust().issuers->all()[outcome.issuer].config.leeway_s};
    case Kind::kBad:
      return {.kind = Answer::Kind::kBad};
    case Kind::kKeysMissing:
      return {.kind = Answer::Kind::kUnavailable};
    case Kind::kBusy:
      return WaitForTurn(exchange);
    case Kind::kKeysWanted:
      return WaitForKeys(outcome.issuer, exchange);
  }
  return {.kind = Answer::Kind::kUnavailable};
}

// Those who wait come first.
bool JwtDesk::HasTime(const Exchange& exchange) {
  if (exchange.resumption == Resumption::kItsTurn) return true;
  return turns_.empty() && spent_ns_ < kTurnBudget_ns;
}

JwtDesk::Answer JwtDesk::WaitForTurn(const Exchange& exchange) {
  turns_.push_back(exchange.ticket);
  hooks_.wake();
  return {.kind = Answer::Kind::kPending};
}

// The first one always waits: otherwise whoever makes up kids of one issuer would keep the keys of
// the others from being fetched.
JwtDesk::Answer JwtDesk::WaitForKeys(std::size_t issuer, const Exchange& exchange) {
  const bool first = for_keys_[issuer].empty();
  if (!first && waiting_ >= waiting_max_) return {.kind = Answer::Kind::kUnavailable};
  const std::int64_t wait_ms = verifier_.trust().issuers->all()[issuer].config.jwks_wait_ms;
  for_keys_[issuer].push_back({exchange.ticket, exchange.now.boot_ms + wait_ms});
  ++waiting_;
  if (first) hooks_.want_keys(issuer);
  return {.kind = Answer::Kind::kPending};
}

void JwtDesk::SetTrust(std::shared_ptr<const jose::Trust> trust) {
  const auto waiters = std::exchange(for_keys_, {});
  for_keys_.resize(trust->keys.size());
  waiting_ = 0;
  verifier_.SetTrust(std::move(trust), true);
  for (const auto& of_issuer : waiters) {
    for (const Waiter& waiter : of_issuer) hooks_.resume(waiter.ticket, Resumption::kRetry);
  }
}

void JwtDesk::SetKeys(std::shared_ptr<const jose::Trust> trust) {
  verifier_.SetTrust(std::move(trust), false);
}

void JwtDesk::KeysAsked(std::size_t issuer, bool good, std::int64_t cooldown_until_ms) {
  verifier_.SetCooldown(issuer, cooldown_until_ms);
  const auto waiters = std::exchange(for_keys_[issuer], {});
  waiting_ -= waiters.size();
  for (const Waiter& waiter : waiters) {
    hooks_.resume(waiter.ticket, good ? Resumption::kKeysFetched : Resumption::kUnavailable);
  }
}

bool JwtDesk::Turn() {
  while (!turns_.empty() && spent_ns_ < kTurnBudget_ns) {
    const Ticket ticket = turns_.front();
    turns_.pop_front();
    hooks_.resume(ticket, Resumption::kItsTurn);
  }
  return !turns_.empty();
}

void JwtDesk::Tick(Now now) {
  for (auto& waiters : for_keys_) {
    while (!waiters.empty() && waiters.front().until_ms <= now.boot_ms) {
      const Ticket ticket = waiters.front().ticket;
      waiters.pop_front();
      --waiting_;
      hooks_.resume(ticket, Resumption::kUnavailable);
    }
  }
}

}  // namespace introspectd::api
