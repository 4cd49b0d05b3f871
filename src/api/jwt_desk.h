// Where a worker brings its JWTs: they are judged at once, or wait here for their turn or for keys.
//
//   Ask → answered
//       → no time left in this turn of the loop → Turn → Ask again
//       → its key may be new → the keys are fetched, once for all who wait → Ask again
//
// Threads: loop-confined.
// Limits:  signatures take kTurnBudget of a turn, and one more; limits.jwks_waiting_max requests
//          wait for keys, and one of each issuer in any case, each for the issuer's jwks_wait_ms; a
//          connection waits with one request.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "http/handler.h"
#include "introspectd/config.h"
#include "introspectd/time.h"
#include "jose/verifier.h"

namespace introspectd::api {

class JwtDesk {
 public:
  struct Hooks {
    std::function<void(const http::Ticket&, http::Resumption)> resume;
    std::function<void(std::size_t issuer)> want_keys;  // KeysAsked will answer
    std::function<void()> wake;                         // Turn has something to do
  };

  JwtDesk(const Config& config, Hooks hooks);

  struct Answer {
    enum class Kind : std::uint8_t {
      kNotOurs,  // the store knows of it, or nobody
      kGood,     // if the store does not know better: `verdict`, borrowed until EndTurn
      kBad,
      kUnavailable,
      kPending,  // the ticket will be resumed
    };
    Kind kind = Kind::kNotOurs;
    TokenDigest digest{};
    const jose::Verdict* verdict = nullptr;
    std::int64_t leeway_s = 0;
  };
  Answer Ask(std::string_view token, const http::Exchange& exchange);

  void SetLimits(const Limits& limits);
  // A new configuration of issuers: what was remembered is forgotten, and whoever waits asks again.
  void SetTrust(std::shared_ptr<const jose::Trust> trust);
  // Other keys of the same issuers.
  void SetKeys(std::shared_ptr<const jose::Trust> trust);
  // The keys that were wanted are as new as can be; not good: they could not be had. Nobody will
  // fetch them again before `cooldown_until_ms` on the boot clock.
  void KeysAsked(std::size_t issuer, bool good, std::int64_t cooldown_until_ms);

  // Once in every turn of the loop: there is time for signatures again. No reading of the clocks
  // tells one turn from another: whoever is resumed has a reading of its own.
  void BeginTurn() { spent_ns_ = 0; }
  // Once a turn of the loop after `wake`: lets those go on for whom there is time. False: nobody
  // waits for it any more.
  bool Turn();
  void Tick(Now now);  // every 100 ms or so: those who have waited too long
  void EndTurn() { verifier_.EndTurn(); }

  const jose::Verifier& verifier() const { return verifier_; }

 private:
  struct Waiter {
    http::Ticket ticket;
    std::int64_t until_ms;
  };

  bool HasTime(const http::Exchange& exchange);
  Answer WaitForTurn(const http::Exchange& exchange);
  Answer WaitForKeys(std::size_t issuer, const http::Exchange& exchange);

  std::size_t waiting_max_;
  const Hooks hooks_;
  jose::Verifier verifier_;
  std::deque<http::Ticket> turns_;            // those that wait for time
  std::vector<std::deque<Waiter>> for_keys_;  // by issuer
  std::size_t waiting_ = 0;                   // in all of them
  std::int64_t spent_ns_ = 0;                 // on signatures, in this turn
};

}  // namespace introspectd::api
