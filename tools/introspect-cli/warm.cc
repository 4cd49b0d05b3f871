// introspect-cli warm: fills a node from a file of updates, an export or another node.

#include <fmt/core.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "commands.h"
#include "console.h"
#include "export_reader.h"
#include "load_export.h"
#include "replace.h"
#include "retry.h"
#include "secret_input.h"
#include "warm_lines.h"

namespace introspectd::cli {

namespace {

struct WarmOptions {
  std::string file;
  std::string from;
  std::string from_token;
  bool complete = false;
  bool replace = false;
  std::string issuer;
  WarmPlan plan;
  std::int64_t retry_for_s = 60;
};

// One run; what is told at its end.
class Warming {
 public:
  explicit Warming(const WarmOptions& options) : options_(options), plan_(options.plan) {}

  ExitCode Run(const AdminOptions& admin);

 private:
  absl::Status Prepare(const AdminOptions& admin);
  absl::Status Load();
  absl::Status LoadFrom(const ExportSource& source, std::chrono::seconds retry_for);
  absl::Status LoadFromNode();
  absl::Status LoadFromFile(Input& input);
  absl::Status PushFile(Input& input);
  absl::Status Replace();
  absl::Status Complete();
  void TellHowToGoOn() const;

  const WarmOptions& options_;
  WarmPlan plan_;
  Console console_;
  Ledger ledger_{options_.plan.skip};
  FileTokens tokens_;
};

ExitCode Warming::Run(const AdminOptions& admin) {
  absl::Status status = Prepare(admin);
  if (status.ok()) status = Load();
  if (status.ok() && options_.replace) status = Replace();
  if (status.ok() && options_.complete) status = Complete();
  const Ledger::Totals& totals = ledger_.totals();
  if (totals.lines > 0) {
    fmt::print("{} lines: {} applied, {} expired, {} refused\n", totals.lines, totals.applied,
               totals.expired, totals.rejected);
  }
  if (!status.ok()) return Fail(status);
  return totals.rejected == 0 ? kDone : kFailed;
}

absl::Status Warming::Prepare(const AdminOptions& admin) {
  absl::StatusOr<fetch::ClientOptions> client = ClientOptionsOf(admin);
  if (!client.ok()) return client.status();
  plan_.uplink.client = *std::move(client);
  plan_.uplink.retry_for = std::chrono::seconds(options_.retry_for_s);
  if (plan_.sequence_start == 0) plan_.sequence_start = base::ReadWallMicros();
  return absl::OkStatus();
}

absl::Status Warming::Load() {
  if (!options_.from.empty()) return LoadFromNode();
  absl::StatusOr<Input> input = Input::Open(options_.file);
  if (!input.ok()) return absl::InvalidArgumentError(input.status().message());
  const bool is_export = StartsLikeExport(input->Peek(kExportStartBytes));
  if (is_export && (options_.replace || options_.plan.skip > 0)) {
    return absl::InvalidArgumentError(
        "the file is an export: it is loaded as it is, without --replace and --skip");
  }
  return is_export ? LoadFromFile(*input) : PushFile(*input);
}

absl::Status Warming::PushFile(Input& input) {
  absl::Status status =
      WarmLines(plan_, input, ledger_, options_.replace ? &tokens_ : nullptr, console_);
  if (!status.ok()) TellHowToGoOn();
  return status;
}

void Warming::TellHowToGoOn() const {
  Complain(fmt::format(
      "{} lines were acknowledged without a gap; to go on, add: --skip {} --sequence-start {}",
      ledger_.in_order(), ledger_.in_order(), plan_.sequence_start));
}

absl::Status Warming::LoadFrom(const ExportSource& source, std::chrono::seconds retry_for) {
  absl::StatusOr<fetch::Client> node = fetch::Client::Create(plan_.uplink.client);
  if (!node.ok()) return node.status();
  PushOutcome outcome;
  const auto attempt = [&] {
    outcome = LoadExport(*node, source, console_);
    return Attempt{outcome.status, outcome.retry_after};
  };
  absl::Status status = RepeatWhileUnavailable(attempt, retry_for, Sleep, console_);
  for (const RefusedLine& refused : outcome.report.refused) {
    console_.Say(fmt::format("line {} of the export: {}", refused.line, refused.reason));
  }
  if (status.ok()) ledger_.Acknowledge({.lines = outcome.report.lines}, outcome.report);
  return status;
}

absl::Status Warming::LoadFromNode() {
  absl::StatusOr<fetch::Endpoint> endpoint = fetch::Endpoint::Parse(options_.from);
  if (!endpoint.ok()) {
    return absl::InvalidArgumentError("--from: " + std::string(endpoint.status().message()));
  }
  fetch::ClientOptions other{.endpoint = *std::move(endpoint),
                             .ca_file = plan_.uplink.client.ca_file};
  if (!options_.from_token.empty()) {
    absl::StatusOr<std::string> token =
        ReadSecret(options_.from_token, "the other node's token (--from-token)");
    if (!token.ok()) return token.status();
    other.bearer = *std::move(token);
  }
  absl::StatusOr<fetch::Client> client = fetch::Client::Create(std::move(other));
  if (!client.ok()) return client.status();
  return LoadFrom([&client](const fetch::Sink& take) { return FetchExport(*client, take); },
                  plan_.uplink.retry_for);
}

absl::Status Warming::LoadFromFile(Input& input) {
  bool is_first = true;
  const auto source = [&](const fetch::Sink& take) {
    if (!std::exchange(is_first, false)) input.Rewind();
    return input.Read(take);
  };
  // What came through a pipe cannot be read again.
  const bool can_repeat = options_.file != "-";
  return LoadFrom(source, can_repeat ? plan_.uplink.retry_for : std::chrono::seconds(0));
}

absl::Status Warming::Replace() {
  const absl::StatusOr<std::string> issuer = tokens_.IssuerToReplace(options_.issuer);
  if (!issuer.ok()) return issuer.status();
  const absl::StatusOr<std::uint64_t> revoked =
      RevokeOthers({.uplink = plan_.uplink,
                    .batch_lines = plan_.batch_lines,
                    .issuer = *issuer,
                    .before_sequence = plan_.sequence_start},
                   tokens_, console_);
  if (!revoked.ok()) return revoked.status();
  fmt::print("not in the file and revoked: {} of {}\n", *revoked,
             issuer->empty() ? "the default issuer" : *issuer);
  return absl::OkStatus();
}

absl::Status Warming::Complete() {
  absl::StatusOr<fetch::Client> client = fetch::Client::Create(plan_.uplink.client);
  if (!client.ok()) return client.status();
  PushOutcome outcome;
  const auto attempt = [&] {
    outcome = Push(*client, "{\"op\":\"complete\"}\n");
    return Attempt{outcome.status, outcome.retry_after};
  };
  absl::Status status = RepeatWhileUnavailable(attempt, plan_.uplink.retry_for, Sleep, console_);
  if (!status.ok() || outcome.report.rejected == 0) return status;
  return absl::FailedPreconditionError("the server refused {\"op\":\"complete\"}");
}

void AddRunOptions(CLI::App& sub, WarmOptions& options) {
  sub.add_option("--batch", options.plan.batch_lines, "Lines a request")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  sub.add_option("--in-flight", options.plan.uplink.in_flight, "Requests at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  sub.add_option("--retry-for", options.retry_for_s,
                 "Seconds to go on trying while the node is away or cannot take more")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  sub.add_option("--skip", options.plan.skip, "Lines at the front that an earlier run has pushed")
      ->check(CLI::NonNegativeNumber);
  sub.add_option("--sequence-start", options.plan.sequence_start,
                 "Sequence of the first line, in microseconds since 1970 (default: now)")
      ->check(CLI::PositiveNumber);
}

}  // namespace

void AddWarm(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub = app.add_subcommand(
      "warm",
      "Fill a node with the lines of a file, in batches; or load an export (a file of `export`, or "
      "another node's by --from) into this node alone");
  const auto options = std::make_shared<WarmOptions>();
  CLI::Option* const file =
      sub->add_option("FILE", options->file, "Lines of updates, or an export; - is standard input");
  CLI::Option* const from =
      sub->add_option("--from", options->from, "Admin listener of another node");
  sub->add_option("--from-token", options->from_token, "Bearer token there: @FILE, - or itself")
      ->type_name("TOKEN")
      ->needs(from);
  sub->add_flag("--complete", options->complete,
                "At the end say that the node has everything, also when lines were refused");
  CLI::Option* const replace =
      sub->add_flag("--replace", options->replace,
                    "At the end revoke the tokens that are not in the file and were last pushed "
                    "before --sequence-start: give the time at which the file was begun");
  sub->add_option("--issuer", options->issuer,
                  "Replace only tokens of this issuer (default: that of the file's tokens)")
      ->needs(replace);
  AddRunOptions(*sub, *options);
  file->excludes(from);
  from->excludes(replace);
  sub->callback([&admin, &command, options] {
    if (options->file.empty() && options->from.empty()) {
      throw CLI::RequiredError("FILE or --from");
    }
    command = [&admin, options] { return Warming(*options).Run(admin); };
  });
}

}  // namespace introspectd::cli
