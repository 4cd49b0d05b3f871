#include <memory>
#include <thread>

#include "base/check.h"
#include "scale/parts.h"
#include "scale/writing.h"
#include "token/table.h"

namespace introspectd::scale {

namespace {

constexpr std::size_t kLoadedTogether = 1000;

double Mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// As the control loop does: step by step, each shard once at least.
Spent Sweep(Store& store, UnixSeconds now) {
  const Stopwatch watch;
  for (std::size_t i = 0; i < token::Table::kShards; ++i) {
    for (bool more = true; more;) {
      more = store.writer().StageSweep(now);
      store.writer().PublishAndSettle();
    }
  }
  return watch.Read();
}

// What a journal would put back.
std::vector<token::RecordPtr> Kept(std::uint64_t tokens, std::size_t shard_begin,
                                   std::size_t shard_end) {
  std::vector<token::RecordPtr> records;
  Tokens population;
  for (std::uint64_t i = 0; i < tokens; ++i) {
    const std::size_t shard = token::Table::ShardOf(population.DigestOf(i));
    if (shard < shard_begin || shard >= shard_end) continue;
    records.push_back(std::move(std::get<token::Upsert>(population.Upsert(i, 1)).record));
  }
  return records;
}

double LoadedPerSecond(const std::vector<std::vector<token::RecordPtr>>& parts,
                       std::uint64_t tokens, bool at_once) {
  Store store({.issuer = "https://i.example/", .kept = false});
  store.writer().BeginLoad(tokens);
  const auto load = [&store](std::span<const token::RecordPtr> records) {
    for (std::size_t i = 0; i < records.size(); i += kLoadedTogether) {
      const std::size_t count = std::min(kLoadedTogether, records.size() - i);
      store.writer().LoadKept(records.subspan(i, count), kNow);
    }
  };
  const std::uint64_t begin = WallNanos();
  std::vector<std::thread> others;
  for (const auto& part : parts) {
    if (at_once) {
      others.emplace_back([&load, &part, core = others.size()] {
        PinTo(static_cast<unsigned>(core));
        load(part);
      });
    } else {
      load(part);
    }
  }
  for (std::thread& other : others) other.join();
  const std::uint64_t end = WallNanos();
  store.writer().EndLoad();
  CHECK(store.status().tokens == tokens);
  return static_cast<double>(tokens) * 1e9 / static_cast<double>(end - begin);
}

}  // namespace

void Expiry(const Plan& plan, Report& report) {
  const auto store =
      std::make_unique<Store>(StoreOptions{.issuer = "https://i.example/", .kept = false});
  const std::uint64_t before = ResidentBytes();
  Fill(*store, 0, plan.tokens);
  const std::uint64_t full = ResidentBytes();
  // Halfway through the lives of those that live an hour.
  Sweep(*store, kNow + 1800 + 300);
  const std::uint64_t halfway = ResidentBytes();
  const std::uint64_t tokens_halfway = store->status().tokens;
  const Spent spent = Sweep(*store, kAllIsOver);
  const std::uint64_t after = ResidentBytes();
  CHECK(store->status().tokens == 0);
  report.Key("expiry").BeginObject();
  report.Key("start_mib").Number(Mebibytes(before));
  report.Key("full_mib").Number(Mebibytes(full));
  report.Key("tokens_halfway").Unsigned(tokens_halfway);
  report.Key("halfway_mib").Number(Mebibytes(halfway));
  report.Key("end_mib").Number(Mebibytes(after));
  report.Key("longest_whole_sweep_s").Number(spent.cpu_ns / 1e9);
  report.EndObject();
}

void Load(const Plan& plan, Report& report) {
  constexpr std::uint64_t kTokensMax = 2'000'000;  // unpacked they take more than ten times as much
  const std::uint64_t tokens = std::min(plan.tokens, kTokensMax);
  std::vector<std::vector<token::RecordPtr>> parts;
  parts.push_back(Kept(tokens, 0, token::Table::kShards / 2));
  parts.push_back(Kept(tokens, token::Table::kShards / 2, token::Table::kShards));
  std::vector<double> one;
  std::vector<double> two;
  for (int round = 0; round < plan.rounds; ++round) {
    one.push_back(LoadedPerSecond(parts, tokens, false));
    two.push_back(LoadedPerSecond(parts, tokens, true));
  }
  report.Key("load").BeginObject();
  report.Key("tokens").Unsigned(tokens);
  report.Key("one_thread_per_s").Number(Median(one));
  report.Key("two_threads_per_s").Number(Median(two));
  report.EndObject();
}

}  // namespace introspectd::scale
