#include "api/introspect_endpoint.h"

#include <utility>

#include "api/answers.h"
#include "api/form_checks.h"
#include "api/tally.h"
#include "base/check.h"

namespace introspectd::api {

namespace {

using client::Client;
using http::Exchange;
using http::Plan;
using http::Progress;
using http::Reply;

base::Rate InactiveRate(const Limits& limits) {
  const std::uint32_t per_s = limits.inactive_per_client_per_s;
  return {.per_s = per_s, .burst = per_s * 10};
}

}  // namespace

IntrospectEndpoint::IntrospectEndpoint(const Config& config, Store& store,
                                       const Readiness& readiness,
                                       client::CredentialCache& credentials, Counters& counters,
                                       JwtDesk& jwts, Verify verify)
    : config_(config),
      limits_(config.limits),
      readiness_(readiness),
      counters_(counters),
      jwts_(jwts),
      times_(counters.answer_times()),
      reader_(store),
      bearers_(config, jwts, reader_, readiness),
      authenticator_(config.limits, credentials, jwts.assertions(), bearers_, std::move(verify)),
      introspector_(reader_),
      rate_limited_(kTooManyInactive),
      batch_(reader_) {}

void IntrospectEndpoint::SetRegistry(std::shared_ptr<const client::Registry> registry,
                                     std::vector<ClientAccount*> accounts) {
  CHECK(accounts.size() == registry->clients().size());
  if (!batch_.empty()) retired_.push_back(authenticator_.registry());
  authenticator_.SetRegistry(std::move(registry));
  accounts_ = std::move(accounts);
}

void IntrospectEndpoint::SetLimits(const Limits& limits) {
  limits_ = limits;
  bearers_.SetTokenBytesMax(limits.token_bytes_max);
  authenticator_.SetLimits(limits);
}

void IntrospectEndpoint::ForgetDeferred() {
  batch_.Clear();
  retired_.clear();
  jwts_.EndTurn();
  form_.Forget();
  authenticator_.ForgetPresented();
}

void IntrospectEndpoint::EndBatch() {
  if (reader_.inside()) reader_.Leave();
}

Plan IntrospectEndpoint::OnHead(Exchange& exchange) {
  const http::Head& head = exchange.head;
  const std::string_view path = head.path();
  if (config_.server.health && (path == "/healthz" || path == "/readyz")) {
    // That it is answered shows that this worker turns.
    exchange.reply =
        HealthReply(head.method, path == "/healthz" || readiness_.wanted(exchange.now));
    return Plan::kAnswered;
  }
  const Reply* refused = nullptr;
  if (path != config_.server.path) {
    refused = &kNotFound;
  } else if (head.method != "POST") {
    refused = &kPostOnly;
  } else if (!IsForm(head.content_type.value_or(""))) {
    refused = &kNotForm;
  }
  if (refused != nullptr) {
    counters_.Add(*BadInputOf(refused->status));
    Tell(CountOf(refused->status), {.at = exchange.asked});
    exchange.reply = *refused;
    return Plan::kAnswered;
  }
  exchange.always = true;
  // Nobody is asked to send a body that credentials in the head make useless; one that is too large
  // is refused for that.
  const bool fits = head.content_length.value_or(0) <= limits_.data.body_bytes_max;
  if (head.expects_continue && head.authorization && fits) {
    const Client* client = nullptr;
    switch (Authenticate(exchange, {}, "", client)) {
      case Auth::kGood:
        break;
      case Auth::kPending:
        return Plan::kPending;
      case Auth::kRefused:
        exchange.close = true;
        return Plan::kAnswered;
    }
  }
  return Plan::kBuffer;
}

bool IntrospectEndpoint::OnBody(std::string_view /*part*/, Now /*now*/) { return true; }

Progress IntrospectEndpoint::OnRequest(Exchange& exchange) {
  const Reply* refused = CheckForm(form_, exchange.body, limits_.data);
  const Client* client = nullptr;
  Asker asker{.at = exchange.asked};
  if (refused != nullptr) {
    counters_.Add(BadInput::kForm);
  } else {
    switch (Authenticate(exchange, form_.credentials(), form_.token(), client)) {
      case Auth::kGood:
        break;
      case Auth::kPending:
        return Progress::kPending;
      case Auth::kRefused:
        return Progress::kAnswered;
    }
    asker.caller = &client->caller;
    asker.account = accounts_[authenticator_.registry()->IndexOf(*client)];
    refused = Check(asker, exchange.now);
  }
  if (refused != nullptr) {
    Tell(CountOf(refused->status), asker);
    return Say(exchange, *refused);
  }
  return Find(exchange, asker);
}

void IntrospectEndpoint::Tell(Count count, const Asker& asker) {
  counters_.Add(count);
  if (asker.account != nullptr) asker.account->Add(count);
  times_.Add(asker.at);
}

Progress IntrospectEndpoint::Say(Exchange& exchange, const Reply& reply) {
  exchange.reply = reply;
  return Progress::kAnswered;
}

// A JWT of a configured issuer is judged by itself, whatever was pushed of it.
Progress IntrospectEndpoint::Find(Exchange& exchange, const Asker& asker) {
  using Kind = JwtDesk::Answer::Kind;
  if (form_.token().size() > limits_.token_bytes_max) {  // nobody can have pushed it
    return Say(exchange, ReplyTo({.kind = Verdict::Kind::kUnknown}, asker, exchange.now));
  }
  const JwtDesk::Answer found = jwts_.Ask(form_.token(), exchange);
  switch (found.kind) {
    case Kind::kNotOurs:
    case Kind::kGood:
      break;
    case Kind::kBad:
      return Say(exchange, ReplyTo({.kind = Verdict::Kind::kInactive}, asker, exchange.now));
    case Kind::kUnavailable:
    case Kind::kUnjudged:  // not of a question, which may take what it takes
      Tell(Count::kUnavailable, asker);
      return Say(exchange, kUnavailable);
    case Kind::kPending:
      return Progress::kPending;
  }
  return Defer(exchange, {.token = found.digest,
                          .verdict = found.verdict,
                          .leeway_s = found.leeway_s,
                          .asker = asker});
}

Progress IntrospectEndpoint::Defer(Exchange& exchange, const AnswerBatch::Asked& asked) {
  exchange.deferred = batch_.Add(asked, form_.scope());
  return Progress::kDeferred;
}

Reply IntrospectEndpoint::OnDeferred(std::uint32_t deferred, Now now) {
  if (reader_.inside()) batch_.PrefetchFor(deferred);
  return Introspect(deferred, now);
}

void IntrospectEndpoint::BeginAnswers() {
  EnterStore();
  batch_.Begin();
}

// The lease first: it is extended when what it stands for is visible to whoever enters.
void IntrospectEndpoint::EnterStore() {
  if (reader_.inside()) return;
  lease_ms_ = readiness_.lease_ms();
  reader_.Enter();
}

IntrospectEndpoint::Auth IntrospectEndpoint::Authenticate(Exchange& exchange,
                                                          const client::FormCredentials& form,
                                                          std::string_view asked,
                                                          const Client*& client) {
  const Auth outcome = authenticator_.Authenticate(exchange, form, asked, client);
  if (outcome == Auth::kRefused) {
    counters_.Add(FailureOf(exchange.reply.status));
    Tell(CountOf(exchange.reply.status), {.at = exchange.asked});
  }
  return outcome;
}

const Reply* IntrospectEndpoint::Check(const Asker& asker, Now now) {
  if (!readiness_.ready(now)) return &kUnavailable;
  const Reply* refused = CheckRate(*asker.account, now);
  if (refused != nullptr) return refused;
  refused = CheckParameters(*asker.caller);
  if (refused != nullptr) counters_.Add(BadInput::kParameters);
  return refused;
}

// Before the token is looked at, whatever it is: a refusal that only inactive tokens got would say
// as much as the answer, and a scan would go on at full speed.
const Reply* IntrospectEndpoint::CheckRate(ClientAccount& account, Now now) {
  const base::Rate rate = InactiveRate(limits_);
  if (rate.per_s == 0) return nullptr;
  const std::int64_t wait_us = account.inactive().WaitUs(now.boot_ms * 1000, rate);
  if (wait_us == 0) return nullptr;
  retry_after_.clear();
  AppendRetryAfter(wait_us, retry_after_);
  rate_limited_.extra_headers = retry_after_;
  return &rate_limited_;
}

// The hint only orders a search (RFC 7662 2.1), and a token says itself which kind it is.
const Reply* IntrospectEndpoint::CheckParameters(const Caller& caller) const {
  if (form_.token().empty()) return &kNoToken;
  const std::string_view hint = form_.token_type_hint();
  if (hint.empty() || hint == "access_token" || hint == "pct") return nullptr;
  if (caller.unsupported_hint() == UnsupportedHint::kIgnore) return nullptr;
  if (hint == "refresh_token") return &kUnsupportedTokenType;
  return caller.unsupported_hint() == UnsupportedHint::kRejectRefresh ? nullptr : &kUnknownHint;
}

Reply IntrospectEndpoint::Introspect(std::uint32_t deferred, Now now) {
  EnterStore();
  const AnswerBatch::Asked& asked = batch_.asked(deferred);
  if (now.boot_ms >= lease_ms_) {
    Tell(Count::kUnavailable, asked.asker);
    return kUnavailable;
  }
  const Caller& caller = *asked.asker.caller;
  const std::string_view scope = batch_.scope(deferred);
  const Verdict verdict =
      asked.verdict != nullptr
          ? introspector_.Ask(asked.verdict->token(asked.leeway_s), scope, caller, now.seconds())
          : introspector_.Ask({asked.token, scope}, caller, now.seconds());
  return ReplyTo(verdict, asked.asker, now);
}

Reply IntrospectEndpoint::ReplyTo(const Verdict& verdict, const Asker& asker, Now now) {
  if (verdict.kind == Verdict::Kind::kActive) {
    Tell(Count::kActive, asker);
    return {.status = 200, .body = verdict.body};
  }
  const bool unknown = verdict.kind == Verdict::Kind::kUnknown;
  if (unknown && !readiness_.feed_fresh(now)) {
    Tell(Count::kUnavailable, asker);
    return kUnavailable;
  }
  // What was asked before the rate was used up is answered: the rest waits so much longer.
  const base::Rate rate = InactiveRate(limits_);
  if (rate.per_s != 0) asker.account->inactive().Charge(now.boot_ms * 1000, rate);
  const bool error = unknown && asker.caller->unknown_token() == UnknownToken::kError;
  Tell(error ? Count::kUnknownToken : Count::kInactive, asker);
  return error ? kUnknownToken : kInactive;
}

std::string_view IntrospectEndpoint::RefusalBody(int status) {
  counters_.Add(CountOf(status));
  if (const auto input = BadInputOf(status)) counters_.Add(*input);
  return api::RefusalBody(status);
}

}  // namespace introspectd::api
