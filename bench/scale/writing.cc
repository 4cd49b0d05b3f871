#include "scale/writing.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "scale/machine.h"

namespace introspectd::scale {

namespace {

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
constexpr std::uint64_t kGroupsPerSecond = 1000;
constexpr std::uint64_t kUpsertsBetweenClocks = 16;

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

void Waits::RevokeAndRecord(const Start& start, Wait& wait) {
  writer_.Stage(tokens_.RevokeStranger(revoked_++, writer_.EntrySequence(kNow * kMicrosPerSecond)),
                kNow);
  writer_.Publish();
  const Spent spent = start.watch.Read();
  const auto own_cpu_ns = static_cast<std::uint64_t>(std::max(0.0, spent.cpu_ns - waited_cpu_ns_));
  if (own_cpu_ns > wait.own_cpu_ns.max()) wait.faults_in_longest = MinorFaults() - start.faults;
  wait.wall_ns.Record(static_cast<std::uint64_t>(spent.wall_ns));
  wait.own_cpu_ns.Record(own_cpu_ns);
  writer_.PublishAndSettle();
  waited_cpu_ns_ = 0;
}

void Waits::StageUpserts(const std::function<void()>& upsert) {
  const std::uint64_t deadline = WallNanos() + kTurn_ns;
  std::uint64_t staged = 0;
  while (staged % kUpsertsBetweenClocks != 0 || staged == 0 || WallNanos() < deadline) {
    upsert();
    ++staged;
  }
  PublishAndSettle();
}

void Waits::Sweep(UnixSeconds now) {
  writer_.StageSweep(now);
  PublishAndSettle();
}

void Waits::BehindUpserts(const std::function<void()>& upsert) {
  const Start start;
  StageUpserts(upsert);
  RevokeAndRecord(start, behind_upserts_);
}

void Waits::BehindUpsertsAndSweep(const std::function<void()>& upsert) {
  const Start start;
  StageUpserts(upsert);
  Sweep(kNow);
  RevokeAndRecord(start, behind_upserts_and_sweep_);
}

void Waits::BehindRemoval(UnixSeconds now) {
  const Start start;
  Sweep(now);
  RevokeAndRecord(start, behind_removal_);
}

void Waits::BehindArithmetic() {
  const Start start;
  arithmetic_.Do();
  RevokeAndRecord(start, behind_arithmetic_);
}

void Waits::Write(text::JsonWriter& report) const {
  const std::pair<std::string_view, const Wait&> all[] = {
      {"behind_upserts", behind_upserts_},
      {"behind_upserts_and_sweep", behind_upserts_and_sweep_},
      {"behind_removal", behind_removal_},
      {"behind_arithmetic", behind_arithmetic_},
  };
  report.Key("wait").BeginObject();
  for (const auto& [name, wait] : all) {
    if (wait.wall_ns.count() == 0) continue;
    report.Key(name).BeginObject();
    report.Key("count").Unsigned(wait.wall_ns.count());
    report.Key("p50_us").Number(Micros(wait.wall_ns.AtQuantile(0.5)));
    report.Key("p999_us").Number(Micros(wait.wall_ns.AtQuantile(0.999)));
    report.Key("longest_us").Number(Micros(wait.wall_ns.max()));
    report.Key("p999_own_cpu_us").Number(Micros(wait.own_cpu_ns.AtQuantile(0.999)));
    report.Key("longest_own_cpu_us").Number(Micros(wait.own_cpu_ns.max()));
    report.Key("page_faults_in_longest").Unsigned(wait.faults_in_longest);
    report.EndObject();
  }
  report.EndObject();
}

}  // namespace introspectd::scale
