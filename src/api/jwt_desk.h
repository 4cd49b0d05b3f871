// Where a worker brings its JWTs: they are judged at once, or wait for their turn or for keys.
//
//   Ask → answered
//       → no time left in this turn of the loop → Turn → Ask again
//       → its key may be new → the keys are fetched, once for all who wait → Ask again
//
// Threads: loop-confined.
// Limits:  SignatureQueue's, with limits.jwks_waiting_max.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "api/assertion_desk.h"
#include "api/signature_queue.h"
#include "api/state.h"
#include "http/handler.h"
#include "introspectd/config.h"
#include "introspectd/time.h"
#include "jose/verifier.h"

namespace introspectd::api {

class JwtDesk {
 public:
  using Hooks = SignatureQueue::Hooks;

  // `counters` is borrowed.
  JwtDesk(const Config& config, Counters& counters, Hooks hooks, AssertionDesk::UseHook use = {});

  struct Answer {
    enum class Kind : std::uint8_t {
      kNotOurs,  // the store knows of it, or nobody
      kGood,     // if the store does not know better: `verdict`, borrowed until EndTurn
      kBad,
      kUnavailable,
      kPending,   // the ticket will be resumed
      kUnjudged,  // it is not remembered, and nothing else was allowed
    };
    Kind kind = Kind::kNotOurs;
    TokenDigest digest{};
    const jose::Verdict* verdict = nullptr;
    std::int64_t leeway_s = 0;
    bool recalled = true;  // it took no signature
  };
  // `may_verify`: otherwise only what is remembered is of use.
  Answer Ask(std::string_view token, const http::Exchange& exchange, bool may_verify = true);

  // The other kind of JWTs, which prove who asks; they share everything that waits.
  AssertionDesk& assertions() { return assertions_; }

  void SetLimits(const Limits& limits);
  // A new configuration of owners: what was remembered is forgotten, and whoever waits asks again.
  void SetTrust(std::shared_ptr<const jose::Trust> trust);
  // Other keys of the same owners.
  void SetKeys(std::shared_ptr<const jose::Trust> trust);
  // The keys that were wanted are as new as can be; not good: they could not be had. Nobody will
  // fetch them again before `cooldown_until_ms` on the boot clock.
  void KeysAsked(std::size_t owner, bool good, std::int64_t cooldown_until_ms);

  // Once in every turn of the loop: there is time for signatures again. No reading of the clocks
  // tells one turn from another: whoever is resumed has a reading of its own.
  void BeginTurn() { queue_.BeginTurn(); }
  // Once a turn of the loop after `wake`: lets those go on for whom there is time. False: nobody
  // waits for it any more.
  bool Turn() { return queue_.Turn(); }
  void Tick(Now now) { queue_.Tick(now); }  // every 100 ms or so: those who have waited too long
  void EndTurn() { verifier_.EndTurn(); }

  const jose::Verifier& verifier() const { return verifier_; }

 private:
  void CountResult(const jose::Verifier::Outcome& outcome);
  Answer WaitForKeys(std::size_t issuer, const http::Exchange& exchange);

  Counters& counters_;
  SignatureQueue queue_;
  jose::Verifier verifier_;
  AssertionDesk assertions_;
};

}  // namespace introspectd::api
