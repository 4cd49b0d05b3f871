#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include "scale/parts.h"
#include "scale/writing.h"

namespace introspectd::scale {

namespace {

constexpr int kRevocationsPerRound = 4000;
constexpr auto kBetween = std::chrono::microseconds(200);
constexpr std::uint64_t kFirstStranger = std::uint64_t{1} << 32;  // others come before

// Asks without a pause, on a thread of its own; and, once a visit, about the token that is being
// revoked.
class BusyReader {
 public:
  BusyReader(const Subjects& subjects, unsigned core)
      : subjects_(subjects), thread_([this, core] { Run(core); }) {}
  ~BusyReader() {
    over_.store(true);
    thread_.join();
  }
  BusyReader(const BusyReader&) = delete;
  BusyReader& operator=(const BusyReader&) = delete;

  // `digest` is borrowed until seen_at() is not 0.
  void Watch(const TokenDigest& digest) {
    seen_at_.store(0);
    watched_.store(&digest);
  }
  std::uint64_t seen_at() const { return seen_at_.load(); }

 private:
  void Run(unsigned core) {
    PinTo(core);
    Store::Reader reader(subjects_.store);
    Chain chain(subjects_.asked, core * (Asked::kCount / 2));
    while (!over_.load(std::memory_order_relaxed)) {
      chain.AskSome(reader);
      const TokenDigest* watched = watched_.load();
      if (watched == nullptr) continue;
      const Store::Visit visit(reader);
      if (reader.Find(*watched, kNow).state != TokenState::kRevoked) continue;
      watched_.store(nullptr);
      seen_at_.store(WallNanos());
    }
  }

  const Subjects& subjects_;
  std::atomic<bool> over_{false};
  std::atomic<const TokenDigest*> watched_{nullptr};
  std::atomic<std::uint64_t> seen_at_{0};
  std::thread thread_;
};

// Until the last of them has seen the revocation. The writer sleeps meanwhile: a reader may share
// its core.
std::uint64_t Revoke(Store& store, const TokenDigest& digest, token::Update revocation,
                     const std::vector<std::unique_ptr<BusyReader>>& readers) {
  for (const auto& reader : readers) reader->Watch(digest);
  const std::uint64_t begin = WallNanos();
  store.writer().Stage(std::move(revocation), kNow);
  store.writer().PublishAndSettle();
  std::uint64_t last = 0;
  for (const auto& reader : readers) {
    while (reader->seen_at() == 0) std::this_thread::sleep_for(kBetween);
    last = std::max(last, reader->seen_at());
  }
  return last - begin;
}

struct Quantiles {
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> p999;

  void Add(const load::Histogram& histogram) {
    p50.push_back(Micros(histogram.AtQuantile(0.5)));
    p99.push_back(Micros(histogram.AtQuantile(0.99)));
    p999.push_back(Micros(histogram.AtQuantile(0.999)));
  }
  void Write(std::string_view name, Report& report) const {
    report.Key(name).BeginObject();
    report.Key("p50_us").Number(Median(p50));
    report.Key("p99_us").Number(Median(p99));
    report.Key("p999_us").Number(Median(p999));
    report.EndObject();
  }
};

Quantiles Visibility(const Subjects& subjects, std::initializer_list<unsigned> reader_cores,
                     std::uint64_t& stranger) {
  PinTo(kWriterCore);
  Tokens tokens;
  Quantiles quantiles;
  std::vector<std::unique_ptr<BusyReader>> readers;
  for (const unsigned core : reader_cores) {
    readers.push_back(std::make_unique<BusyReader>(subjects, core));
  }
  for (int round = 0; round < subjects.plan.rounds; ++round) {
    load::Histogram ns;
    for (int i = 0; i < kRevocationsPerRound; ++i, ++stranger) {
      const std::uint64_t sequence = subjects.store.writer().EntrySequence(kNow * kMicrosPerSecond);
      const TokenDigest digest = tokens.Stranger(stranger);
      std::this_thread::sleep_for(kBetween);
      ns.Record(Revoke(subjects.store, digest, tokens.RevokeStranger(stranger, sequence), readers));
    }
    quantiles.Add(ns);
  }
  PinTo(kReaderCore);
  return quantiles;
}

}  // namespace

void Revocation(const Subjects& subjects, Report& report) {
  std::uint64_t stranger = kFirstStranger;
  report.Key("revocation").BeginObject();
  Visibility(subjects, {kReaderCore}, stranger).Write("a_core_each", report);
  Visibility(subjects, {kReaderCore, kWriterCore}, stranger)
      .Write("second_reader_on_the_writers_core", report);
  report.EndObject();
}

void Wait(const Subjects& subjects, Report& report) {
  PinTo(kWriterCore);
  const BusyReader reader(subjects, kReaderCore);
  Waits waits(subjects.store);
  Tokens tokens;
  std::mt19937_64 random(kSeed + 2);
  const double seconds = subjects.plan.seconds * subjects.plan.rounds;
  const std::uint64_t deadline = WallNanos() + static_cast<std::uint64_t>(seconds * 1e9);
  const auto upsert = [&] {
    tokens.StageUpsert(random() % subjects.plan.tokens, subjects.store.writer());
  };
  while (WallNanos() < deadline) {
    waits.BehindUpserts(upsert);
    waits.BehindUpsertsAndSweep(upsert);
    waits.BehindArithmetic();
  }
  PinTo(kReaderCore);
  waits.Write(report);
}

}  // namespace introspectd::scale
