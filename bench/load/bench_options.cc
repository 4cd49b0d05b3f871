#include "load/bench_options.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "secret_input.h"
#include "text/ascii.h"

namespace introspectd::load {

namespace {

Nanos NanosOf(double seconds) { return static_cast<Nanos>(seconds * kNanosPerSecond); }

void DeclareTarget(CLI::App& app, Options& options) {
  app.add_option("--url", options.url, "http[s]://HOST:PORT/PATH to POST to")->required();
  app.add_option("--client", options.clients,
                 "ID:SECRET or ID:@FILE, for HTTP Basic; several times: connections take turns");
  app.add_option("--ca", options.plan.tls.ca_file, "certificates to trust, PEM")
      ->check(CLI::ExistingFile);
  app.add_flag("--insecure", options.plan.tls.insecure, "take any certificate");
  app.add_flag("--tls-resume", options.plan.tls.resume, "new connections resume TLS sessions");
  const std::map<std::string, Protocol> protocols{{"http", Protocol::kHttp},
                                                  {"redis", Protocol::kRedis}};
  app.add_option("--protocol", options.plan.asking.protocol,
                 "http, or redis: GET of the token, to compare with")
      ->transform(CLI::CheckedTransformer(protocols))
      ->default_str("http");
}

void DeclareQuestions(CLI::App& app, Options& options) {
  auto* const what = app.add_option_group("what is asked");
  what->add_option("--tokens", options.tokens_file, "NDJSON of updates, as they were pushed")
      ->check(CLI::ExistingFile);
  what->add_option("--population", options.population,
                   "SEED:N, the tokens of introspect-cli generate N --seed SEED");
  what->add_option("--body", options.plan.asking.body, "asks with this form body instead");
  what->require_option(1);
  app.add_option("--revoked", options.generated.revoked_share, "as generate was given it")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--now", options.generated.now,
                 "as generate was given it; without, tokens may have ended after a minute");
  app.add_option("--mix", options.mix,
                 "active=90,revoked=4,expired=1,unknown=3,garbage=1,jwt=1 of 100 requests");
  app.add_option("--zipf", options.plan.mix.zipf, "exponent: some tokens are asked about more")
      ->check(CLI::PositiveNumber);
  app.add_flag("--in-order", options.plan.mix.in_order,
               "each token once before any comes again; every thread begins with the first")
      ->excludes("--mix")
      ->excludes("--zipf");
  app.add_flag("--may-refuse", options.plan.may_refuse,
               "503 with Retry-After is not wrong: it is counted, and no answer");
  app.add_option("--seed", options.plan.seed, "of what is chosen at random")->capture_default_str();
  app.add_option("--expect-status", options.plan.given.status, "of every answer; with --body")
      ->capture_default_str();
  app.add_option("--expect-body", options.plan.given.body_start,
                 "how every body must begin; with --body")
      ->capture_default_str();
}

void DeclareLoop(CLI::App& app, Options& options) {
  Plan& plan = options.plan;
  auto* const loop = app.add_option_group("loop");
  loop->add_option("--rate", plan.rate_per_s, "requests a second, open loop")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{10'000'000}));
  loop->add_flag("--closed", options.closed, "as fast as the answers come");
  loop->add_flag("--find-max", options.find_max, "search the highest rate that holds --slo");
  loop->add_flag("--show-request", options.show_request, "print the first request and exit");
  loop->require_option(1);
  app.add_option("--slo", options.slo, "the target of --find-max")->capture_default_str();
  app.add_option("--precision", options.precision, "of --find-max, a share of the rate")
      ->check(CLI::Range(0.001, 0.5))
      ->capture_default_str();
  const std::map<std::string, Spacing> spacings{{"constant", Spacing::kConstant},
                                                {"poisson", Spacing::kPoisson}};
  app.add_option("--arrivals", plan.spacing, "of an open loop: constant or poisson")
      ->transform(CLI::CheckedTransformer(spacings))
      ->default_str("constant");
  app.add_option("--threads", plan.threads)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--connections", plan.connections, "over all threads")
      ->check(CLI::Range(1, 20'000))
      ->capture_default_str();
  app.add_option("--pipeline", plan.depth, "requests on their way per connection")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--connections-per-second", plan.churn_per_s,
                 "that many are replaced by new ones");
}

