#include "api/authenticator.h"

#include <utility>

#include "api/answers.h"

namespace introspectd::api {

namespace {

using client::Client;
using client::Presented;
using http::Exchange;
using http::Reply;

// A note says which client sent this head, as the registry of `generation` knows it.
std::uint64_t NoteOf(std::uint64_t generation, std::uint32_t index) {
  return generation << 32 | (std::uint64_t{index} + 1);
}

const Reply& ChallengeOf(client::Scheme scheme) {
  return scheme == client::Scheme::kBearer ? kInvalidClientBearer : kInvalidClientBasic;
}

client::FailureLimiter::Rates FailureRatesOf(const Limits& limits) {
  return {.per_client_per_s = limits.auth_failures_per_s,
          .per_address_per_s = limits.auth_failures_per_address_per_s};
}

Authenticator::Outcome Refuse(Exchange& exchange, const Reply& reply) {
  exchange.reply = reply;
  return Authenticator::Outcome::kRefused;
}

}  // namespace

Authenticator::Authenticator(const Limits& limits, client::CredentialCache& credentials,
                             AssertionDesk& assertions, BearerJudge& bearers, Verify verify)
    : credentials_(credentials),
      assertions_(assertions),
      bearers_(bearers),
      verify_(std::move(verify)),
      failures_(FailureRatesOf(limits)) {}

void Authenticator::SetLimits(const Limits& limits) { failures_.SetRates(FailureRatesOf(limits)); }

void Authenticator::SetRegistry(std::shared_ptr<const client::Registry> registry) {
  registry_ = std::move(registry);
  credentials_.Forget();
}

Authenticator::Outcome Authenticator::Authenticate(Exchange& exchange,
                                                   const client::FormCredentials& form,
                                                   std::string_view asked, const Client*& client) {
  const bool in_head_alone = form.empty();
  const auto known = static_cast<std::uint32_t>(exchange.note);
  if (in_head_alone && known != 0 && exchange.note == NoteOf(registry_->generation(), known - 1)) {
    client = &registry_->clients()[known - 1];
    return Outcome::kGood;
  }
  const Presented presented = client::ReadPresented(exchange.head.authorization, form, basic_);
  switch (presented.kind) {
    case Presented::Kind::kPairs:
      break;
    case Presented::Kind::kBearer:
      return AskBearer(exchange, presented, form, asked, client);
    case Presented::Kind::kAssertion:
      return TakeAssertion(exchange, form, client);
    case Presented::Kind::kNothing:
      return AskCertificate(exchange, form.client_id.value_or(""), client);
    case Presented::Kind::kUnusable:
      return Fail(exchange, form.client_id.value_or(""), ChallengeOf(presented.scheme));
    case Presented::Kind::kContradiction:
      return Refuse(exchange, kTwoMechanisms);
  }
  const Outcome outcome = LookUp(exchange, presented, client);
  if (outcome == Outcome::kGood && in_head_alone) {
    exchange.note = NoteOf(registry_->generation(),
                           static_cast<std::uint32_t>(client - registry_->clients().data()));
  }
  return outcome;
}

Authenticator::Outcome Authenticator::TakeAssertion(Exchange& exchange,
                                                    const client::FormCredentials& form,
                                                    const Client*& client) {
  const AssertionDesk::Answer answer = assertions_.Ask(form, exchange);
  switch (answer.kind) {
    case AssertionDesk::Answer::Kind::kGood:
      client = &registry_->clients()[answer.client];
      return Outcome::kGood;
    case AssertionDesk::Answer::Kind::kPending:
      return Outcome::kPending;
    case AssertionDesk::Answer::Kind::kRefused:
      return Fail(exchange, form.client_id.value_or(""), kInvalidClientBasic);
    case AssertionDesk::Answer::Kind::kUnavailable:
      break;
  }
  return Refuse(exchange, kUnavailable);
}

Authenticator::Outcome Authenticator::LookUp(Exchange& exchange, const Presented& presented,
                                             const Client*& client) {
  const Reply& challenge = ChallengeOf(presented.scheme);
  for (std::size_t i = 0; i < presented.pair_count; ++i) {
    const auto [id, secret] = presented.pairs[i];
    if (const auto index = credentials_.Find(credentials_.DigestOf(id, secret))) {
      client = &registry_->clients()[*index];
      return client->Allows(presented.method) ? Outcome::kGood : Refuse(exchange, challenge);
    }
  }
  // Of its two readings the last one: whoever guesses has one or two ways to write a client so, not
  // one for every letter that can be escaped.
  const std::string_view id = presented.pairs[presented.pair_count - 1].id;
  const std::uint64_t address = exchange.peer.address;
  if (exchange.resumption == http::Resumption::kRefused) {
    failures_.Take(address, id, exchange.now);
    return Refuse(exchange, challenge);
  }
  if (exchange.resumption == http::Resumption::kUnavailable) return Refuse(exchange, kUnavailable);
  if (!failures_.HasRoom(address, id, exchange.now)) return Refuse(exchange, kTooManyFailures);
  VerificationRequest request{.ticket = exchange.ticket};
  for (std::size_t i = 0; i < presented.pair_count; ++i) {
    request.pairs.emplace_back(presented.pairs[i].id, presented.pairs[i].secret);
  }
  request.digest = credentials_.DigestOf(presented.pairs[0].id, presented.pairs[0].secret);
  request.address = address;
  verify_(std::move(request));
  return Outcome::kPending;
}

// A client without a TLS method is as good as none here: it is told nothing else.
Authenticator::Outcome Authenticator::AskCertificate(Exchange& exchange, std::string_view id,
                                                     const Client*& client) {
  const crypto::PeerCertificate* certificate = exchange.peer.certificate;
  const Client* claimed = registry_->FindClient(id);
  if (claimed == nullptr || certificate == nullptr ||
      !claimed->certificate.Admits(*certificate, exchange.now.seconds())) {
    return Fail(exchange, id, kInvalidClientBasic);
  }
  client = claimed;
  return Outcome::kGood;
}

// What needs no signature is never limited.
Authenticator::Outcome Authenticator::AskBearer(Exchange& exchange, const Presented& presented,
                                                const client::FormCredentials& form,
                                                std::string_view asked, const Client*& client) {
  using Kind = BearerJudge::Finding::Kind;
  BearerJudge::Finding found = bearers_.Judge(presented.bearer, asked, *registry_, false, exchange);
  if (found.kind == Kind::kUnjudged && failures_.HasRoom(exchange.peer.address, "", exchange.now)) {
    found = bearers_.Judge(presented.bearer, asked, *registry_, true, exchange);
  }
  switch (found.kind) {
    case Kind::kGood:
      if (form.client_id && *form.client_id != found.client->caller.id()) {
        return Refuse(exchange, kTwoMechanisms);
      }
      client = found.client;
      return Outcome::kGood;
    case Kind::kInvalid:
      return Fail(exchange, "", kInvalidClientBearer);
    case Kind::kScopeMissing:
      return Fail(exchange, "", kInsufficientScope);
    case Kind::kUnavailable:
      return Refuse(exchange, kUnavailable);
    case Kind::kPending:
      return Outcome::kPending;
    case Kind::kUnjudged:
      return Refuse(exchange, kTooManyFailures);
  }
  return Refuse(exchange, kUnavailable);
}

Authenticator::Outcome Authenticator::Fail(Exchange& exchange, std::string_view id,
                                           const Reply& reply) {
  const bool room = failures_.Take(exchange.peer.address, id, exchange.now);
  return Refuse(exchange, room ? reply : kTooManyFailures);
}

}  // namespace introspectd::api
