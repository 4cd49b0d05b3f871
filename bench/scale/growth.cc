#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "scale/arithmetic.h"
#include "scale/parts.h"
#include "scale/timed.h"
#include "scale/writing.h"

namespace introspectd::scale {

namespace {

constexpr double kAtRestMeasurements = 10;
constexpr double kRemovalMeasurements = 5;
constexpr int kBetweenArithmetic = 8;

// Every look-up by itself, with entering and leaving. In turns with them: the same look-ups in a
// map that nobody changes, and arithmetic. What those suffer is not the store's.
class TimedReader {
 public:
  TimedReader(Store& store, const PlainMap& still, const Asked& asked)
      : thread_([this, &store, &still, &asked] { Run(store, still, asked); }) {}

  void Finish(const std::string& when, Report& report) {
    over_.store(true);
    thread_.join();
    lookups_.Write("lookup_" + when, report);
    still_map_.Write("map_lookup_" + when, report);
    arithmetic_.Write("arithmetic_" + when, report);
  }

 private:
  void Run(Store& store, const PlainMap& still, const Asked& asked) {
    PinTo(kReaderCore);
    Store::Reader reader(store);
    Chain chain(asked, 0);
    Chain map_chain(asked, Asked::kCount / 2);
    const auto look_up = [&] {
      const Store::Visit visit(reader);
      chain.Ask(reader);
    };
    const Arithmetic arithmetic(MedianNanos(look_up));
    while (!over_.load(std::memory_order_relaxed)) {
      lookups_.Time(look_up);
      still_map_.Time([&] { map_chain.Ask(still); });
      arithmetic_.Time([&] { arithmetic.Do(); });
    }
  }

  std::atomic<bool> over_{false};
  Timed lookups_;
  Timed still_map_;
  Timed arithmetic_;
  std::thread thread_;
};

void GrowStore(const Plan& plan, const Asked& asked, Report& report) {
  auto store = std::make_unique<Store>(StoreOptions{.issuer = "https://i.example/", .kept = false});
  PinTo(kWriterCore);
  Fill(*store, 0, plan.grow_from);
  PlainMap still;
  FillMap(still, plan.grow_from);
  {
    TimedReader at_rest(*store, still, asked);
    std::this_thread::sleep_for(std::chrono::duration<double>(kAtRestMeasurements * plan.seconds));
    at_rest.Finish("at_rest", report);
  }
  TimedReader growing(*store, still, asked);
  Waits waits(*store);
  Tokens tokens;
  const std::uint64_t begin = WallNanos();
  std::uint64_t next = plan.grow_from;
  const auto upsert = [&] { tokens.StageUpsert(next++, store->writer()); };
  for (int round = 0; next < plan.grow_to; ++round) {
    waits.BehindUpserts(upsert);
    waits.BehindUpsertsAndSweep(upsert);
    if (round % kBetweenArithmetic == 0) waits.BehindArithmetic();
  }
  report.Key("seconds").Number(static_cast<double>(WallNanos() - begin) / 1e9);
  growing.Finish("while_growing", report);
  const std::uint64_t deadline =
      WallNanos() + static_cast<std::uint64_t>(kRemovalMeasurements * plan.seconds * 1e9);
  while (store->status().tokens > 0 && WallNanos() < deadline) waits.BehindRemoval(kAllIsOver);
  waits.Write(report);
}

}  // namespace

void Growth(const Plan& plan, Report& report) {
  report.Key("growth").BeginObject();
  report.Key("from").Unsigned(plan.grow_from);
  report.Key("to").Unsigned(plan.grow_to);
  report.Key("sees_interruptions").Bool(SeesInterruptions());
  GrowStore(plan, Asked(plan.grow_from), report);
  PinTo(kReaderCore);
  report.EndObject();
}

// What it has of a token is as long as an answer, and need be nothing more.
void MapGrowth(const Plan& plan, Report& report) {
  constexpr std::uint64_t kAnswers = 1000;
  auto map = std::make_unique<PlainMap>();
  Tokens tokens;
  std::vector<std::string> answers;
  for (std::uint64_t i = 0; i < kAnswers; ++i) answers.push_back(AnswerOf(tokens.Upsert(i, 1)));
  Timed growing;
  for (std::uint64_t i = 0; i < plan.grow_to; ++i) {
    const TokenDigest digest = tokens.DigestOf(i);
    std::string answer = answers[i % kAnswers];
    if (i < plan.grow_from) {
      map->emplace(digest, std::move(answer));
    } else {
      growing.Time([&] { map->emplace(digest, std::move(answer)); });
    }
  }
  report.Key("map_growth").BeginObject();
  growing.Write("insert", report);
  report.EndObject();
}

}  // namespace introspectd::scale
