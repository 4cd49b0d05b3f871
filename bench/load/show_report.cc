// Writes a made-up report to a file, for the browser test.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>

#include "load/report.h"

namespace introspectd::load {
namespace {

constexpr int kSeconds = 30;
constexpr int kRatePerS = 20'000;

class Made {
 public:
  // Most requests are quick, one in a hundred waits for another, and second 18 has a stall.
  Report Make() {
    Report report;
    Outcome& outcome = report.outcome;
    outcome.window = kSeconds * kNanosPerSecond;
    outcome.server_cpu_ns = 3'480'000'000;
    for (int second = 0; second < kSeconds; ++second) AddSecond(second, outcome);
    outcome.connections_opened = 64;
    outcome.sessions_resumed = 12;
    AddSearch(report);
    AddProbe(report);
    AddSetup(report);
    return report;
  }

 private:
  std::uint64_t Around(double ns, double spread) {
    return static_cast<std::uint64_t>(ns * std::lognormal_distribution<double>(0, spread)(random_));
  }

  std::uint64_t LatencyIn(int second) {
    const std::uint64_t usual = Around(74'000, 0.22);
    const std::uint64_t choice = random_() % 1000;
    if (second == 18 && choice < 60) return usual + random_() % 9'000'000;
    if (choice < 10) return usual + Around(180'000, 0.7);
    return usual;
  }

  void AddSecond(int second, Outcome& outcome) {
    Interval interval;
    interval.answered = kRatePerS - 40 + random_() % 80;
    for (std::uint64_t i = 0; i < interval.answered; ++i) {
      const std::uint64_t latency = LatencyIn(second);
      interval.latency.Record(latency);
      outcome.latency.Record(latency);
      outcome.lateness.Record(Around(2'600, 0.6));
    }
    if (second == 18) {
      interval.errors = 2;
      outcome.errors[static_cast<std::size_t>(Error::kLost)] = 2;
      outcome.first_failure = "the server closed the connection: <html>503 & more</html>";
    }
    outcome.answered += interval.answered;
    outcome.timeline.push_back(interval);
  }

  static void AddSearch(Report& report) {
    report.target = "p99=1ms";
    report.found_rate_per_s = 160'000;
    report.steps = {{20'000, 19'998.4, 243'000, true, true},
                    {80'000, 79'990.1, 388'000, true, true},
                    {320'000, 201'442.7, 1'204'000'000, false, false},
                    {160'000, 159'981.2, 861'000, true, true},
                    {240'000, 198'201.9, 74'200'000, false, true}};
  }

  void AddProbe(Report& report) {
    Probe& probe = report.probe.emplace();
    probe.revoked = 300;
    for (std::uint64_t i = 0; i < probe.revoked; ++i) {
      const std::uint64_t acknowledged = Around(640'000, 0.3);
      probe.until_acknowledged.Record(acknowledged);
      probe.until_last_active.Record(acknowledged / 2);
    }
  }

  static void AddSetup(Report& report) {
    report.setup = {
        {"command line",
         "load --url https://127.0.0.1:8443/introspect --tokens tokens.ndjson --rate 20000 "
         "--connections 64 --duration 30s --report report.html"},
        {"machine", "4 cores of an example processor, 16 GB"},
        {"kernel", "Linux 6.1"},
        {"markup", "<script>document.title = 'broken'</script> & <b>\"bold\"</b>"}};
  }

  std::mt19937_64 random_{17};
};

}  // namespace
}  // namespace introspectd::load

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: show_report FILE\n");
    return 2;
  }
  std::ofstream file(argv[1], std::ios::binary);
  file << introspectd::load::ToHtml(introspectd::load::Made().Make());
  file.close();
  return file ? 0 : 1;
}
