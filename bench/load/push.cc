// The sender of updates: pushes upserts to the control plane at a constant rate for a while, or
// until a signal, and prints what was acknowledged as one JSON object.

#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "load/endpoint.h"
#include "load/schedule.h"
#include "load/update_stream.h"
#include "load/updates.h"
#include "text/json_writer.h"

namespace introspectd::load {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUnusableArguments = 2 };

// Two, so that one goes on while the other's answer is on its way.
constexpr std::size_t kStreams = 2;

struct Options {
  std::string url;
  std::string token;
  std::string file;
  std::size_t lines_max = 100'000;
  std::uint64_t rate_per_s = 100'000;
  double duration_s = 5;
  std::size_t batch_lines = 100;
  std::size_t request_lines = 100'000;
};

// Set by SIGINT and SIGTERM: the request that is being sent is brought to its end, then the rest.
volatile std::sig_atomic_t told_to_end = 0;

void EndOnSignals() {
  struct sigaction action {};
  action.sa_handler = [](int) { told_to_end = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

class Push {
 public:
  Push(const Options& options, Updates updates) : options_(options), updates_(std::move(updates)) {}

  absl::Status Connect(const Endpoint& endpoint);
  absl::Status Go();
  std::string ToJson() const;

 private:
  absl::Status SendRequest(UpdateStream& stream, std::size_t lines);

  const Options& options_;
  Updates updates_;
  std::vector<std::unique_ptr<UpdateStream>> streams_;
  std::uint64_t sent_lines_ = 0;
  Nanos start_ = 0;
  Nanos end_ = 0;
  Acknowledged acknowledged_;
};

absl::Status Push::Connect(const Endpoint& endpoint) {
  for (std::size_t i = 0; i < kStreams; ++i) {
    const auto fd = load::Connect(endpoint);
    if (!fd.ok()) return fd.status();
    streams_.push_back(std::make_unique<UpdateStream>(*fd, endpoint, options_.token));
  }
  return absl::OkStatus();
}

absl::Status Push::Go() {
  start_ = ReadMonotonic();
  const auto total =
      static_cast<std::uint64_t>(static_cast<double>(options_.rate_per_s) * options_.duration_s);
  for (std::size_t i = 0; sent_lines_ < total && told_to_end == 0; ++i) {
    UpdateStream& stream = *streams_[i % kStreams];
    if (auto taken = stream.TakeAnswer(acknowledged_); !taken.ok()) return taken;
    const auto lines = std::min<std::uint64_t>(options_.request_lines, total - sent_lines_);
    if (auto sent = SendRequest(stream, lines); !sent.ok()) return sent;
  }
  for (const auto& stream : streams_) {
    if (auto taken = stream->TakeAnswer(acknowledged_); !taken.ok()) return taken;
  }
  end_ = ReadMonotonic();
  if (static_cast<std::uint64_t>(acknowledged_.lines) == sent_lines_) return absl::OkStatus();
  return absl::DataLossError(
      fmt::format("{} lines sent, {} acknowledged", sent_lines_, acknowledged_.lines));
}

// One POST of `lines` lines, a chunk a batch, each at its time.
absl::Status Push::SendRequest(UpdateStream& stream, std::size_t lines) {
  const Schedule schedule(start_, options_.rate_per_s);
  if (auto begun = stream.Begin(); !begun.ok()) return begun;
  while (lines > 0 && told_to_end == 0) {
    SleepUntil(schedule.DueAt(sent_lines_));
    const Updates::Batch batch = updates_.Next(std::min(lines, options_.batch_lines));
    if (auto sent = stream.SendChunk(batch.ndjson); !sent.ok()) return sent;
    lines -= batch.lines;
    sent_lines_ += batch.lines;
  }
  return stream.End();
}

std::string Push::ToJson() const {
  const double seconds = static_cast<double>(end_ - start_) / kNanosPerSecond;
  std::string json;
  text::JsonWriter writer(json);
  writer.BeginObject();
  writer.Key("lines").Integer(acknowledged_.lines);
  writer.Key("applied").Integer(acknowledged_.applied);
  writer.Key("expired").Integer(acknowledged_.expired);
  writer.Key("rejected").Integer(acknowledged_.rejected);
  writer.Key("seconds").Number(seconds);
  writer.Key("applied_per_s").Number(static_cast<double>(acknowledged_.applied) / seconds);
  writer.EndObject();
  return json;
}

void Declare(CLI::App& app, Options& options) {
  const CLI::AsNumberWithUnit duration(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}},
                                       CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION");
  const auto positive = CLI::Range(1, 100'000'000);
  app.add_option("--url", options.url, "http://IPV4:PORT/v1/tokens to POST to")->required();
  app.add_option("--token", options.token, "bearer token of the control plane")->required();
  app.add_option("--updates", options.file, "NDJSON of upserts, sent again and again")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--lines", options.lines_max, "how many lines of the file are used")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--rate", options.rate_per_s, "lines a second")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--duration", options.duration_s, "ends before it on SIGINT or SIGTERM")
      ->transform(duration)
      ->default_str("5s");
  app.add_option("--batch", options.batch_lines, "lines in a chunk")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--request", options.request_lines, "lines in a request")
      ->check(positive)
      ->capture_default_str();
}

int Fail(ExitCode code, const absl::Status& status) {
  fmt::print(stderr, "push: {}\n", std::string(status.message()));
  return code;
}

int Main(int argc, char** argv) {
  CLI::App app("Pushes token updates to introspectd at a constant rate.", "push");
  Options options;
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUnusableArguments;
  }
  const auto endpoint = ParseUrl(options.url);
  if (!endpoint.ok()) return Fail(kUnusableArguments, endpoint.status());
  auto updates = Updates::Read(options.file, options.lines_max);
  if (!updates.ok()) return Fail(kUnusableArguments, updates.status());
  EndOnSignals();
  Push push(options, *std::move(updates));
  if (const auto connected = push.Connect(*endpoint); !connected.ok()) {
    return Fail(kFailed, connected);
  }
  if (const auto pushed = push.Go(); !pushed.ok()) return Fail(kFailed, pushed);
  fmt::print("{}\n", push.ToJson());
  return kDone;
}

}  // namespace
}  // namespace introspectd::load

int main(int argc, char** argv) { return introspectd::load::Main(argc, argv); }
