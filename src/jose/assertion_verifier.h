// Decides on client assertions (private_key_jwt): whose they are, and whether they prove it.
//
// Threads: loop-confined.
// Limits:  assertions of `bytes_max`; they live kAssertionLifetimeMax_s at most. Nothing is
//          remembered of any: whether one was used before is for UsedAssertions to say.
// Source:  RFC 7523 2.2 and 3; RFC 7521 4.2 and 5.2; RFC 8725 3; contract 4.1.
// Cost:    a signature, when all else is good.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/time.h"
#include "jose/jws.h"
#include "jose/signature_check.h"
#include "jose/trust.h"
#include "json/document.h"

namespace introspectd::jose {

inline constexpr std::int64_t kAssertionLifetimeMax_s = 300;
inline constexpr std::int64_t kAssertionLeeway_s = 30;  // for nbf and iat, never for exp

class AssertionVerifier {
 public:
  struct Outcome {
    Judgement judgement = Judgement::kNotOurs;
    Refusal refusal = Refusal::kNone;
    const AssertionClient* client = nullptr;  // of the Trust; none of kNotOurs
    std::size_t owner = 0;                    // of the client's keys
    UnixSeconds exp = 0;                      // kGood
    std::string_view jti;                     // kGood; borrowed until the next Verify
    std::int64_t spent_ns = 0;                // on signatures
  };

  explicit AssertionVerifier(std::size_t bytes_max);

  void SetBytesMax(std::size_t bytes_max) { json_.SetSizeMax(bytes_max); }
  void SetTrust(std::shared_ptr<const Trust> trust) { check_.SetTrust(std::move(trust)); }
  const Trust& trust() const { return check_.trust(); }
  void SetCooldown(std::size_t owner, std::int64_t until_ms) {
    check_.SetCooldown(owner, until_ms);
  }

  // `client_id`: what the request says besides, if it does.
  Outcome Verify(std::string_view assertion, std::optional<std::string_view> client_id, Now now,
                 SignatureCheck::Effort effort);

 private:
  // What the payload says; views into the parser.
  struct Claims {
    std::string_view iss;
    std::string_view sub;
    std::string_view jti;
    const json::Value* aud = nullptr;
    std::optional<UnixSeconds> exp;
    std::optional<UnixSeconds> nbf;
    std::optional<UnixSeconds> iat;
  };

  bool ReadClaims(std::string_view payload);
  bool ReadClaim(const json::Member& member);
  Refusal CheckAssertion(const Jws& jws, const AssertionClient& client, Now now);
  Refusal CheckTimes(UnixSeconds now) const;
  bool IsForUs(const AssertionClient& client);

  SignatureCheck check_;
  HeaderReader header_reader_;
  json::Parser json_;
  Header header_;
  Claims claims_;
  std::string payload_;
  std::string signature_;
  std::vector<json::Value> elements_;
};

}  // namespace introspectd::jose
