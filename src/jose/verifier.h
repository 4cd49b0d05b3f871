// Decides on JWTs: whose they are, whether their signature and claims are good.
//
//   token → remembered? → payload: whose? → header → claims and times → key → signature → remember
//
// Threads: loop-confined.
// Limits:  tokens of `token_bytes_max`; what is remembered of good ones, `verdict_bytes_max`.
// Source:  RFC 7515 5.2, RFC 7519 7.2, RFC 9068 4, RFC 8725 3; contract 4.5.
// Cost:    a token that is remembered: one SHA-256 and one look-up. Another one: a signature.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "claims/builder.h"
#include "introspectd/time.h"
#include "jose/jws.h"
#include "jose/refusal.h"
#include "jose/signature_check.h"
#include "jose/trust.h"
#include "jose/verdict_cache.h"
#include "json/document.h"

namespace introspectd::jose {

class Verifier {
 public:
  struct Options {
    std::int64_t token_lifetime_max_s = 2'592'000;
    std::size_t token_bytes_max = 16 << 10;
    std::size_t verdict_bytes_max = 0;
  };

  struct Outcome {
    using Kind = Judgement;
    Kind kind = Kind::kNotOurs;  // then the store knows, or nobody
    Refusal refusal = Refusal::kNone;
    TokenDigest digest{};
    const Verdict* verdict = nullptr;  // kGood; borrowed until EndTurn
    bool remembered = false;           // the verdict is an earlier one
    std::size_t issuer = 0;            // its place in the Trust; not of kNotOurs
    std::int64_t spent_ns = 0;         // on signatures
  };

  // What the one who asks can offer.
  struct Effort {
    bool may_verify = true;
    bool keys_are_fresh = false;  // they were fetched for this very token
    bool may_recall = true;       // otherwise header() and claims() are always read
  };

  explicit Verifier(const Options& options);

  // From now on. Verdicts of keys that are not in it are of no use any more; `forget`: none is.
  void SetTrust(std::shared_ptr<const Trust> trust, bool forget);
  const Trust& trust() const { return check_.trust(); }
  // Nobody will fetch the issuer's keys before.
  void SetCooldown(std::size_t issuer, std::int64_t until_ms) {
    check_.SetCooldown(issuer, until_ms);
  }

  // Whether it is worth asking Verify about such a token.
  bool MayBeOurs(std::string_view token) const {
    return has_issuers_ && token.size() > 1 && token[0] == 'e' &&
           token.find('.') != std::string_view::npos;
  }
  Outcome Verify(std::string_view token, Now now, Effort effort);
  void EndTurn() { verdicts_.EndTurn(); }
  const VerdictCache& verdicts() const { return verdicts_; }
  void SetVerdictBytesMax(std::size_t bytes_max) { verdicts_.SetMax(bytes_max); }
  void SetTokenBytesMax(std::size_t bytes_max) { payload_json_.SetSizeMax(bytes_max); }

  // Of the token that Verify was asked about last, if it came that far.
  const Header& header() const { return header_; }
  const token::Claims& claims() const { return claims_; }

 private:
  using Kind = Outcome::Kind;

  struct Digests {
    crypto::Sha256Stream signed_part;
    crypto::Sha256 of_signed_part;
    crypto::Sha256 whole;
  };

  static Digests DigestsOf(const Jws& jws);
  const Verdict* Recall(const crypto::Sha256& whole);
  Outcome Remembered(const Verdict& verdict, Now now) const;
  std::optional<std::size_t> IssuerOf(std::string_view payload);
  Refusal CheckToken(const Jws& jws, const Issuer& issuer, const TokenDigest& digest, Now now);
  Refusal CheckTimes(const Issuer& issuer, Now now) const;
  bool IsForAudience(const Issuer& issuer) const;
  Outcome VerifySignature(const Jws& jws, const Digests& digests, Outcome outcome, Now now,
                          Effort effort);
  const Verdict* Remember(const Digests& digests, const Outcome& outcome,
                          const KeyRing::Candidate& by);
  std::optional<TokenDigest> TwinOf(const Digests& digests, const KeyRing::Candidate& by);

  const std::int64_t token_lifetime_max_s_;
  SignatureCheck check_;
  bool has_issuers_ = false;
  VerdictCache verdicts_;
  HeaderReader header_reader_;
  json::Parser payload_json_;
  claims::Builder builder_;
  Header header_;
  token::Claims claims_;
  std::string payload_;
  std::string signature_;
  std::string twin_;
};

}  // namespace introspectd::jose
