// The load generator: asks one server for a while, checks every answer, prints one JSON object.

#include <fmt/format.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "load/population.h"
#include "load/requests.h"
#include "load/run.h"
#include "text/json_writer.h"

namespace introspectd::load {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUnusableArguments = 2 };

struct Options {
  std::string url;
  std::string client;
  std::string tokens_file;
  std::string body;
  bool closed = false;
  bool show_request = false;
  bool realtime = false;
  bool wait = false;
  double warmup_s = 1;
  double duration_s = 3;
  Plan plan;
};

void Declare(CLI::App& app, Options& options) {
  const CLI::AsNumberWithUnit duration(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}},
                                       CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION");
  Plan& plan = options.plan;
  app.add_option("--url", options.url, "http://IPV4:PORT/PATH to POST to")->required();
  app.add_option("--client", options.client, "ID:SECRET for HTTP Basic");
  auto* const what = app.add_option_group("what is asked");
  what->add_option("--tokens", options.tokens_file, "NDJSON of upserts; asks about them at random")
      ->check(CLI::ExistingFile);
  what->add_option("--body", options.body, "asks with this form body instead");
  what->require_option(1);
  app.add_option("--seed", options.plan.seed, "of what is chosen at random")->capture_default_str();
  auto* const loop = app.add_option_group("loop");
  loop->add_option("--rate", plan.rate_per_s, "requests a second, open loop")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{10'000'000}));
  loop->add_flag("--closed", options.closed, "as fast as the answers come");
  loop->add_flag("--show-request", options.show_request, "print the first request and exit");
  loop->require_option(1);
  app.add_option("--connections", plan.connections)
      ->check(CLI::Range(1, 20'000))
      ->capture_default_str();
  app.add_option("--pipeline", plan.depth, "requests on their way per connection")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  const std::map<std::string, Spacing> spacings{{"constant", Spacing::kConstant},
                                                {"poisson", Spacing::kPoisson}};
  app.add_option("--arrivals", plan.spacing, "of an open loop: constant or poisson")
      ->transform(CLI::CheckedTransformer(spacings))
      ->default_str("constant");
  app.add_flag("--spin", plan.spin, "never sleep: the generator has a core of its own");
  app.add_flag("--realtime", options.realtime,
               "go ahead of everything else on the core, where that is allowed");
  app.add_flag("--wait", options.wait,
               "say \"ready\" on standard error, then wait for a line on standard input");
  app.add_option("--warmup", options.warmup_s)->transform(duration)->default_str("1s");
  app.add_option("--duration", options.duration_s)->transform(duration)->default_str("3s");
  app.add_option("--expect-status", plan.expected_status)->capture_default_str();
  app.add_option("--expect-body", plan.expected_body_start, "how every body must begin")
      ->capture_default_str();
  app.add_option("--server-pid", plan.server_pid, "measures this process's processor time");
}

Nanos NanosOf(double seconds) { return static_cast<Nanos>(seconds * kNanosPerSecond); }

absl::Status Prepare(Options& options, std::optional<Population>& population,
                     std::optional<Requests>& requests) {
  auto endpoint = ParseUrl(options.url);
  if (!endpoint.ok()) return endpoint.status();
  Plan& plan = options.plan;
  plan.endpoint = *std::move(endpoint);
  plan.warmup = NanosOf(options.warmup_s);
  plan.duration = NanosOf(options.duration_s);
  if (options.tokens_file.empty()) {
    requests.emplace(plan.endpoint, options.client, options.body);
    return absl::OkStatus();
  }
  auto read = Population::Read(options.tokens_file);
  if (!read.ok()) return read.status();
  population = *std::move(read);
  requests.emplace(plan.endpoint, options.client, *population, plan.seed);
  return absl::OkStatus();
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

double Micros(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

std::string ToJson(const Outcome& outcome, bool realtime) {
  const double seconds = static_cast<double>(outcome.window) / kNanosPerSecond;
  const auto answered = static_cast<double>(outcome.answered);
  std::string json;
  text::JsonWriter writer(json);
  writer.BeginObject();
  writer.Key("requests").Unsigned(outcome.answered);
  writer.Key("seconds").Number(seconds);
  writer.Key("requests_per_s").Number(seconds > 0 ? answered / seconds : 0);
  if (outcome.server_cpu_ns && outcome.answered > 0) {
    const double cpu_us = Micros(*outcome.server_cpu_ns);
    writer.Key("server_cpu_us_per_request").Number(cpu_us / answered);
    writer.Key("server_busy_share").Number(cpu_us / 1e6 / seconds);
  }
  writer.Key("p50_us").Number(Micros(outcome.latency.AtQuantile(0.5)));
  writer.Key("p90_us").Number(Micros(outcome.latency.AtQuantile(0.9)));
  writer.Key("p99_us").Number(Micros(outcome.latency.AtQuantile(0.99)));
  writer.Key("p999_us").Number(Micros(outcome.latency.AtQuantile(0.999)));
  writer.Key("max_us").Number(Micros(outcome.latency.max()));
  writer.Key("lateness_p99_us").Number(Micros(outcome.lateness.AtQuantile(0.99)));
  writer.Key("realtime").Bool(realtime);
  writer.Key("wrong").Unsigned(outcome.wrong);
  writer.Key("errors").Unsigned(outcome.errors);
  writer.EndObject();
  return json;
}

int Fail(ExitCode code, const absl::Status& status) {
  fmt::print(stderr, "load: {}\n", std::string(status.message()));
  return code;
}

int Main(int argc, char** argv) {
  CLI::App app("Applies load to an introspection endpoint and checks every answer.", "load");
  Options options;
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUnusableArguments;
  }
  std::optional<Population> population;
  std::optional<Requests> requests;
  if (const auto prepared = Prepare(options, population, requests); !prepared.ok()) {
    return Fail(kUnusableArguments, prepared);
  }
  if (options.show_request) {
    std::string request;
    requests->AppendNext(request);
    fmt::print("{}", request);
    return kDone;
  }
  if (options.wait) AwaitStart();
  const bool realtime = options.realtime && GoAhead();
  const auto outcome = Run(options.plan, *requests);
  if (!outcome.ok()) return Fail(kFailed, outcome.status());
  fmt::print("{}\n", ToJson(*outcome, realtime));
  if (outcome->wrong == 0 && outcome->errors == 0 && outcome->answered > 0) return kDone;
  fmt::print(stderr, "load: {} wrong answers, {} requests without one; the first: {}\n",
             outcome->wrong, outcome->errors, outcome->first_failure);
  return kFailed;
}

}  // namespace
}  // namespace introspectd::load

int main(int argc, char** argv) { return introspectd::load::Main(argc, argv); }
