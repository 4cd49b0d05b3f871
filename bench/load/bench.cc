// introspect-bench: asks an introspection endpoint for a while, checks every answer, and says what
// became of it.

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "load/bench_options.h"
#include "load/probe.h"
#include "load/progress.h"
#include "load/report.h"
#include "load/run.h"
#include "load/search.h"

namespace introspectd::load {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUnusableArguments = 2 };

int Fail(ExitCode code, const absl::Status& status) {
  fmt::print(stderr, "introspect-bench: {}\n", std::string(status.message()));
  return code;
}

// Only now: reading the population at this priority would stop everything else on the core.
bool GoAhead() {
  const sched_param priority{.sched_priority = 1};
  return sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
}

// Reading the population takes a core for seconds; what runs beside the load starts after it.
void AwaitStart() {
  fmt::print(stderr, "ready\n");
  while (true) {
    const int c = std::getchar();
    if (c == '\n' || c == EOF) return;
  }
}

std::string ProcessorModel() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// The command line as it was given, but for secrets.
std::string CommandLine(int argc, char** argv) {
  std::string text = "introspect-bench";
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const std::string before = argv[i - 1];
    if (before == "--client") word = word.substr(0, word.find(':')) + ":...";
    if (word.starts_with("--client=")) word = word.substr(0, word.find(':')) + ":...";
    if (before == "--admin-token" && !word.starts_with('@')) word = "...";
    if (word.starts_with("--admin-token=") && !word.starts_with("--admin-token=@"))
      word = "--admin-token=...";
    text += ' ' + word;
  }
  return text;
}

void DescribeSetup(int argc, char** argv, bool realtime, Report& report) {
  utsname system{};
  uname(&system);
  const std::time_t now = base::ReadWallMicros() / kMicrosPerSecond;
  std::tm utc{};
  gmtime_r(&now, &utc);
  char time[32];
  std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc);
  report.setup = {{"command line", CommandLine(argc, argv)},
                  {"machine", fmt::format("{}, {} processors", ProcessorModel(),
                                          sysconf(_SC_NPROCESSORS_ONLN))},
                  {"kernel", fmt::format("{} {}", system.sysname, system.release)},
                  {"version", INTROSPECTD_VERSION},
                  {"real-time priority", realtime ? "yes" : "no"},
                  {"finished", time}};
}

absl::Status Measure(const Options& options, const Sorted* sorted, Report& report) {
  const auto seconds = static_cast<std::size_t>(std::ceil(options.duration_s));
  Progress progress(stderr, isatty(STDERR_FILENO) == 1, options.plan.threads, seconds);
  report.open_loop = !options.closed;
  if (options.search) {
    const auto on_step = [&](const Step& step) {
      if (!options.quiet) progress.Say(step);
    };
    auto found = FindMax(*options.search, options.plan, sorted, on_step);
    if (!found.ok()) return found.status();
    report.target = options.search->target.text;
    report.found_rate_per_s = found->rate_per_s;
    report.steps = std::move(found->steps);
    report.outcome = std::move(found->outcome);
  } else {
    OnInterval on_interval;
    if (!options.quiet) {
      on_interval = [&](std::size_t second, const Interval& interval) {
        progress.Take(second, interval);
      };
    }
    auto outcome = Run(options.plan, sorted, on_interval);
    progress.End();
    if (!outcome.ok()) return outcome.status();
    report.outcome = *std::move(outcome);
  }
  report.valid = IsValid(report.outcome);
  return absl::OkStatus();
}

absl::Status MeasureWithProbe(const Options& options, const Sorted* sorted, Report& report) {
  if (!options.probe_revocation) return Measure(options, sorted, report);
  auto probe = RevocationProbe::Create(options.probe, options.plan);
  if (!probe.ok()) return probe.status();
  (*probe)->Start();
  const absl::Status measured = Measure(options, sorted, report);
  auto seen = (*probe)->Stop();
  if (!measured.ok()) return measured;
  if (!seen.ok()) return seen.status();
  report.probe = *std::move(seen);
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& file, const std::string& text) {
  if (file == "-") {
    fmt::print("{}\n", text);
    return absl::OkStatus();
  }
  std::ofstream out(file);
  out << text << '\n';
  out.close();
  return out ? absl::OkStatus() : absl::UnavailableError("cannot write " + file);
}

absl::Status Write(const Options& options, const Report& report) {
  if (options.json_file != "-") fmt::print("{}", ToText(report));
  absl::Status status;
  if (!options.json_file.empty()) status = WriteFile(options.json_file, ToJson(report));
  if (status.ok() && !options.report_file.empty()) {
    status = WriteFile(options.report_file, ToHtml(report));
  }
  return status;
}

int ExitCodeOf(const Report& report) {
  const Outcome& outcome = report.outcome;
  if (!report.wrong() && outcome.answered > 0) return kDone;
  fmt::print(stderr, "introspect-bench: {} wrong answers, {} requests without one; the first: {}\n",
             outcome.wrong, Sum(outcome.errors), outcome.first_failure);
  return kFailed;
}

int Main(int argc, char** argv) {
  CLI::App app("Applies load to an introspection endpoint and checks every answer.",
               "introspect-bench");
  app.set_version_flag("--version", INTROSPECTD_VERSION);
  Options options;
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUnusableArguments;
  }
  if (const auto finished = Finish(options); !finished.ok())
    return Fail(kUnusableArguments, finished);
  const auto population = MakePopulation(options);
  if (!population.ok()) return Fail(kUnusableArguments, population.status());
  std::optional<Sorted> sorted;
  if (*population) {
    auto made =
        Sorted::Make(**population, options.plan.mix, base::ReadWallMicros() / kMicrosPerSecond);
    if (!made.ok()) return Fail(kUnusableArguments, made.status());
    sorted = *std::move(made);
  }
  const Sorted* const asked = sorted ? &*sorted : nullptr;
  if (options.show_request) {
    std::string request;
    Requests(options.plan.endpoint, options.plan.asking, asked, options.plan.mix, options.plan.seed)
        .AppendNext(0, request);
    fmt::print("{}", request);
    return kDone;
  }
  if (options.wait) AwaitStart();
  const bool realtime = options.realtime && GoAhead();
  Report report;
  const absl::Status measured = MeasureWithProbe(options, asked, report);
  if (!measured.ok()) return Fail(kFailed, measured);
  DescribeSetup(argc, argv, realtime, report);
  if (const absl::Status written = Write(options, report); !written.ok()) {
    return Fail(kFailed, written);
  }
  return ExitCodeOf(report);
}

}  // namespace
}  // namespace introspectd::load

int main(int argc, char** argv) { return introspectd::load::Main(argc, argv); }
