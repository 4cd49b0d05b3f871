// Where the updates of feeds go: the store, or the log that leads to it.
//
// Threads: the control loop.
//
//   settled → Stage… → Keep → (kept) → Publish → TrySettle … → settled
#pragma once

#include <cstdint>

#include "introspectd/time.h"
#include "token/update.h"
#include "token/writer.h"

namespace introspectd::update {

// What an issuer says of itself, and not of a token.
enum class Sign : std::uint8_t { kHeartbeat, kComplete };

class Target {
 public:
  virtual ~Target() = default;

  // The sequence of an update that brings none; above all that were seen.
  virtual std::uint64_t EntrySequence(UnixMicros now) const = 0;
  virtual void SawSequence(std::uint64_t sequence) = 0;

  // For tokens of which updates will be staged next, as Writer has them.
  virtual void Prefetch(const TokenDigest& token) const = 0;
  virtual void PrefetchRecord(const TokenDigest& token) const = 0;

  // Only while settled.
  virtual token::Outcome Stage(token::Update update, UnixSeconds now) = 0;
  virtual void Stage(Sign sign, std::uint64_t sequence, UnixSeconds now) = 0;

  enum class Keeping : std::uint8_t {
    kNothing,   // there was nothing to keep, or nothing keeps it
    kUnderWay,  // Pipeline::OnKept is called when it is known, and not from in here
    kNotNow,    // it takes effect in memory alone
  };
  // Makes what was staged durable.
  virtual Keeping Keep() = 0;
  // Makes what was staged visible.
  virtual void Publish() = 0;
  // Stages the removal of some of what nobody needs any more. Not before the last group was kept.
  // True when that was worth going on with at once.
  virtual bool StageSweep(UnixSeconds now) = 0;

  virtual bool settled() const = 0;
  virtual bool TrySettle() = 0;
};

}  // namespace introspectd::update
