#include "jose/verifier.h"

#include <algorithm>
#include <utility>

#include "text/base64.h"

namespace introspectd::jose {

namespace {

TokenDigest DigestOf(const crypto::Sha256& whole) {
  TokenDigest digest;
  std::copy_n(whole.begin(), digest.bytes.size(), digest.bytes.begin());
  return digest;
}

}  // namespace

Verifier::Verifier(const Options& options)
    : token_lifetime_max_s_(options.token_lifetime_max_s),
      verdicts_(options.verdict_bytes_max),
      payload_json_(options.token_bytes_max, kJsonDepthMax),
      builder_(payload_json_) {}

void Verifier::SetTrust(std::shared_ptr<const Trust> trust, bool forget) {
  has_issuers_ = !trust->issuers->all().empty();
  check_.SetTrust(std::move(trust));
  if (forget) verdicts_.Clear();
}

Verifier::Outcome Verifier::Verify(std::string_view token, Now now, Effort effort) {
  header_ = {};
  claims_.Clear();
  const auto jws = SplitCompact(token);
  if (!jws || token.size() > payload_json_.size_max()) {
    return {.kind = Kind::kNotOurs, .digest = TokenDigest::Of(token)};
  }
  const Digests digests = DigestsOf(*jws);
  const Verdict* remembered = effort.may_recall ? Recall(digests.whole) : nullptr;
  if (remembered != nullptr) return Remembered(*remembered, now);

  Outcome outcome{.digest = DigestOf(digests.whole)};
  const auto issuer = IssuerOf(jws->payload);
  if (!issuer) return outcome;
  outcome.issuer = *issuer;
  outcome.refusal = CheckToken(*jws, trust().issuers->all()[*issuer], outcome.digest, now);
  outcome.kind = Kind::kBad;
  if (outcome.refusal != Refusal::kNone) return outcome;
  return VerifySignature(*jws, digests, outcome, now, effort);
}

// What is signed is hashed once, for the signature and for the digest of the whole.
Verifier::Digests Verifier::DigestsOf(const Jws& jws) {
  Digests digests;
  digests.signed_part.Update(jws.signed_part);
  digests.of_signed_part = digests.signed_part.Finish();
  crypto::Sha256Stream whole = digests.signed_part;
  whole.Update(".");
  whole.Update(jws.signature);
  digests.whole = whole.Finish();
  return digests;
}

// A verdict lasts as long as the key that gave it.
const Verdict* Verifier::Recall(const crypto::Sha256& whole) {
  const Verdict* verdict = verdicts_.Find(whole);
  if (verdict == nullptr) return nullptr;
  const auto& ring = trust().keys[verdict->issuer].ring;
  if (ring != nullptr && ring->Has(verdict->thumbprint, verdict->algorithm)) return verdict;
  verdicts_.Forget(whole);
  return nullptr;
}

Verifier::Outcome Verifier::Remembered(const Verdict& verdict, Now now) const {
  Outcome outcome{.kind = Kind::kGood, .digest = verdict.digest, .issuer = verdict.issuer};
  outcome.verdict = &verdict;
  outcome.remembered = true;
  if (now.boot_ms >= trust().keys[verdict.issuer].stale_at_ms) {
    outcome.kind = Kind::kKeysMissing;
    outcome.refusal = Refusal::kKeysMissing;
  }
  return outcome;
}

std::optional<std::size_t> Verifier::IssuerOf(std::string_view payload) {
  if (!DecodePart(payload, payload_)) return std::nullopt;
  if (payload_json_.ParseObject(payload_) != json::Error::kNone) return std::nullopt;
  const json::Member* iss = json::Find(payload_json_.members(), "iss");
  if (iss == nullptr || iss->value.type != json::Type::kString) return std::nullopt;
  return trust().issuers->Find(iss->value.string);
}

Refusal Verifier::CheckToken(const Jws& jws, const Issuer& issuer, const TokenDigest& digest,
                             Now now) {
  const Refusal refusal = header_reader_.Read(jws.header, header_);
  if (refusal != Refusal::kNone) return refusal;
  if (!Allows(issuer.algorithms, header_.algorithm)) return Refusal::kAlgorithm;
  if (!issuer.Accepts(header_.type)) return Refusal::kType;
  if (!DecodePart(jws.signature, signature_)) return Refusal::kMalformed;
  if (!builder_.BuildFromJwt(digest, claims_).empty()) return Refusal::kClaims;
  const Refusal untimely = CheckTimes(issuer, now);
  if (untimely != Refusal::kNone) return untimely;
  return IsForAudience(issuer) ? Refusal::kNone : Refusal::kAudience;
}

Refusal Verifier::CheckTimes(const Issuer& issuer, Now now) const {
  const UnixSeconds seconds = now.seconds();
  const UnixSeconds latest = seconds + issuer.config.leeway_s;
  if (claims_.iat == token::kNever) return Refusal::kClaims;
  if (seconds >= claims_.exp) return Refusal::kExpired;
  if (claims_.iat > latest) return Refusal::kIssuedLater;
  if (claims_.nbf > latest) return Refusal::kNotYetValid;
  if (claims_.exp - claims_.iat > token_lifetime_max_s_) return Refusal::kLifetime;
  return Refusal::kNone;
}

bool Verifier::IsForAudience(const Issuer& issuer) const {
  if (issuer.any_audience) return true;
  const std::string_view bytes = claims_.bytes;
  return std::ranges::any_of(claims_.audiences, [&](token::Span16 span) {
    const std::string_view audience = bytes.substr(span.offset, span.size);
    return std::ranges::find(issuer.config.audiences, audience) != issuer.config.audiences.end();
  });
}

Verifier::Outcome Verifier::VerifySignature(const Jws& jws, const Digests& digests, Outcome outcome,
                                            Now now, Effort effort) {
  const SignatureCheck::Outcome checked =
      check_.Check(outcome.issuer,
                   {.header = header_,
                    .part = jws.signed_part,
                    .sha256 = digests.of_signed_part,
                    .signature = signature_,
                    .issued_at = claims_.iat},
                   now, {effort.may_verify, effort.keys_are_fresh});
  outcome.kind = checked.judgement;
  outcome.refusal = checked.refusal;
  outcome.spent_ns = checked.spent_ns;
  if (outcome.kind == Kind::kGood) outcome.verdict = Remember(digests, outcome, checked.by);
  return outcome;
}

const Verdict* Verifier::Remember(const Digests& digests, const Outcome& outcome,
                                  const KeyRing::Candidate& by) {
  auto verdict = std::make_unique<Verdict>();
  verdict->whole = digests.whole;
  verdict->digest = outcome.digest;
  verdict->twin = TwinOf(digests, by);
  verdict->record = token::Record::Upsert(outcome.digest, 0, claims_);
  verdict->issuer = outcome.issuer;
  verdict->thumbprint = by.key->thumbprint;
  verdict->algorithm = by.verifier->algorithm();
  return verdicts_.Put(std::move(verdict));
}

// Whoever revokes a token knows one of its forms; the other one is as good to whoever holds it.
std::optional<TokenDigest> Verifier::TwinOf(const Digests& digests, const KeyRing::Candidate& by) {
  if (!crypto::TwinOf(by.verifier->algorithm(), signature_, twin_)) return std::nullopt;
  crypto::Sha256Stream whole = digests.signed_part;
  whole.Update(".");
  whole.Update(text::EncodeBase64Url(twin_));
  return DigestOf(whole.Finish());
}

}  // namespace introspectd::jose
