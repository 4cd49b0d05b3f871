#include "jose/assertion_verifier.h"

#include <algorithm>
#include <utility>

#include "claims/numeric_date.h"
#include "text/ascii.h"

namespace introspectd::jose {

namespace {

using claims::NumericDateOf;
using claims::Rounding;
using json::Type;

// The same keys may sign access tokens, DPoP proofs or request objects, which prove nothing here.
bool IsTypeOfAssertion(std::optional<std::string_view> type) {
  return !type || text::EqualsIgnoreCase(ShortType(*type), "jwt") ||
         text::EqualsIgnoreCase(ShortType(*type), "client-authentication+jwt");
}

bool ReadText(const json::Value& value, std::string_view& out) {
  out = value.string;
  return value.type == Type::kString;
}

bool ReadDate(const json::Value& value, Rounding rounding, std::optional<UnixSeconds>& out) {
  out = NumericDateOf(value, rounding);
  return out.has_value();
}

}  // namespace

AssertionVerifier::AssertionVerifier(std::size_t bytes_max) : json_(bytes_max, kJsonDepthMax) {}

AssertionVerifier::Outcome AssertionVerifier::Verify(std::string_view assertion,
                                                     std::optional<std::string_view> client_id,
                                                     Now now, SignatureCheck::Effort effort) {
  Outcome outcome;
  const auto jws = SplitCompact(assertion);
  if (!jws || assertion.size() > json_.size_max() || !ReadClaims(jws->payload)) return outcome;
  if (claims_.iss != claims_.sub || client_id.value_or(claims_.sub) != claims_.sub) return outcome;
  const AssertionClients* const clients = trust().clients.get();
  const auto place = clients == nullptr ? std::nullopt : clients->Find(claims_.sub);
  if (!place) return outcome;
  const AssertionClient& client = clients->all()[*place];
  outcome.owner = trust().OwnerOfClient(*place);
  outcome.client = &client;
  outcome.judgement = Judgement::kBad;
  outcome.refusal = CheckAssertion(*jws, client, now);
  if (outcome.refusal != Refusal::kNone) return outcome;
  const SignatureCheck::Outcome checked =
      check_.Check(outcome.owner,
                   {.header = header_,
                    .part = jws->signed_part,
                    .sha256 = crypto::Sha256Of(jws->signed_part),
                    .signature = signature_,
                    .issued_at = claims_.iat},
                   now, effort);
  outcome.judgement = checked.judgement;
  outcome.refusal = checked.refusal;
  outcome.spent_ns = checked.spent_ns;
  outcome.exp = *claims_.exp;
  outcome.jti = claims_.jti;
  return outcome;
}

bool AssertionVerifier::ReadClaims(std::string_view payload) {
  claims_ = {};
  return DecodePart(payload, payload_) && json_.ParseObject(payload_) == json::Error::kNone &&
         std::ranges::all_of(json_.members(),
                             [this](const json::Member& member) { return ReadClaim(member); });
}

// False: it has a type that it must not have.
bool AssertionVerifier::ReadClaim(const json::Member& member) {
  const json::Value& value = member.value;
  if (member.name == "iss") return ReadText(value, claims_.iss);
  if (member.name == "sub") return ReadText(value, claims_.sub);
  if (member.name == "jti") return ReadText(value, claims_.jti);
  if (member.name == "exp") return ReadDate(value, Rounding::kDown, claims_.exp);
  if (member.name == "nbf") return ReadDate(value, Rounding::kUp, claims_.nbf);
  if (member.name == "iat") return ReadDate(value, Rounding::kUp, claims_.iat);
  if (member.name == "aud") claims_.aud = &value;
  return true;
}

Refusal AssertionVerifier::CheckAssertion(const Jws& jws, const AssertionClient& client, Now now) {
  const Refusal refusal = header_reader_.Read(jws.header, header_);
  if (refusal != Refusal::kNone) return refusal;
  if (!Allows(client.algorithms, header_.algorithm)) return Refusal::kAlgorithm;
  if (!IsTypeOfAssertion(header_.type)) return Refusal::kType;
  if (!DecodePart(jws.signature, signature_)) return Refusal::kMalformed;
  if (claims_.jti.empty() || !claims_.exp) return Refusal::kClaims;
  const Refusal untimely = CheckTimes(now.seconds());
  if (untimely != Refusal::kNone) return untimely;
  return IsForUs(client) ? Refusal::kNone : Refusal::kAudience;
}

Refusal AssertionVerifier::CheckTimes(UnixSeconds now) const {
  const UnixSeconds latest = now + kAssertionLeeway_s;
  if (now >= *claims_.exp) return Refusal::kExpired;
  if (*claims_.exp > now + kAssertionLifetimeMax_s) return Refusal::kLifetime;
  if (claims_.iat.value_or(0) > latest) return Refusal::kIssuedLater;
  if (claims_.nbf.value_or(0) > latest) return Refusal::kNotYetValid;
  return Refusal::kNone;
}

// A string, or an array of strings that has one of them.
bool AssertionVerifier::IsForUs(const AssertionClient& client) {
  if (claims_.aud == nullptr) return false;
  if (claims_.aud->type == Type::kString) return client.IsAudience(claims_.aud->string);
  if (claims_.aud->type != Type::kArray) return false;
  json_.ElementsOf(*claims_.aud, elements_);
  const auto is_text = [](const json::Value& value) { return value.type == Type::kString; };
  return std::ranges::all_of(elements_, is_text) &&
         std::ranges::any_of(elements_, [&](const json::Value& element) {
           return client.IsAudience(element.string);
         });
}

}  // namespace introspectd::jose
