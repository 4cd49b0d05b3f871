#include "server/report.h"

#include <array>
#include <utility>

#include "log/log.h"
#include "metrics/page.h"
#include "server/version.h"

namespace introspectd::server {

namespace {

// One table for both forms.
std::array<std::pair<const char*, std::uint64_t>, 6> BytesByKind(const Snapshot& snapshot) {
  return {{{"records", snapshot.store.record_bytes},
           {"templates", snapshot.store.template_bytes},
           {"index", snapshot.store.index_bytes},
           {"rules", snapshot.store.rule_bytes},
           {"verdicts", snapshot.verdict_bytes},
           {"connections", snapshot.connection_bytes}}};
}

void WriteBytes(const Snapshot& snapshot, text::JsonWriter& json) {
  json.Key("bytes").BeginObject();
  for (const auto& [kind, bytes] : BytesByKind(snapshot)) json.Key(kind).Unsigned(bytes);
  json.Key("max").Unsigned(snapshot.memory_max);
  json.Key("full").Bool(snapshot.memory_full).EndObject();
}

void WriteWorkers(const Snapshot& snapshot, text::JsonWriter& json) {
  json.Key("workers").BeginArray();
  for (const api::Counters* worker : snapshot.workers) {
    json.BeginObject().Key("connections").Unsigned(worker->connections());
    for (std::size_t i = 0; i < api::kCounts; ++i) {
      json.Key(api::kCountNames[i]).Unsigned(worker->Get(static_cast<api::Count>(i)));
    }
    json.EndObject();
  }
  json.EndArray();
}

double Number(std::uint64_t value) { return static_cast<double>(value); }

void AddProcess(const Snapshot& snapshot, metrics::Page& page) {
  page.Gauge("info", "The version.").Is("version", kVersion, 1);
  page.Gauge("ready", "Whether requests are answered.").Is(snapshot.ready ? 1 : 0);
  page.Gauge("feed_fresh", "Whether updates come as often as they must.")
      .Is(snapshot.feed_fresh ? 1 : 0);
  page.Gauge("uptime_seconds", "Since the start.").Is(static_cast<double>(snapshot.uptime_s));
  page.Gauge("configuration_generation", "Counts reloads that were taken.")
      .Is(Number(snapshot.generation));
  page.Counter("log_lines_dropped_total", "Lines that nobody took from the log in time.")
      .Is(Number(log::Dropped()));
}

void AddStore(const Snapshot& snapshot, metrics::Page& page) {
  page.Gauge("tokens", "Tokens that are known and not revoked, ended ones for a while.")
      .Is(Number(snapshot.store.tokens));
  page.Gauge("revocations", "Revoked tokens and jtis that are remembered.")
      .Is(Number(snapshot.store.revocations));
  page.Gauge("rules", "Revocations that name no token.").Is(Number(snapshot.store.rules));
  page.Gauge("sequence", "The highest sequence of an update that was seen.")
      .Is(Number(snapshot.store.sequence));
  page.Gauge("memory_bytes", "Memory in use, as limits.memory_max counts it.");
  for (const auto& [kind, bytes] : BytesByKind(snapshot)) page.Is("kind", kind, Number(bytes));
  page.Gauge("memory_max_bytes", "From here on only revocations are taken.")
      .Is(Number(snapshot.memory_max));
  page.Gauge("memory_full", "Whether only revocations are taken.").Is(snapshot.memory_full ? 1 : 0);
}

void AddTraffic(const Snapshot& snapshot, metrics::Page& page) {
  page.Counter("requests_total", "Answers of the data plane, by result.");
  for (std::size_t i = 0; i < api::kCounts; ++i) {
    std::uint64_t sum = 0;
    for (const api::Counters* worker : snapshot.workers) {
      sum += worker->Get(static_cast<api::Count>(i));
    }
    page.Is("result", api::kCountNames[i], Number(sum));
  }
  page.Gauge("connections", "Open connections.")
      .Is("plane", "data", Number(snapshot.data_connections))
      .Is("plane", "admin", Number(snapshot.admin_connections));
}

}  // namespace

std::string StatusOf(const Snapshot& snapshot,
                     const std::function<void(text::JsonWriter&)>& describe) {
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject();
  json.Key("version").String(kVersion);
  json.Key("ready").Bool(snapshot.ready);
  json.Key("reason").String(snapshot.reason);
  json.Key("feed_fresh").Bool(snapshot.feed_fresh);
  json.Key("uptime_s").Integer(snapshot.uptime_s);
  json.Key("configuration_generation").Unsigned(snapshot.generation);
  json.Key("tokens").Unsigned(snapshot.store.tokens);
  json.Key("revocations").Unsigned(snapshot.store.revocations);
  json.Key("rules").Unsigned(snapshot.store.rules);
  json.Key("sequence").Unsigned(snapshot.store.sequence);
  WriteBytes(snapshot, json);
  describe(json);
  json.Key("connections").BeginObject();
  json.Key("data").Unsigned(snapshot.data_connections);
  json.Key("admin").Unsigned(snapshot.admin_connections).EndObject();
  WriteWorkers(snapshot, json);
  json.EndObject();
  return out;
}

std::string MetricsOf(const Snapshot& snapshot) {
  metrics::Page page;
  AddProcess(snapshot, page);
  AddStore(snapshot, page);
  AddTraffic(snapshot, page);
  return page.Text();
}

}  // namespace introspectd::server
