#include "api/jwt_desk.h"

#include <utility>

namespace introspectd::api {

namespace {

using http::Exchange;
using jose::Verifier;
using Line = SignatureQueue::Line;

Verifier::Options OptionsOf(const Config& config) {
  return {.token_lifetime_max_s = config.storage.token_lifetime_max_s,
          .token_bytes_max = config.limits.token_bytes_max,
          .verdict_bytes_max = config.limits.verdict_bytes_max};
}

}  // namespace

JwtDesk::JwtDesk(const Config& config, Counters& counters, Hooks hooks, AssertionDesk::UseHook use)
    : counters_(counters),
      queue_(config.limits.jwks_waiting_max, std::move(hooks)),
      verifier_(OptionsOf(config)),
      assertions_(config.limits.token_bytes_max, queue_, std::move(use)) {}

void JwtDesk::SetLimits(const Limits& limits) {
  queue_.SetWaitingMax(limits.jwks_waiting_max);
  verifier_.SetVerdictBytesMax(limits.verdict_bytes_max);
  verifier_.SetTokenBytesMax(limits.token_bytes_max);
  assertions_.SetBytesMax(limits.token_bytes_max);
}

JwtDesk::Answer JwtDesk::Ask(std::string_view token, const Exchange& exchange, bool may_verify) {
  using Kind = Verifier::Outcome::Kind;
  if (!verifier_.MayBeOurs(token)) return {.digest = TokenDigest::Of(token)};
  const auto effort = queue_.EffortFor(exchange, Line::kTokens);
  const Verifier::Outcome outcome = verifier_.Verify(
      token, exchange.now,
      {.may_verify = may_verify && effort.may_verify, .keys_are_fresh = effort.keys_are_fresh});
  queue_.Spend(outcome.spent_ns);
  if (!may_verify && (outcome.kind == Kind::kBusy || outcome.kind == Kind::kKeysWanted)) {
    return {.kind = Answer::Kind::kUnjudged};
  }
  if (SignatureQueue::IsOpen(exchange, outcome.kind, outcome.refusal)) {
    counters_.Add(JwtResult::kUnavailable);
    return {.kind = Answer::Kind::kUnavailable};
  }
  CountResult(outcome);
  switch (outcome.kind) {
    case Kind::kNotOurs:
      return {.digest = outcome.digest};
    case Kind::kGood:
      return {.kind = Answer::Kind::kGood,
              .digest = outcome.digest,
              .verdict = outcome.verdict,
              .leeway_s = verifier_.trust().issuers->all()[outcome.issuer].config.leeway_s,
              .recalled = outcome.spent_ns == 0};
    case Kind::kBad:
      return {.kind = Answer::Kind::kBad};
    case Kind::kKeysMissing:
      return {.kind = Answer::Kind::kUnavailable};
    case Kind::kBusy:
      queue_.WaitForTurn(exchange, Line::kTokens);
      return {.kind = Answer::Kind::kPending};
    case Kind::kKeysWanted:
      return WaitForKeys(outcome.issuer, exchange);
  }
  return {.kind = Answer::Kind::kUnavailable};
}

// What is asked again later is counted then.
void JwtDesk::CountResult(const Verifier::Outcome& outcome) {
  using Kind = Verifier::Outcome::Kind;
  switch (outcome.kind) {
    case Kind::kGood:
      return counters_.Add(outcome.remembered ? JwtResult::kRemembered : JwtResult::kGood);
    case Kind::kBad:
      return counters_.Add(JwtResult::kBad);
    case Kind::kKeysMissing:
      return counters_.Add(JwtResult::kUnavailable);
    case Kind::kNotOurs:
    case Kind::kBusy:
    case Kind::kKeysWanted:
      return;
  }
}

JwtDesk::Answer JwtDesk::WaitForKeys(std::size_t issuer, const Exchange& exchange) {
  const std::int64_t wait_ms = verifier_.trust().keys[issuer].wait_ms;
  const bool waits = queue_.WaitForKeys(issuer, wait_ms, exchange);
  return {.kind = waits ? Answer::Kind::kPending : Answer::Kind::kUnavailable};
}

void JwtDesk::SetTrust(std::shared_ptr<const jose::Trust> trust) {
  const std::size_t owners = trust->keys.size();
  assertions_.SetTrust(trust);
  verifier_.SetTrust(std::move(trust), true);
  queue_.SetOwners(owners);
}

void JwtDesk::SetKeys(std::shared_ptr<const jose::Trust> trust) {
  assertions_.SetKeys(trust);
  verifier_.SetTrust(std::move(trust), false);
}

void JwtDesk::KeysAsked(std::size_t owner, bool good, std::int64_t cooldown_until_ms) {
  assertions_.SetCooldown(owner, cooldown_until_ms);
  verifier_.SetCooldown(owner, cooldown_until_ms);
  queue_.KeysAsked(owner, good);
}

}  // namespace introspectd::api
