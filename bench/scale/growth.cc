#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "scale/parts.h"
#include "scale/writing.h"

namespace introspectd::scale {

namespace {

constexpr unsigned kReaderCore = 0;
constexpr unsigned kWriterCore = 1;
constexpr double kAtRestMeasurements = 10;

double Micros(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

// The clocks' own cost, some 0.3 µs, is in it.
struct Timed {
  load::Histogram wall_ns;
  load::Histogram cpu_ns;

  template <class Work>
  void Time(Work work) {
    const Stopwatch watch;
    work();
    const Spent spent = watch.Read();
    wall_ns.Record(static_cast<std::uint64_t>(spent.wall_ns));
    cpu_ns.Record(static_cast<std::uint64_t>(spent.cpu_ns));
  }

  void Write(std::string_view name, Report& report) const {
    report.Key(name).BeginObject();
    report.Key("count").Unsigned(cpu_ns.count());
    report.Key("p50_cpu_us").Number(Micros(cpu_ns.AtQuantile(0.5)));
    report.Key("p9999_cpu_us").Number(Micros(cpu_ns.AtQuantile(0.9999)));
    report.Key("p999999_cpu_us").Number(Micros(cpu_ns.AtQuantile(0.999999)));
    report.Key("max_cpu_us").Number(Micros(cpu_ns.max()));
    report.Key("max_wall_us").Number(Micros(wall_ns.max()));
    report.EndObject();
  }
};

// Every look-up by itself, with entering and leaving.
class TimedReader {
 public:
  TimedReader(Store& store, const Asked& asked)
      : thread_([this, &store, &asked] { Run(store, asked); }) {}

  const Timed& Finish() {
    over_.store(true);
    if (thread_.joinable()) thread_.join();
    return timed_;
  }

 private:
  void Run(Store& store, const Asked& asked) {
    PinTo(kReaderCore);
    Store::Reader reader(store);
    Chain chain(asked, 0);
    while (!over_.load(std::memory_order_relaxed)) {
      timed_.Time([&] {
        const Store::Visit visit(reader);
        chain.Ask(reader);
      });
    }
  }

  std::atomic<bool> over_{false};
  Timed timed_;
  std::thread thread_;
};

void GrowStore(const Plan& plan, const Asked& asked, Report& report) {
  auto store = std::make_unique<Store>(StoreOptions{.issuer = "https://i.example/", .kept = false});
  PinTo(kWriterCore);
  Fill(*store, 0, plan.grow_from);
  {
    TimedReader at_rest(*store, asked);
    std::this_thread::sleep_for(std::chrono::duration<double>(kAtRestMeasurements * plan.seconds));
    at_rest.Finish().Write("lookup_at_rest", report);
  }
  TimedReader growing(*store, asked);
  Waits waits(*store);
  Tokens tokens;
  const std::uint64_t begin = WallNanos();
  for (std::uint64_t i = plan.grow_from; i < plan.grow_to;) {
    waits.BehindUpserts([&] { tokens.StageUpsert(i++, store->writer()); });
    if (waits.sweep_is_due()) waits.BehindSweep();
  }
  report.Key("seconds").Number(static_cast<double>(WallNanos() - begin) / 1e9);
  growing.Finish().Write("lookup_while_growing", report);
  report.Key("wait").BeginObject();
  WriteWaits(waits, report);
  report.EndObject();
}

void GrowMap(const Plan& plan, Report& report) {
  auto map = std::make_unique<PlainMap>();
  Tokens tokens;
  Timed growing;
  for (std::uint64_t i = 0; i < plan.grow_to; ++i) {
    const TokenDigest digest = tokens.DigestOf(i);
    std::string answer = AnswerOf(tokens.Upsert(i, 1));
    if (i < plan.grow_from) {
      map->emplace(digest, std::move(answer));
    } else {
      growing.Time([&] { map->emplace(digest, std::move(answer)); });
    }
  }
  growing.Write("map_insert", report);
}

}  // namespace

void Growth(const Plan& plan, Report& report) {
  report.Key("growth").BeginObject();
  report.Key("from").Unsigned(plan.grow_from);
  report.Key("to").Unsigned(plan.grow_to);
  {
    const Asked asked(plan.grow_from);
    GrowStore(plan, asked, report);
  }
  GrowMap(plan, report);
  PinTo(kReaderCore);
  report.EndObject();
}

}  // namespace introspectd::scale
