// The share of a loop's turn that signatures get, and the requests that wait for some of it, or for
// the keys of an owner.
//
// Threads: loop-confined.
// Limits:  signatures take kTurnBudget of a turn, and one more; `waiting_max` requests wait for
//          keys, and one of each owner in any case, each for as long as the owner's keys say; a
//          connection waits with one request.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "http/handler.h"
#include "introspectd/time.h"
#include "jose/signature_check.h"

namespace introspectd::api {

class SignatureQueue {
 public:
  struct Hooks {
    std::function<void(const http::Ticket&, http::Resumption)> resume;
    std::function<void(std::size_t owner)> want_keys;  // KeysAsked will answer
    std::function<void()> wake;                        // Turn has something to do
  };
  // Those who have not proven who they are yet never stand before those who have.
  enum class Line : std::uint8_t { kTokens, kAssertions };

  SignatureQueue(std::size_t waiting_max, Hooks hooks);

  void SetWaitingMax(std::size_t waiting_max) { waiting_max_ = waiting_max; }

  // What a signature check of `exchange` may do now.
  jose::SignatureCheck::Effort EffortFor(const http::Exchange& exchange, Line line) const;
  void Spend(std::int64_t ns) { spent_ns_ += ns; }
  void WaitForTurn(const http::Exchange& exchange, Line line);
  // False: too many wait already.
  bool WaitForKeys(std::size_t owner, std::int64_t wait_ms, const http::Exchange& exchange);

  // Whether somebody who has waited in vain is told just that. What it waited for may have come by
  // another way.
  static bool IsOpen(const http::Exchange& exchange, jose::Judgement judgement,
                     jose::Refusal refusal);

  // Other owners: whoever waits for keys asks again.
  void SetOwners(std::size_t owners);
  // See JwtDesk.
  void KeysAsked(std::size_t owner, bool good);
  void BeginTurn() { spent_ns_ = 0; }
  bool Turn();
  void Tick(Now now);

 private:
  struct Waiter {
    http::Ticket ticket;
    std::int64_t until_ms;
  };

  std::deque<http::Ticket>& LineOf(Line line) { return lines_[static_cast<std::size_t>(line)]; }
  std::deque<http::Ticket>* NextLine();

  std::size_t waiting_max_;
  const Hooks hooks_;
  std::array<std::deque<http::Ticket>, 2> lines_;  // those that wait for time
  std::size_t last_ = 0;                           // the line that was served last
  std::vector<std::deque<Waiter>> for_keys_;       // by owner
  std::size_t waiting_ = 0;                        // in all of them
  std::int64_t spent_ns_ = 0;                      // on signatures, in this turn
};

}  // namespace introspectd::api
