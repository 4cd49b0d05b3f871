#include "api/explainer.h"

#include <utility>

#include "text/base64.h"
#include "text/json_writer.h"
#include "token/rules.h"

namespace introspectd::api {

namespace {

using Outcome = jose::Verifier::Outcome;

std::string ReasonOfStore(const Store::Finding& found) {
  switch (found.state) {
    case TokenState::kUnknown:
      return "unknown";
    case TokenState::kActive:
      return "active";
    case TokenState::kExpired:
      return "expired";
    case TokenState::kNotYetValid:
      return "not-yet-valid";
    case TokenState::kRevoked:
      return "revoked";
    case TokenState::kRevokedJti:
      return "revoked:jti";
    case TokenState::kRevokedRule:
      return "rule:" + token::NamesOf(found.rule);
  }
  return "unknown";
}

std::string_view Text(const TokenDigest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

void AddText(text::JsonWriter& json, std::string_view name,
             const std::optional<std::string_view>& value) {
  if (value) json.Key(name).String(*value);
}

}  // namespace

Explainer::Explainer(const Config& config, Store& store)
    : reader_(store),
      verifier_({.token_lifetime_max_s = config.storage.token_lifetime_max_s,
                 .token_bytes_max = config.limits.token_bytes_max,
                 .verdict_bytes_max = 0}) {}

std::string Explainer::Explain(const Question& question, Now now) {
  const Store::Visit visit(reader_);
  const Outcome outcome = Verify(question, now);
  const Store::Finding found = Find(outcome, now);
  const std::string reason = ReasonOf(outcome, found, question.client);
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject();
  json.Key("active").Bool(reason == "active");
  json.Key("reason").String(reason);
  Describe(outcome, found, json);
  json.EndObject();
  verifier_.EndTurn();
  return out;
}

Outcome Explainer::Verify(const Question& question, Now now) {
  if (question.digest) return {.digest = *question.digest};
  return verifier_.Verify(question.token, now, {.may_recall = false});
}

Store::Finding Explainer::Find(const Outcome& outcome, Now now) {
  if (outcome.kind == Outcome::Kind::kNotOurs) return reader_.Find(outcome.digest, now.seconds());
  if (outcome.kind != Outcome::Kind::kGood) return {};
  return reader_.Judge(outcome.verdict->token(IssuerOf(outcome).config.leeway_s), now.seconds());
}

std::string Explainer::ReasonOf(const Outcome& outcome, const Store::Finding& found,
                                const client::Client* client) const {
  if (outcome.refusal != jose::Refusal::kNone) return std::string(NameOf(outcome.refusal));
  if (found.state == TokenState::kActive && client != nullptr) {
    if (!client->caller.IsIssuer(found.token, reader_.issuer())) return "issuer";
    if (!client->caller.IsConcerned(found.token)) return "audience";
  }
  return ReasonOfStore(found);
}

void Explainer::Describe(const Outcome& outcome, const Store::Finding& found,
                         text::JsonWriter& json) const {
  const bool jwt = outcome.kind != Outcome::Kind::kNotOurs;
  json.Key("kind").String(jwt ? "jwt" : "opaque");
  json.Key("token_sha256").String(text::EncodeBase64Url(Text(outcome.digest)));
  if (jwt) {
    json.Key("iss").String(IssuerOf(outcome).config.issuer);
    AddText(json, "kid", verifier_.header().kid);
  }
  if (found.state == TokenState::kUnknown || found.state == TokenState::kRevoked) return;
  if (!jwt) AddText(json, "iss", found.token.issuer());
  AddText(json, "client_id", found.token.client_id());
  json.Key("exp").Integer(found.token.exp());
}

const jose::Issuer& Explainer::IssuerOf(const Outcome& outcome) const {
  return verifier_.trust().issuers->all()[outcome.issuer];
}

}  // namespace introspectd::api