void DeclareRun(CLI::App& app, Options& options) {
  const CLI::AsNumberWithUnit duration(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}},
                                       CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION");
  app.add_option("--warmup", options.warmup_s)->transform(duration)->default_str("5s");
  app.add_option("--duration", options.duration_s, "measured; of --find-max, for each rate")
      ->transform(duration)
      ->default_str("30s");
  app.add_flag("--spin", options.plan.spin, "never sleep: the generator has its cores to itself");
  app.add_flag("--realtime", options.realtime,
               "go ahead of everything else on the core, where that is allowed");
  app.add_flag("--wait", options.wait,
               "say \"ready\" on standard error, then wait for a line on standard input");
  app.add_option("--server-pid", options.plan.server_pid, "measures this process's processor time");
  app.add_option("--json", options.json_file, "a file for the figures; - is standard output");
  app.add_option("--report", options.report_file, "an HTML file");
  app.add_flag("--quiet", options.quiet, "no progress");
}

void DeclareProbe(CLI::App& app, Options& options) {
  auto* const probe = app.add_flag("--probe-revocation", options.probe_revocation,
                                   "revoke tokens meanwhile, and see when they end");
  auto* const admin = app.add_option("--admin", options.probe.admin_url, "where tokens are pushed");
  auto* const token =
      app.add_option("--admin-token", options.probe.admin_token, "@FILE, with the scope push");
  app.add_option("--probe-issuer", options.probe.issuer, "iss of the probe's tokens");
  probe->needs(admin)->needs(token);
}

// ID:SECRET as it is, or ID:@FILE.
absl::Status ReadClient(std::string& client) {
  const std::size_t colon = client.find(':');
  if (colon == std::string::npos)
    return absl::InvalidArgumentError("--client is ID:SECRET or ID:@FILE");
  if (client.compare(colon + 1, 1, "@") != 0) return absl::OkStatus();
  const auto secret =
      cli::ReadSecret(std::string_view(client).substr(colon + 1), "the client secret");
  if (!secret.ok()) return secret.status();
  client = client.substr(0, colon + 1) + *secret;
  return absl::OkStatus();
}

absl::Status ReadPopulation(Options& options) {
  std::string_view text = options.population;
  const auto seed = text::ParseInteger<std::uint64_t>(text::TakeUntil(text, ':'));
  const auto tokens = text::ParseInteger<std::uint32_t>(text);
  if (!seed || !tokens || *tokens == 0) {
    return absl::InvalidArgumentError("--population is SEED:N, both whole numbers");
  }
  options.generated.seed = *seed;
  options.generated.tokens = *tokens;
  return absl::OkStatus();
}

absl::Status ReadProbe(Options& options) {
  if (!options.probe_revocation) return absl::OkStatus();
  auto token = cli::ReadSecret(options.probe.admin_token, "the admin token");
  if (!token.ok()) return token.status();
  options.probe.admin_token = *std::move(token);
  return absl::OkStatus();
}

absl::Status ReadTarget(Options& options) {
  if (!options.find_max) return absl::OkStatus();
  const auto target = Target::Parse(options.slo);
  if (!target.ok()) return target.status();
  options.search = Search{.target = *target, .precision = options.precision};
  return absl::OkStatus();
}

}  // namespace

void Declare(CLI::App& app, Options& options) {
  DeclareTarget(app, options);
  DeclareQuestions(app, options);
  DeclareLoop(app, options);
  DeclareRun(app, options);
  DeclareProbe(app, options);
}

absl::Status Finish(Options& options) {
  Plan& plan = options.plan;
  auto endpoint = ParseUrl(options.url);
  if (!endpoint.ok()) return endpoint.status();
  plan.endpoint = *std::move(endpoint);
  plan.warmup = NanosOf(options.warmup_s);
  plan.duration = NanosOf(options.duration_s);
  for (std::string& client : options.clients) {
    if (const absl::Status read = ReadClient(client); !read.ok()) return read;
  }
  plan.asking.clients = options.clients;
  if (!options.mix.empty()) {
    const auto weights = Mix::Parse(options.mix);
    if (!weights.ok()) return weights.status();
    plan.mix.weights = *weights;
  }
  absl::Status status = options.population.empty() ? absl::OkStatus() : ReadPopulation(options);
  if (status.ok()) status = ReadProbe(options);
  if (status.ok()) status = ReadTarget(options);
  return status;
}

absl::StatusOr<std::optional<Population>> MakePopulation(const Options& options) {
  if (!options.population.empty()) return Population::Generate(options.generated);
  if (options.tokens_file.empty()) return std::nullopt;
  auto read = Population::Read(options.tokens_file);
  if (!read.ok()) return read.status();
  return *std::move(read);
}

}  // namespace introspectd::load
