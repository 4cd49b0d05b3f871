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
#include "scale/machine.h"
#include "scale/tokens.h"

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

// How long a revocation waits that comes just when other work has begun: until that is done, and
// it has been staged and published itself. Groups are as the server makes them: a millisecond of
// upserts, and every tenth of a second four steps of the sweep in a row.
class Waits {
 public:
  explicit Waits(Store& store) : writer_(store.writer()) {}

  // `upsert` stages one.
  void BehindUpserts(const std::function<void()>& upsert);
  void BehindSweep();
  bool sweep_is_due() const;

  // By the clock on the wall, and the writer's own processor time: without what it waited for
  // readers, which are late when something else has their core.
  const load::Histogram& behind_upserts_ns() const { return behind_upserts_ns_; }
  const load::Histogram& behind_upserts_cpu_ns() const { return behind_upserts_cpu_ns_; }
  const load::Histogram& behind_sweep_ns() const { return behind_sweep_ns_; }
  const load::Histogram& behind_sweep_cpu_ns() const { return behind_sweep_cpu_ns_; }

 private:
  void PublishAndSettle();
  void RevokeAndRecord(const Stopwatch& watch, load::Histogram& ns, load::Histogram& cpu_ns);

  token::Writer& writer_;
  Tokens tokens_;
  double waited_cpu_ns_ = 0;
  std::uint64_t revoked_ = 0;
  std::uint64_t swept_at_ = 0;
  load::Histogram behind_upserts_ns_;
  load::Histogram behind_upserts_cpu_ns_;
  load::Histogram behind_sweep_ns_;
  load::Histogram behind_sweep_cpu_ns_;
};

}  // namespace introspectd::scale
