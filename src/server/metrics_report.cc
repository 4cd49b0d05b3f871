#include "server/metrics_report.h"

#include "base/histogram.h"
#include "fmt/format.h"
#include "log/log.h"
#include "metrics/page.h"
#include "server/version.h"

namespace introspectd::server {

namespace {

using base::Histogram;
using metrics::Page;

constexpr double kMicros = 1e-6;  // in seconds

double Number(std::uint64_t value) { return static_cast<double>(value); }
double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }
double SecondsOfMicros(std::int64_t us) { return static_cast<double>(us) * kMicros; }

constexpr std::array<double, Histogram::kBounds_us.size()> BoundsInSeconds() {
  std::array<double, Histogram::kBounds_us.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    bounds[i] = static_cast<double>(Histogram::kBounds_us[i]) / 1e6;
  }
  return bounds;
}

void AddHistogram(const Histogram::Reading& reading, Page& page) {
  static constexpr auto kBounds = BoundsInSeconds();
  page.Has(kBounds, reading.counts, Number(reading.sum_us) * kMicros);
}

// One of the workers' counters, all workers together, by one of its enums.
template <class Kind, std::size_t kKinds>
void AddSums(const Snapshot& snapshot, const char* label,
             const std::array<const char*, kKinds>& names, Page& page) {
  for (std::size_t i = 0; i < kKinds; ++i) {
    std::uint64_t sum = 0;
    for (const api::Counters* worker : snapshot.workers) sum += worker->Get(static_cast<Kind>(i));
    page.Is(label, names[i], Number(sum));
  }
}

std::uint64_t SumOf(const Snapshot& snapshot, api::JwtResult result) {
  std::uint64_t sum = 0;
  for (const api::Counters* worker : snapshot.workers) sum += worker->Get(result);
  return sum;
}

void AddProcess(const Snapshot& snapshot, Page& page) {
  page.Gauge("info", "The version.").Is("version", kVersion, 1);
  page.Gauge("ready", "Whether requests are answered.").Is(snapshot.ready ? 1 : 0);
  page.Gauge("feed_fresh", "Whether updates come as often as they must.")
      .Is(snapshot.feed_fresh ? 1 : 0);
  page.Gauge("uptime_seconds", "Since the start.").Is(static_cast<double>(snapshot.uptime_s));
  page.Gauge("configuration_generation", "Counts reloads that were taken.")
      .Is(Number(snapshot.generation));
  page.Counter("log_lines_dropped_total", "Lines that nobody took from the log in time.")
      .Is(Number(log::Dropped()));
  page.Counter("reloads_total", "Reloads of the configuration, by result.")
      .Is("result", "taken", Number(snapshot.reloads.taken))
      .Is("result", "refused", Number(snapshot.reloads.refused));
  page.Counter("loop_busy_seconds_total",
               "Time that a loop's thread was on a processor; its rate is the loop's busy share.")
      .Is("loop", "control", SecondsOfMicros(snapshot.control_cpu_us));
  for (std::size_t i = 0; i < snapshot.workers.size(); ++i) {
    page.Is("loop", fmt::format("worker-{}", i), SecondsOfMicros(snapshot.workers[i]->cpu_us()));
  }
}

