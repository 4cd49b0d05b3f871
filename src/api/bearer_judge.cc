#include "api/bearer_judge.h"

#include "text/ascii.h"
#include "text/json_walker.h"

namespace introspectd::api {

namespace {

using FindingKind = BearerJudge::Finding::Kind;

constexpr std::string_view kScope = "introspect";

ClientConfig Endpoint(const std::string& url) {
  ClientConfig endpoint;
  endpoint.audiences = {url};
  return endpoint;
}

// What a JWT signs; of one token there may be several signatures.
std::string_view Signed(std::string_view jwt) { return jwt.substr(0, jwt.rfind('.')); }

bool HasScope(std::string_view scopes, std::string_view wanted) {
  while (!scopes.empty()) {
    if (text::TakeUntil(scopes, ' ') == wanted) return true;
  }
  return false;
}

// Whoever presents it need not prove more. Names that mean something are written plainly there.
bool IsBearer(std::string_view answer) {
  text::JsonWalker members(answer);
  while (!members.AtEnd()) {
    const std::string_view name = members.Take();
    const std::string_view value = members.Take();
    if (name == "\"cnf\"") return false;
    if (name == "\"token_type\"" && !text::EqualsIgnoreCase(value, "\"bearer\"")) return false;
  }
  return true;
}

}  // namespace

BearerJudge::BearerJudge(const Config& config, JwtDesk& jwts, Store::Reader& reader,
                         const Readiness& readiness)
    : readiness_(readiness),
      jwts_(jwts),
      reader_(reader),
      token_bytes_max_(config.limits.token_bytes_max),
      us_(Endpoint(config.introspection.endpoint), config.introspection.issuer) {}

BearerJudge::Finding BearerJudge::Judge(std::string_view bearer, std::string_view asked,
                                        const client::Registry& registry, bool may_verify,
                                        http::Exchange& exchange) {
  if (!registry.has(AuthMethod::kBearer) || bearer.size() > token_bytes_max_ || bearer == asked) {
    return {FindingKind::kInvalid};
  }
  if (!readiness_.ready(exchange.now)) return {FindingKind::kUnavailable};
  const JwtDesk::Answer found = jwts_.Ask(bearer, exchange, may_verify);
  switch (found.kind) {
    case JwtDesk::Answer::Kind::kNotOurs:
      break;
    case JwtDesk::Answer::Kind::kGood:
      if (Signed(bearer) == Signed(asked)) return {FindingKind::kInvalid};
      break;
    case JwtDesk::Answer::Kind::kBad:
      return {FindingKind::kInvalid};
    case JwtDesk::Answer::Kind::kUnavailable:
      return {FindingKind::kUnavailable};
    case JwtDesk::Answer::Kind::kPending:
      return {FindingKind::kPending};
    case JwtDesk::Answer::Kind::kUnjudged:
      return {FindingKind::kUnjudged};
  }
  // The keys that were fetched are those of its issuer, not of the token that it asks about.
  if (!found.recalled && exchange.resumption == http::Resumption::kKeysFetched) {
    exchange.resumption = http::Resumption::kNone;
  }
  return AskStore(found, registry, exchange.now);
}

BearerJudge::Finding BearerJudge::AskStore(const JwtDesk::Answer& found,
                                           const client::Registry& registry, Now now) {
  const bool was_inside = reader_.inside();
  if (!was_inside) reader_.Enter();
  const Store::Finding token =
      found.verdict != nullptr ? reader_.Judge(found.verdict->token(found.leeway_s), now.seconds())
                               : reader_.Find(found.digest, now.seconds());
  Finding finding{FindingKind::kInvalid};
  if (token.state == TokenState::kActive) finding = Weigh(token.token, registry);
  if (token.state == TokenState::kUnknown && !readiness_.feed_fresh(now)) {
    finding.kind = FindingKind::kUnavailable;
  }
  if (!was_inside) reader_.Leave();
  return finding;
}

BearerJudge::Finding BearerJudge::Weigh(const TokenView& token,
                                        const client::Registry& registry) const {
  const auto id = token.client_id();
  const client::Client* client = id ? registry.FindClient(*id) : nullptr;
  if (client == nullptr || !client->Allows(AuthMethod::kBearer) ||
      !us_.MayKnow(token, reader_.issuer()) || !IsBearer(token.answer())) {
    return {FindingKind::kInvalid};
  }
  return {HasScope(token.scope().value_or(""), kScope) ? FindingKind::kGood
                                                       : FindingKind::kScopeMissing,
          client};
}

}  // namespace introspectd::api
