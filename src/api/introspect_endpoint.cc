#include "api/introspect_endpoint.h"

#include <utility>

#include "api/answers.h"
#include "api/form_checks.h"

namespace introspectd::api {

namespace {

using client::Client;
using http::Exchange;
using http::Plan;
using http::Progress;
using http::Reply;

Count CountOf(int status) {
  switch (status) {
    case 400:
      return Count::kBadRequest;
    case 401:
      return Count::kUnauthorized;
    case 503:
      return Count::kUnavailable;
    default:
      return Count::kOther;
  }
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
      authenticator_(credentials, std::move(verify)),
      reader_(store),
      introspector_(reader_),
      batch_(reader_) {}

void IntrospectEndpoint::SetRegistry(std::shared_ptr<const client::Registry> registry) {
  if (!batch_.empty()) retired_.push_back(authenticator_.registry());
  authenticator_.SetRegistry(std::move(registry));
}

void IntrospectEndpoint::ForgetDeferred() {
  batch_.Clear();
  retired_.clear();
  jwts_.EndTurn();
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
    counters_.Add(CountOf(refused->status));
    exchange.reply = *refused;
    return Plan::kAnswered;
  }
  exchange.always = true;
  // Nobody is asked to send a body that credentials in the head make useless; one that is too large
  // is refused for that.
  const bool fits = head.content_length.value_or(0) <= limits_.data.body_bytes_max;
  if (head.expects_continue && head.authorization && fits) {
    const Client* client = nullptr;
    switch (Authenticate(exchange, {}, client)) {
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
  if (refused == nullptr) {
    switch (Authenticate(exchange, form_.credentials(), client)) {
      case Auth::kGood:
        break;
      case Auth::kPending:
        return Progress::kPending;
      case Auth::kRefused:
        return Progress::kAnswered;
    }
    refused = readiness_.ready(exchange.now) ? CheckParameters(client->caller) : &kUnavailable;
  }
  if (refused != nullptr) {
    counters_.Add(CountOf(refused->status));
    return Say(exchange, *refused);
  }
  return Find(exchange, client->caller);
}

Progress IntrospectEndpoint::Say(Exchange& exchange, const Reply& reply) {
  exchange.reply = reply;
  return Progress::kAnswered;
}

// A JWT of a configured issuer is judged by itself, whatever was pushed of it.
Progress IntrospectEndpoint::Find(Exchange& exchange, const Caller& caller) {
  using Kind = JwtDesk::Answer::Kind;
  if (form_.token().size() > limits_.token_bytes_max) {  // nobody can have pushed it
    return Say(exchange, ReplyTo({.kind = Verdict::Kind::kUnknown}, caller, exchange.now));
  }
  const JwtDesk::Answer found = jwts_.Ask(form_.token(), exchange);
  switch (found.kind) {
    case Kind::kNotOurs:
    case Kind::kGood:
      break;
    case Kind::kBad:
      return Say(exchange, ReplyTo({.kind = Verdict::Kind::kInactive}, caller, exchange.now));
    case Kind::kUnavailable:
      counters_.Add(Count::kUnavailable);
      return Say(exchange, kUnavailable);
    case Kind::kPending:
      return Progress::kPending;
  }
  return Defer(exchange, {.token = found.digest,
                          .verdict = found.verdict,
                          .leeway_s = found.leeway_s,
                          .caller = &caller});
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
                                                          const Client*& client) {
  const Auth outcome = authenticator_.Authenticate(exchange, form, client);
  if (outcome == Auth::kRefused) counters_.Add(CountOf(exchange.reply.status));
  return outcome;
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
  if (now.boot_ms >= lease_ms_) {
    counters_.Add(Count::kUnavailable);
    return kUnavailable;
  }
  const AnswerBatch::Asked& asked = batch_.asked(deferred);
  const Caller& caller = *asked.caller;
  const std::string_view scope = batch_.scope(deferred);
  const Verdict verdict =
      asked.verdict != nullptr
          ? introspector_.Ask(asked.verdict->token(asked.leeway_s), scope, caller, now.seconds())
          : introspector_.Ask({asked.token, scope}, caller, now.seconds());
  return ReplyTo(verdict, caller, now);
}

Reply IntrospectEndpoint::ReplyTo(const Verdict& verdict, const Caller& caller, Now now) {
  if (verdict.kind == Verdict::Kind::kActive) {
    counters_.Add(Count::kActive);
    return {.status = 200, .body = verdict.body};
  }
  if (verdict.kind == Verdict::Kind::kUnknown && !readiness_.feed_fresh(now)) {
    counters_.Add(Count::kUnavailable);
    return kUnavailable;
  }
  if (verdict.kind == Verdict::Kind::kUnknown && caller.unknown_token() == UnknownToken::kError) {
    counters_.Add(Count::kUnknownToken);
    return kUnknownToken;
  }
  counters_.Add(Count::kInactive);
  return kInactive;
}

std::string_view IntrospectEndpoint::RefusalBody(int status) {
  counters_.Add(CountOf(status));
  return api::RefusalBody(status);
}

}  // namespace introspectd::api
