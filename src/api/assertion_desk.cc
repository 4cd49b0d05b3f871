#include "api/assertion_desk.h"

#include <utility>

namespace introspectd::api {

namespace {

using http::Exchange;
using http::Resumption;
using jose::Judgement;
using AnswerKind = AssertionDesk::Answer::Kind;
using Line = SignatureQueue::Line;

AnswerKind KindOf(client::Use use) {
  switch (use) {
    case client::Use::kFirst:
      return AnswerKind::kGood;
    case client::Use::kAgain:
      return AnswerKind::kRefused;
    case client::Use::kFull:
      return AnswerKind::kUnavailable;
  }
  return AnswerKind::kUnavailable;
}

}  // namespace

AssertionDesk::AssertionDesk(std::size_t assertion_bytes_max, SignatureQueue& queue, UseHook use)
    : queue_(queue), use_(std::move(use)), verifier_(assertion_bytes_max) {}

AssertionDesk::Answer AssertionDesk::Ask(const client::FormCredentials& form,
                                         const Exchange& exchange) {
  const Request* const known = Find(exchange.ticket);
  if (known != nullptr && known->trusts == trusts_) return Known(*known, exchange);
  const auto outcome = verifier_.Verify(*form.client_assertion, form.client_id, exchange.now,
                                        queue_.EffortFor(exchange, Line::kAssertions));
  queue_.Spend(outcome.spent_ns);
  if (SignatureQueue::IsOpen(exchange, outcome.judgement, outcome.refusal)) {
    return {.kind = AnswerKind::kUnavailable};
  }
  switch (outcome.judgement) {
    case Judgement::kNotOurs:
    case Judgement::kBad:
      return {.kind = AnswerKind::kRefused};
    case Judgement::kGood:
      return TakeGood(outcome, exchange);
    case Judgement::kKeysMissing:
      return {.kind = AnswerKind::kUnavailable};
    case Judgement::kBusy:
      queue_.WaitForTurn(exchange, Line::kAssertions);
      return {.kind = AnswerKind::kPending};
    case Judgement::kKeysWanted:
      return WaitForKeys(outcome.owner, exchange);
  }
  return {.kind = AnswerKind::kUnavailable};
}

AssertionDesk::Request* AssertionDesk::Find(const http::Ticket& ticket) {
  if (ticket.slot >= requests_.size()) return nullptr;
  Request& request = requests_[ticket.slot];
  return request.trusts != 0 && request.ticket == ticket ? &request : nullptr;
}

AssertionDesk::Answer AssertionDesk::Known(const Request& request, const Exchange& exchange) {
  const bool in_vain = request.answer.kind == AnswerKind::kPending &&
                       exchange.resumption == Resumption::kUnavailable;
  return in_vain ? Answer{.kind = AnswerKind::kUnavailable} : request.answer;
}

// One that was verified with an older trust and brought to be used then is not brought again.
AssertionDesk::Answer AssertionDesk::TakeGood(const jose::AssertionVerifier::Outcome& outcome,
                                              const Exchange& exchange) {
  if (Request* const known = Find(exchange.ticket)) {
    known->trusts = trusts_;
    known->answer.client = outcome.client->index;
    return Known(*known, exchange);
  }
  const http::Ticket ticket = exchange.ticket;
  if (ticket.slot >= requests_.size()) requests_.resize(ticket.slot + std::size_t{1});
  Request& request = requests_[ticket.slot];
  request = {.ticket = ticket,
             .answer = {.kind = AnswerKind::kPending, .client = outcome.client->index},
             .trusts = trusts_};
  use_({.ticket = ticket, .client = outcome.client->id, .jti = outcome.jti, .exp = outcome.exp});
  return request.answer;
}

AssertionDesk::Answer AssertionDesk::WaitForKeys(std::size_t owner, const Exchange& exchange) {
  const std::int64_t wait_ms = verifier_.trust().keys[owner].wait_ms;
  const bool waits = queue_.WaitForKeys(owner, wait_ms, exchange);
  return {.kind = waits ? AnswerKind::kPending : AnswerKind::kUnavailable};
}

void AssertionDesk::Used(const http::Ticket& ticket, client::Use use) {
  if (Request* const request = Find(ticket)) request->answer.kind = KindOf(use);
}

void AssertionDesk::SetTrust(std::shared_ptr<const jose::Trust> trust) {
  ++trusts_;
  verifier_.SetTrust(std::move(trust));
}

}  // namespace introspectd::api