void AddStore(const Snapshot& snapshot, Page& page) {
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

void AddUpdates(const Snapshot& snapshot, Page& page) {
  page.Counter("updates_total",
               "Updates that the store took in, pushed here or read from the log, by op.");
  for (std::size_t i = 0; i < update::UpdateCounts::kOps.size(); ++i) {
    page.Is("op", update::UpdateCounts::kOps[i], Number(snapshot.updates->by_op[i]));
  }
  page.Counter("updates_expired_total", "Those of them that came when their token was over.")
      .Is(Number(snapshot.updates->expired));
  page.Counter("update_lines_refused_total", "Lines of pushes that were refused.")
      .Is(Number(snapshot.pushes->lines_refused));
  page.Histogram("update_visibility_seconds",
                 "From the last byte of a push to when all of it was durable and visible.");
  Histogram::Reading times;
  snapshot.pushes->times.ReadInto(times);
  AddHistogram(times, page);
}

void AddHandshakes(const Snapshot& snapshot, Page& page) {
  page.Counter("tls_handshakes_total", "TLS handshakes that have ended, by how they did.");
  for (std::size_t i = 0; i < HandshakeCounts::kNames.size(); ++i) {
    const auto end = static_cast<HandshakeCounts::End>(i);
    const std::string_view name = HandshakeCounts::kNames[i];
    std::uint64_t sum = 0;
    for (const HandshakeCounts* worker : snapshot.data_handshakes) sum += worker->Get(end);
    page.Is({{"plane", "data"}, {"result", name}}, Number(sum));
    page.Is({{"plane", "admin"}, {"result", name}}, Number(snapshot.admin_handshakes->Get(end)));
  }
}

void AddTraffic(const Snapshot& snapshot, Page& page) {
  page.Counter("requests_total", "Answers of the data plane, by result.");
  AddSums<api::Count>(snapshot, "result", api::kCountNames, page);
  page.Histogram("request_duration_seconds",
                 "From the last byte of a request being read to its answer being written.");
  Histogram::Reading times;
  for (const api::Counters* worker : snapshot.workers) worker->answer_times().ReadInto(times);
  AddHistogram(times, page);
  page.Counter("refused_inputs_total", "Requests that were refused for what they are, by cause.");
  AddSums<api::BadInput>(snapshot, "cause", api::kBadInputNames, page);
  page.Counter("client_authentication_failures_total",
               "Requests whose client was not let in, by cause.");
  AddSums<api::AuthFailure>(snapshot, "cause", api::kAuthFailureNames, page);
  page.Counter("admin_authentication_failures_total",
               "Calls of the control plane whose caller was not let in, by cause.")
      .Is("cause", "refused", Number(snapshot.admin_failures->refused))
      .Is("cause", "forbidden", Number(snapshot.admin_failures->forbidden))
      .Is("cause", "unavailable", Number(snapshot.admin_failures->unavailable));
  page.Gauge("connections", "Open connections.")
      .Is("plane", "data", Number(snapshot.data_connections))
      .Is("plane", "admin", Number(snapshot.admin_connections));
}

void AddClients(const Snapshot& snapshot, Page& page) {
  using api::Count;
  page.Counter("client_requests_total", "Answers to a client that was let in, by result.");
  for (const AccountBook::Entry* client : snapshot.clients) {
    for (const Count count : {Count::kActive, Count::kInactive, Count::kUnknownToken,
                              Count::kBadRequest, Count::kUnavailable, Count::kRateLimited}) {
      page.Is(
          {{"client", client->id}, {"result", api::kCountNames[static_cast<std::size_t>(count)]}},
          Number(client->Get(count)));
    }
  }
  page.Gauge("client_inactive_ratio",
             "The share of a client's tokens that were not active, of the last ten seconds.");
  for (const AccountBook::Entry* client : snapshot.clients) {
    page.Is("client", client->id, client->watch.window().share());
  }
  page.Gauge("client_inactive_high", "Whether that has jumped: somebody may be trying tokens out.");
  for (const AccountBook::Entry* client : snapshot.clients) {
    page.Is("client", client->id, client->watch.high() ? 1 : 0);
  }
}

void AddJwts(const Snapshot& snapshot, Page& page) {
  using api::JwtResult;
  page.Counter("jwt_verifications_total", "JWTs of a configured issuer that were judged anew.");
  for (const JwtResult result : {JwtResult::kGood, JwtResult::kBad, JwtResult::kUnavailable}) {
    page.Is("result", api::kJwtResultNames[static_cast<std::size_t>(result)],
            Number(SumOf(snapshot, result)));
  }
  page.Counter("jwt_verdict_cache_hits_total", "JWTs that were found good before.")
      .Is(Number(SumOf(snapshot, JwtResult::kRemembered)));
  page.Gauge("keys", "Keys that are known, of an issuer or of a client that signs.");
  for (const keys::KeyReport& owner : snapshot.keys) {
    page.Is(owner.kind, owner.name, Number(owner.keys));
  }
  page.Gauge("keys_age_seconds", "Since they were asked for; none: never had.");
  for (const keys::KeyReport& owner : snapshot.keys) {
    if (owner.age_ms) page.Is(owner.kind, owner.name, Seconds(*owner.age_ms));
  }
  page.Counter("key_refreshes_total", "Fetches of keys, by whose they are and by result.");
  for (const keys::KeyReport& owner : snapshot.keys) {
    page.Is({{std::string(owner.kind), owner.name}, {"result", "good"}},
            Number(owner.refreshes_good));
    page.Is({{std::string(owner.kind), owner.name}, {"result", "failed"}},
            Number(owner.refreshes_failed));
  }
}

void AddReplication(const replica::ReplicaReport& replica, Page& page) {
  const replica::FollowReport& follow = replica.follow;
  page.Gauge("replication_following", "Whether the log is being read.")
      .Is(follow.following ? 1 : 0);
  page.Gauge("replication_writable", "Whether the log can be written.")
      .Is(replica.writable ? 1 : 0);
  page.Gauge("replication_lag_seconds",
             "How old the newest state known to be complete is; none: not yet.");
  if (follow.lag_ms) page.Is(Seconds(*follow.lag_ms));
  page.Gauge("replication_clock_difference_seconds",
             "How far PostgreSQL's clock is ahead of this node's.")
      .Is(SecondsOfMicros(follow.clock_ahead_us));
  page.Counter("replication_rows_total", "Rows of the log that were read and applied.")
      .Is(Number(follow.rows));
  page.Counter("replication_rows_put_back_total", "Rows that the log had lost.")
      .Is(Number(follow.rows_put_back));
  page.Counter("replication_rows_trimmed_total", "Rows that this node has deleted as over.")
      .Is(Number(replica.rows_trimmed));
  page.Gauge("replication_rows_owed", "Rows in effect here that are not known to be in the log.")
      .Is(Number(replica.rows_owed));
}

}  // namespace

std::string MetricsOf(const Snapshot& snapshot) {
  Page page;
  AddProcess(snapshot, page);
  AddStore(snapshot, page);
  AddUpdates(snapshot, page);
  AddTraffic(snapshot, page);
  AddHandshakes(snapshot, page);
  AddClients(snapshot, page);
  AddJwts(snapshot, page);
  if (snapshot.replication) AddReplication(*snapshot.replication, page);
  return page.Text();
}

}  // namespace introspectd::server
