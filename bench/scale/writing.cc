#include "scale/writing.h"

#include <algorithm>
#include <chrono>

#include "scale/machine.h"

namespace introspectd::scale {

namespace {

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
constexpr std::uint64_t kGroupsPerSecond = 1000;
constexpr std::uint64_t kTurn_ns = 1'000'000;
constexpr std::uint64_t kUpsertsBetweenClocks = 16;
constexpr std::uint64_t kTick_ns = 100'000'000;
constexpr int kSweepStepsPerTick = 4;

}  // namespace

void Fill(Store& store, std::uint64_t first, std::uint64_t last) {
  Tokens tokens;
  for (std::uint64_t i = first; i < last; ++i) {
    tokens.StageUpsert(i, store.writer());
    if (i % kGroup == 0) store.writer().PublishAndSettle();
  }
  store.writer().PublishAndSettle();
}

PacedWriter::PacedWriter(Store& store, std::uint64_t tokens, std::uint64_t updates_per_s,
                         unsigned core)
    : writer_(store.writer()),
      tokens_(tokens),
      per_group_(std::max<std::uint64_t>(1, updates_per_s / kGroupsPerSecond)),
      begin_(WallNanos()),
      thread_([this, core] { Run(core); }) {}

PacedWriter::~PacedWriter() {
  over_.store(true);
  thread_.join();
}

double PacedWriter::updates_per_s() const {
  return static_cast<double>(done_.load()) * static_cast<double>(kNanosPerSecond) /
         static_cast<double>(WallNanos() - begin_);
}

void PacedWriter::Run(unsigned core) {
  PinTo(core);
  Tokens tokens;
  std::mt19937_64 random(kSeed);
  for (std::uint64_t group = 1; !over_.load(); ++group) {
    for (std::uint64_t i = 0; i < per_group_; ++i) tokens.StageUpsert(random() % tokens_, writer_);
    writer_.PublishAndSettle();
    done_.fetch_add(per_group_);
    const std::uint64_t due = begin_ + group * (kNanosPerSecond / kGroupsPerSecond);
    const std::uint64_t now = WallNanos();
    if (now < due) std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
  }
}

void Waits::PublishAndSettle() {
  writer_.Publish();
  const Stopwatch watch;
  double waited_cpu_ns = 0;
  while (!writer_.TrySettle()) {
    std::this_thread::yield();
    waited_cpu_ns = watch.Read().cpu_ns;
  }
  waited_cpu_ns_ += waited_cpu_ns;
}

void Waits::RevokeAndRecord(const Stopwatch& watch, load::Histogram& ns, load::Histogram& cpu_ns) {
  writer_.Stage(tokens_.RevokeStranger(revoked_++, writer_.EntrySequence(kNow * kMicrosPerSecond)),
                kNow);
  writer_.Publish();
  const Spent spent = watch.Read();
  ns.Record(static_cast<std::uint64_t>(spent.wall_ns));
  cpu_ns.Record(static_cast<std::uint64_t>(std::max(0.0, spent.cpu_ns - waited_cpu_ns_)));
  writer_.PublishAndSettle();
  waited_cpu_ns_ = 0;
}

void Waits::BehindUpserts(const std::function<void()>& upsert) {
  const Stopwatch watch;
  const std::uint64_t deadline = WallNanos() + kTurn_ns;
  std::uint64_t staged = 0;
  while (staged % kUpsertsBetweenClocks != 0 || staged == 0 || WallNanos() < deadline) {
    upsert();
    ++staged;
  }
  PublishAndSettle();
  RevokeAndRecord(watch, behind_upserts_ns_, behind_upserts_cpu_ns_);
}

bool Waits::sweep_is_due() const { return WallNanos() - swept_at_ >= kTick_ns; }

void Waits::BehindSweep() {
  const Stopwatch watch;
  for (int i = 0; i < kSweepStepsPerTick; ++i) {
    writer_.StageSweep(kNow);
    PublishAndSettle();
  }
  RevokeAndRecord(watch, behind_sweep_ns_, behind_sweep_cpu_ns_);
  swept_at_ = WallNanos();
}

}  // namespace introspectd::scale
