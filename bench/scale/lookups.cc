#include <algorithm>
#include <random>
#include <span>
#include <thread>

#include "scale/parts.h"
#include "scale/writing.h"

namespace introspectd::scale {

namespace {

constexpr unsigned kOtherCore = 1;
constexpr std::uint64_t kApart = Asked::kCount / 2;

struct Series {
  std::vector<double> wall_ns;
  std::vector<double> cpu_ns;

  void Add(Spent spent) {
    wall_ns.push_back(spent.wall_ns);
    cpu_ns.push_back(spent.cpu_ns);
  }
  void Write(std::string_view name, Report& report) const {
    report.Key(name).BeginObject();
    report.Key("cpu_ns").Number(Median(cpu_ns));
    report.Key("wall_ns").Number(Median(wall_ns));
    report.EndObject();
  }
};

// Round by round, so that what the machine does meanwhile hits both alike.
double MedianRatio(const std::vector<double>& mine, const std::vector<double>& others) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < mine.size(); ++i) ratios.push_back(mine[i] / others[i]);
  return Median(ratios);
}

// Look-ups per second, by the clock on the wall and by the processor's.
struct Rate {
  double wall = 0;
  double cpu = 0;
};

Rate RateOf(Spent spent) { return {1e9 / spent.wall_ns, 1e9 / spent.cpu_ns}; }

Rate TwoReaders(const Subjects& subjects, Chain& mine, Store::Reader& reader) {
  Spent others;
  std::thread other([&] {
    PinTo(kOtherCore);
    Chain chain(subjects.asked, kApart);
    Store::Reader other_reader(subjects.store);
    others = PerLookup(chain, other_reader, subjects.plan.seconds);
  });
  const Rate rate = RateOf(PerLookup(mine, reader, subjects.plan.seconds));
  other.join();
  const Rate other_rate = RateOf(others);
  return {rate.wall + other_rate.wall, rate.cpu + other_rate.cpu};
}

}  // namespace

std::uint64_t FillMap(PlainMap& map, std::uint64_t count) {
  Tokens tokens;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string answer = AnswerOf(tokens.Upsert(i, 1));
    answer.shrink_to_fit();
    bytes += answer.size();
    map.emplace(tokens.DigestOf(i), std::move(answer));
  }
  return bytes;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void Lookup(const Subjects& subjects, Report& report) {
  const Plan& plan = subjects.plan;
  Store::Reader reader(subjects.store);
  Chain chain(subjects.asked, 0);
  Series map;
  Series alone;
  Series updated;
  std::vector<double> updates_per_s;
  for (int round = 0; round < plan.rounds; ++round) {
    map.Add(PerLookup(chain, subjects.map, plan.seconds));
    alone.Add(PerLookup(chain, reader, plan.seconds));
    const PacedWriter writer(subjects.store, plan.tokens, plan.updates_per_s, kOtherCore);
    updated.Add(PerLookup(chain, reader, plan.seconds));
    updates_per_s.push_back(writer.updates_per_s());
  }
  report.Key("lookup").BeginObject();
  map.Write("map", report);
  alone.Write("store", report);
  updated.Write("store_beside_updates", report);
  report.Key("updates_per_s").Number(Median(updates_per_s));
  report.Key("store_map").Number(MedianRatio(alone.cpu_ns, map.cpu_ns));
  report.Key("store_beside_updates_map").Number(MedianRatio(updated.cpu_ns, map.cpu_ns));
  report.Key("store_beside_updates_map_wall").Number(MedianRatio(updated.wall_ns, map.wall_ns));
  report.EndObject();
}

void Readers(const Subjects& subjects, Report& report) {
  Store::Reader reader(subjects.store);
  Chain chain(subjects.asked, 0);
  std::vector<double> one;
  std::vector<double> two;
  std::vector<double> one_cpu;
  std::vector<double> two_cpu;
  for (int round = 0; round < subjects.plan.rounds; ++round) {
    const Rate alone = RateOf(PerLookup(chain, reader, subjects.plan.seconds));
    const Rate both = TwoReaders(subjects, chain, reader);
    one.push_back(alone.wall);
    two.push_back(both.wall);
    one_cpu.push_back(alone.cpu);
    two_cpu.push_back(both.cpu);
  }
  report.Key("readers").BeginObject();
  report.Key("one_lookups_per_s").Number(Median(one));
  report.Key("two_lookups_per_s").Number(Median(two));
  report.Key("two_one").Number(MedianRatio(two, one));
  report.Key("two_one_cpu").Number(MedianRatio(two_cpu, one_cpu));
  report.EndObject();
}

namespace {

// As a feed stages lines that it has parsed ahead.
void StageAll(std::span<token::Update> updates, token::Writer& writer) {
  constexpr std::size_t kTogether = 64;
  for (; !updates.empty(); updates = updates.subspan(std::min(kTogether, updates.size()))) {
    const auto group = updates.first(std::min(kTogether, updates.size()));
    for (const token::Update& update : group) writer.Prefetch(*TokenOf(update));
    for (const token::Update& update : group) writer.PrefetchRecord(*TokenOf(update));
    for (token::Update& update : group) writer.Stage(std::move(update), kNow);
  }
}

}  // namespace

void Updates(const Subjects& subjects, Report& report) {
  constexpr std::uint64_t kGroupsPerRound = 500;
  token::Writer& writer = subjects.store.writer();
  Tokens tokens;
  std::mt19937_64 random(kSeed + 1);
  std::vector<double> stored;
  std::vector<double> stored_cpu;
  std::vector<double> parsed;
  for (int round = 0; round < subjects.plan.rounds; ++round) {
    Spent storing;
    const Stopwatch all;
    for (std::uint64_t group = 0; group < kGroupsPerRound; ++group) {
      std::vector<token::Update> updates;
      for (std::uint64_t i = 0; i < kGroup; ++i) {
        updates.push_back(
            tokens.Upsert(random() % subjects.plan.tokens,
                          writer.EntrySequence(kNow * kMicrosPerSecond) + updates.size()));
      }
      const Stopwatch watch;
      StageAll(updates, writer);
      writer.PublishAndSettle();
      const Spent spent = watch.Read();
      storing.wall_ns += spent.wall_ns;
      storing.cpu_ns += spent.cpu_ns;
    }
    constexpr double kUpdates = kGroupsPerRound * kGroup;
    stored.push_back(kUpdates * 1e9 / storing.wall_ns);
    stored_cpu.push_back(kUpdates * 1e9 / storing.cpu_ns);
    parsed.push_back(kUpdates * 1e9 / all.Read().cpu_ns);
  }
  report.Key("updates").BeginObject();
  report.Key("per_s").Number(Median(stored));
  report.Key("per_cpu_s").Number(Median(stored_cpu));
  report.Key("made_and_parsed_too_per_cpu_s").Number(Median(parsed));
  report.EndObject();
}

}  // namespace introspectd::scale
