#include "server/report.h"

#include "server/version.h"

namespace introspectd::server {

namespace {

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

}  // namespace

BytesOfKinds BytesByKind(const Snapshot& snapshot) {
  return {{{"records", snapshot.store.record_bytes},
           {"templates", snapshot.store.template_bytes},
           {"index", snapshot.store.index_bytes},
           {"rules", snapshot.store.rule_bytes},
           {"verdicts", snapshot.verdict_bytes},
           {"connections", snapshot.connection_bytes},
           {"assertions", snapshot.assertion_bytes}}};
}

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

}  // namespace introspectd::server
