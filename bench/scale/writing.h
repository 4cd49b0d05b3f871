// What the store's writer does in the bench.
//
// Threads: each class one thread, the store's writing one while it lives; a PacedWriter has its
// own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <random>
#include <thread>

#include "load/histogram.h"
#include "scale/arithmetic.h"
#include "scale/machine.h"
#include "scale/tokens.h"
#include "text/json_writer.h"

namespace introspectd::scale {

inline constexpr std::uint64_t kGroup = 1000;  // updates, where time does not decide

// Tokens first..last-1, all new, in groups.
void Fill(Store& store, std::uint64_t first, std::uint64_t last);

// Pushes tokens that are there already again, at a constant rate, a group every millisecond.
class PacedWriter {
 public:
  PacedWriter(Store& store, std::uint64_t tokens, std::uint64_t updates_per_s, unsigned core);
  ~PacedWriter();
  PacedWriter(const PacedWriter&) = delete;
  PacedWriter& operator=(const PacedWriter&) = delete;

  // Since it was made: what it did, not what it was told to.
  double updates_per_s() const;

 private:
  void Run(unsigned core);

  token::Writer& writer_;
  const std::uint64_t tokens_;
  const std::uint64_t per_group_;
  const std::uint64_t begin_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

inline constexpr std::uint64_t kTurn_ns = 1'000'000;

// How long a revocation waits that comes just when other work has begun: until that is done, and
// it has been staged and published itself. Other work is as much as the server does in one turn:
// a millisecond of upserts, a step of the sweep, or one after the other.
class Waits {
 public:
  explicit Waits(Store& store) : writer_(store.writer()) {}

  // `upsert` stages one.
  void BehindUpserts(const std::function<void()>& upsert);
  void BehindUpsertsAndSweep(const std::function<void()>& upsert);
  // A step in which all that is looked at is over at `now`.
  void BehindRemoval(UnixSeconds now);
  // A millisecond in which the store does nothing: what the machine makes of it.
  void BehindArithmetic();

  void Write(text::JsonWriter& report) const;

 private:
  // By the clock on the wall, and the writer's own processor time: without what it waited for
  // readers, which are late when something else has their core.
  struct Wait {
    load::Histogram wall_ns;
    load::Histogram own_cpu_ns;
    std::uint64_t faults_in_longest = 0;  // pages that the writer had to touch first
  };
  struct Start {
    std::uint64_t faults = MinorFaults();
    Stopwatch watch;
  };

  void StageUpserts(const std::function<void()>& upsert);
  void Sweep(UnixSeconds now);
  void PublishAndSettle();
  void RevokeAndRecord(const Start& start, Wait& wait);

  token::Writer& writer_;
  Tokens tokens_;
  double waited_cpu_ns_ = 0;
  std::uint64_t revoked_ = 0;
  Wait behind_upserts_;
  Wait behind_upserts_and_sweep_;
  Wait behind_removal_;
  Wait behind_arithmetic_;
  const Arithmetic arithmetic_{kTurn_ns};
};

}  // namespace introspectd::scale
