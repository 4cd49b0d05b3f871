#include "jose/signature_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace introspectd::jose {

SignatureCheck::SignatureCheck()
    : trust_(std::make_shared<const Trust>(
          Trust{std::make_shared<const Issuers>(std::vector<IssuerConfig>()), {}})) {}

void SignatureCheck::SetTrust(std::shared_ptr<const Trust> trust) {
  trust_ = std::move(trust);
  cooldowns_ms_.clear();
  for (const OwnersKeys& keys : trust_->keys) cooldowns_ms_.push_back(keys.cooldown_until_ms);
}

SignatureCheck::Outcome SignatureCheck::Check(std::size_t owner, const Signed& jwt, Now now,
                                              Effort effort) const {
  const OwnersKeys& keys = trust_->keys[owner];
  std::array<KeyRing::Candidate, KeyRing::kTriedMax> candidates;
  std::size_t count = 0;
  if (keys.ring != nullptr && now.boot_ms < keys.stale_at_ms) {
    count = keys.ring->Find(jwt.header, candidates);
  }
  if (count == 0) return WithoutKey(owner, jwt, now, effort);
  if (!effort.may_verify) return {.judgement = Judgement::kBusy};
  const auto began = std::chrono::steady_clock::now();
  const auto good = std::find_if(candidates.begin(), candidates.begin() + count, [&](auto& by) {
    return by.verifier->Verify(jwt.part, jwt.sha256, jwt.signature);
  });
  Outcome outcome{.refusal = Refusal::kSignature};
  outcome.spent_ns = std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
  if (good == candidates.begin() + count) return outcome;
  outcome.judgement = Judgement::kGood;
  outcome.refusal = Refusal::kNone;
  outcome.by = *good;
  return outcome;
}

// Contract 4.5: an unknown kid is worth a fetch, but not one a token.
SignatureCheck::Outcome SignatureCheck::WithoutKey(std::size_t owner, const Signed& jwt, Now now,
                                                   Effort effort) const {
  const OwnersKeys& keys = trust_->keys[owner];
  if (keys.ring == nullptr || now.boot_ms >= keys.stale_at_ms) {
    return {.judgement = Judgement::kKeysMissing, .refusal = Refusal::kKeysMissing};
  }
  if (jwt.header.kid && keys.ring->HasKid(*jwt.header.kid)) {
    return {.refusal = Refusal::kAlgorithm};
  }
  Outcome outcome{.refusal = Refusal::kKidUnknown};
  // What does not say when it was made may have been made just now, but not behind its own fetch.
  const UnixSeconds issued_at =
      jwt.issued_at.value_or(effort.keys_are_fresh ? UnixSeconds{0} : now.seconds());
  // Who joined a fetch that was under way may have been minted behind it.
  const bool fetched_before = keys.asked_us < issued_at * kMicrosPerSecond;
  if (effort.keys_are_fresh && !fetched_before) return outcome;
  if (!effort.keys_are_fresh && now.boot_ms >= cooldowns_ms_[owner]) {
    outcome.judgement = Judgement::kKeysWanted;
  } else if (keys.asked_us < (issued_at + 1) * kMicrosPerSecond) {
    outcome.judgement = Judgement::kKeysMissing;  // its key may have come after the set known here
  }
  return outcome;
}

}  // namespace introspectd::jose
