// The last step of every JWT: which key of its owner may have signed it, and did it?
//
// Threads: loop-confined.
// Source:  RFC 7515 5.2; contract 4.5 for keys that are not known, or not now.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "introspectd/time.h"
#include "jose/jws.h"
#include "jose/refusal.h"
#include "jose/trust.h"

namespace introspectd::jose {

// What comes of a JWT.
enum class Judgement : std::uint8_t {
  kNotOurs,      // it is of no owner that is configured
  kGood,         // as far as the JWT itself goes
  kBad,          // a Refusal says why
  kBusy,         // it would take a signature, and there is no time for one now
  kKeysWanted,   // the owner may have a key that is not known here
  kKeysMissing,  // nothing can be said until the owner's keys are there
};

class SignatureCheck {
 public:
  struct Signed {
    const Header& header;
    std::string_view part;  // Jws::signed_part
    const crypto::Sha256& sha256;
    std::string_view signature;            // decoded
    std::optional<UnixSeconds> issued_at;  // if it says so; not far ahead
  };
  // What the one who asks can offer.
  struct Effort {
    bool may_verify = true;
    bool keys_are_fresh = false;  // they were fetched for this very JWT
  };
  struct Outcome {
    Judgement judgement = Judgement::kBad;
    Refusal refusal = Refusal::kNone;
    KeyRing::Candidate by;      // kGood: what signed
    std::int64_t spent_ns = 0;  // on signatures
  };

  SignatureCheck();  // trusts nobody

  void SetTrust(std::shared_ptr<const Trust> trust);
  const Trust& trust() const { return *trust_; }
  // Nobody will fetch the owner's keys before.
  void SetCooldown(std::size_t owner, std::int64_t until_ms) { cooldowns_ms_[owner] = until_ms; }

  Outcome Check(std::size_t owner, const Signed& jwt, Now now, Effort effort) const;

 private:
  Outcome WithoutKey(std::size_t owner, const Signed& jwt, Now now, Effort effort) const;

  std::shared_ptr<const Trust> trust_;
  std::vector<std::int64_t> cooldowns_ms_;  // by owner
};

}  // namespace introspectd::jose
