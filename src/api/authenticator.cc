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

}  // namespace

Authenticator::Authenticator(client::CredentialCache& credentials, AssertionDesk& assertions,
                             Verify verify)
    : credentials_(credentials), assertions_(assertions), verify_(std::move(verify)) {}

void Authenticator::SetRegistry(std::shared_ptr<const client::Registry> registry) {
  registry_ = std::move(registry);
  credentials_.Forget();
}

Authenticator::Outcome Authenticator::Authenticate(Exchange& exchange,
                                                   const client::FormCredentials& form,
                                                   const Client*& client) {
  const bool in_head_alone = form.empty();
  const auto known = static_cast<std::uint32_t>(exchange.note);
  if (in_head_alone && known != 0 && exchange.note == NoteOf(registry_->generation(), known - 1)) {
    client = &registry_->clients()[known - 1];
    return Outcome::kGood;
  }
  const Presented presented = client::ReadPresented(exchange.head.authorization, form, basic_);
  if (presented.kind == Presented::Kind::kPairs) {
    const Outcome outcome = LookUp(exchange, presented, client);
    if (outcome == Outcome::kGood && in_head_alone) {
      exchange.note = NoteOf(registry_->generation(),
                             static_cast<std::uint32_t>(client - registry_->clients().data()));
    }
    return outcome;
  }
  if (presented.kind == Presented::Kind::kAssertion) {
    return TakeAssertion(exchange, form, client);
  }
  exchange.reply = presented.kind == Presented::Kind::kContradiction
                       ? kTwoMechanisms
                       : ChallengeOf(presented.scheme);
  return Outcome::kRefused;
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
      exchange.reply = kInvalidClientBasic;
      return Outcome::kRefused;
    case AssertionDesk::Answer::Kind::kUnavailable:
      break;
  }
  exchange.reply = kUnavailable;
  return Outcome::kRefused;
}

Authenticator::Outcome Authenticator::LookUp(Exchange& exchange, const Presented& presented,
                                             const Client*& client) {
  exchange.reply = ChallengeOf(presented.scheme);
  for (std::size_t i = 0; i < presented.pair_count; ++i) {
    const auto [id, secret] = presented.pairs[i];
    if (const auto index = credentials_.Find(credentials_.DigestOf(id, secret))) {
      client = &registry_->clients()[*index];
      return client->Allows(presented.method) ? Outcome::kGood : Outcome::kRefused;
    }
  }
  if (exchange.resumption == http::Resumption::kRefused) return Outcome::kRefused;
  if (exchange.resumption == http::Resumption::kUnavailable) {
    exchange.reply = kUnavailable;
    return Outcome::kRefused;
  }
  VerificationRequest request{.ticket = exchange.ticket};
  for (std::size_t i = 0; i < presented.pair_count; ++i) {
    request.pairs.emplace_back(presented.pairs[i].id, presented.pairs[i].secret);
  }
  request.digest = credentials_.DigestOf(presented.pairs[0].id, presented.pairs[0].secret);
  verify_(std::move(request));
  return Outcome::kPending;
}

}  // namespace introspectd::api
