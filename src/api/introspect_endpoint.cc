#include "api/introspect_endpoint.h"

#include <utility>

#include "api/answers.h"
#include "text/ascii.h"

namespace introspectd::api {

namespace {

using client::Client;
using client::Presented;
using http::Exchange;
using http::Plan;
using http::Progress;
using http::Reply;

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

// Parameters (charset and others) are allowed, and of no meaning.
bool IsForm(std::string_view content_type) {
  return text::EqualsIgnoreCase(text::TrimOws(text::TakeUntil(content_type, ';')), kFormType);
}

// A note says which client sent this head, as the registry of `generation` knows it.
std::uint64_t NoteOf(std::uint64_t generation, std::uint32_t index) {
  return generation << 32 | (std::uint64_t{index} + 1);
}

const Reply& ChallengeOf(client::Scheme scheme) {
  return scheme == client::Scheme::kBearer ? kInvalidClientBearer : kInvalidClientBasic;
}

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
                                       Verify verify)
    : config_(config),
      readiness_(readiness),
      credentials_(credentials),
      counters_(counters),
      verify_(std::move(verify)),
      reader_(store),
      introspector_(reader_, config.introspection.issuer, config.limits.token_bytes_max) {}

void IntrospectEndpoint::SetRegistry(std::shared_ptr<const client::Registry> registry) {
  registry_ = std::move(registry);
  credentials_.Forget();
}

void IntrospectEndpoint::EndBatch() {
  if (reader_.inside()) reader_.Leave();
}

Plan IntrospectEndpoint::OnHead(Exchange& exchange) {
  const http::Head& head = exchange.head;
  const std::string_view path = head.path();
  if (config_.server.health && (path == "/healthz" || path == "/readyz")) {
    // That it is answered shows that this worker turns.
    exchange.reply = HealthReply(head.method, path == "/healthz" || readiness_.wanted());
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
  // Nobody is asked to send a body that credentials in the head make useless.
  if (head.expects_continue && head.authorization) {
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
  const Reply* refused = CheckForm(exchange.body);
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
    refused = readiness_.ready() ? CheckParameters(client->caller) : &kUnavailable;
  }
  if (refused == nullptr) {
    Introspect(exchange, client->caller);
  } else {
    counters_.Add(CountOf(refused->status));
    exchange.reply = *refused;
  }
  return Progress::kAnswered;
}

const Reply* IntrospectEndpoint::CheckForm(std::string_view body) {
  switch (form_.Parse(body, config_.limits.data.parameters_max)) {
    case Form::Error::kNone:
      return nullptr;
    case Form::Error::kBrokenEscape:
      return &kBrokenEscape;
    case Form::Error::kTooMany:
      return &kTooManyParameters;
    case Form::Error::kTwice:
      return &kParameterTwice;
  }
  return &kBrokenEscape;
}

IntrospectEndpoint::Auth IntrospectEndpoint::Authenticate(Exchange& exchange,
                                                          const client::FormCredentials& form,
                                                          const Client*& client) {
  const bool in_head_alone = !form.client_id && !form.client_secret;
  const auto known = static_cast<std::uint32_t>(exchange.note);
  if (in_head_alone && known != 0 && exchange.note == NoteOf(registry_->generation(), known - 1)) {
    client = &registry_->clients()[known - 1];
    return Auth::kGood;
  }
  const Presented presented = client::ReadPresented(exchange.head.authorization, form, basic_);
  if (presented.kind == Presented::Kind::kPairs) {
    const Auth auth = LookUp(exchange, presented, client);
    if (auth == Auth::kGood && in_head_alone) {
      exchange.note = NoteOf(registry_->generation(),
                             static_cast<std::uint32_t>(client - registry_->clients().data()));
    }
    if (auth == Auth::kRefused) counters_.Add(CountOf(exchange.reply.status));
    return auth;
  }
  exchange.reply = presented.kind == Presented::Kind::kContradiction
                       ? kTwoMechanisms
                       : ChallengeOf(presented.scheme);
  counters_.Add(CountOf(exchange.reply.status));
  return Auth::kRefused;
}

IntrospectEndpoint::Auth IntrospectEndpoint::LookUp(Exchange& exchange, const Presented& presented,
                                                    const Client*& client) {
  exchange.reply = ChallengeOf(presented.scheme);
  for (std::size_t i = 0; i < presented.pair_count; ++i) {
    const auto [id, secret] = presented.pairs[i];
    if (const auto index = credentials_.Find(credentials_.DigestOf(id, secret))) {
      client = &registry_->clients()[*index];
      return client->Allows(presented.method) ? Auth::kGood : Auth::kRefused;
    }
  }
  if (exchange.resumption == http::Resumption::kRefused) return Auth::kRefused;
  if (exchange.resumption == http::Resumption::kUnavailable) {
    exchange.reply = kUnavailable;
    return Auth::kRefused;
  }
  VerificationRequest request{.ticket = exchange.ticket};
  for (std::size_t i = 0; i < presented.pair_count; ++i) {
    request.pairs.emplace_back(presented.pairs[i].id, presented.pairs[i].secret);
  }
  request.digest = credentials_.DigestOf(presented.pairs[0].id, presented.pairs[0].secret);
  verify_(std::move(request));
  return Auth::kPending;
}

// The hint only orders a search, and there is one place to search so far (RFC 7662 2.1).
const Reply* IntrospectEndpoint::CheckParameters(const Caller& caller) const {
  if (form_.token().empty()) return &kNoToken;
  const std::string_view hint = form_.token_type_hint();
  if (hint.empty() || hint == "access_token" || hint == "pct") return nullptr;
  if (caller.unsupported_hint() == UnsupportedHint::kIgnore) return nullptr;
  if (hint == "refresh_token") return &kUnsupportedTokenType;
  return caller.unsupported_hint() == UnsupportedHint::kRejectRefresh ? nullptr : &kUnknownHint;
}

void IntrospectEndpoint::Introspect(Exchange& exchange, const Caller& caller) {
  if (!reader_.inside()) reader_.Enter();
  const Verdict verdict = introspector_.Ask({.token = form_.token(), .scope = form_.scope()},
                                            caller, exchange.now.seconds());
  Count count = Count::kInactive;
  exchange.reply = kInactive;
  if (verdict.kind == Verdict::Kind::kActive) {
    count = Count::kActive;
    exchange.reply = {.status = 200, .body = verdict.body};
  } else if (verdict.kind == Verdict::Kind::kUnknown) {
    if (!readiness_.feed_fresh(exchange.now)) {
      count = Count::kUnavailable;
      exchange.reply = kUnavailable;
    } else if (caller.unknown_token() == UnknownToken::kError) {
      count = Count::kUnknownToken;
      exchange.reply = kUnknownToken;
    }
  }
  counters_.Add(count);
}

std::string_view IntrospectEndpoint::RefusalBody(int status) {
  counters_.Add(CountOf(status));
  return api::RefusalBody(status);
}

}  // namespace introspectd::api
