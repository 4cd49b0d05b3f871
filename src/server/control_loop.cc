#include "server/control_loop.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "log/log.h"
#include "server/metrics_report.h"
#include "text/json_writer.h"

namespace introspectd::server {

namespace {

constexpr std::uint32_t kParsersMax = 8;  // more lines than the one writer can stage
constexpr int kShardsSweptPerTick = 4;    // all of them in some 100 s
constexpr std::int64_t kClockStep_us = 10 * kMicrosPerSecond;
constexpr std::int64_t kNoSweepAfterStep_ms = 10 * 60 * 1000;
constexpr std::int64_t kWaitForReady_ms = 5000;

update::ParserOptions ParserOptionsOf(const Config& config) {
  return {config.introspection.issuer, config.storage.token_lifetime_max_s,
          config.limits.update_line_bytes_max};
}

std::uint64_t MemoryMaxOf(const Limits& limits) {
  if (limits.memory_max != 0) return static_cast<std::uint64_t>(limits.memory_max);
  return net::UsableMemoryBytes() / 5 * 4;
}

}  // namespace

ControlLoop::ControlLoop(Shared& shared, std::uint32_t workers,
                         std::unique_ptr<journal::Journal> journal,
                         std::vector<BoundSocket> sockets,
                         std::shared_ptr<const client::Registry> registry, Hooks hooks)
    : shared_(shared),
      limits_(shared.config.limits),
      hooks_(std::move(hooks)),
      clock_(&shared.wall_floor),
      lines_parsed_(loop_, [this] { WakePipeline(); }),
      parser_(ParserOptionsOf(shared.config)),
      crew_(MakeCrew()),
      memory_max_(MemoryMaxOf(limits_)),
      storage_(MakeStorage(std::move(journal))),
      store_(shared.store.writer(), storage_.get()),
      pipeline_(store_),
      replica_(MakeReplica()),
      keys_(
          loop_, workers,
          {.to_worker = [this](std::uint32_t worker,
                               ToWorker message) { hooks_.to_worker(worker, std::move(message)); },
           .own_changed = [this] { explainer_.SetTrust(keys_.own_trust()); },
           .now = [this] { return clock_.Read(); }}),
      accounts_(workers),
      explainer_(shared.config, shared.store),
      credentials_(shared.key, shared.config.limits.credentials_remembered_max),
      used_assertions_(shared.config.limits.assertions_remembered_max),
      verifier_(loop_, shared.key, shared.config.limits,
                [this](const Verifier::Result& result) { Report(result); }),
      control_{.config = shared.config,
               .limits = limits_,
               .writer = shared.store.writer(),
               .parser = parser_,
               .crew = crew_.get(),
               .pipeline = pipeline_,
               .entry = replica_ != nullptr ? replica_->entry() : pipeline_,
               .admission = admission_,
               .credentials = credentials_,
               .readiness = shared.readiness,
               .pushes = pushes_,
               .failures = admin_failures_,
               .registry = [this]() -> const client::Registry& { return verifier_.registry(); },
               .verify =
                   [this](api::VerificationRequest request) {
                     mailbox_.Post(VerifyForAdmin{std::move(request)});
                   },
               .resume =
                   [this](const http::Ticket& ticket) {
                     pool_.Resume(ticket, http::Resumption::kRetry);
                   },
               .wake_pipeline = [this] { WakePipeline(); },
               .on_push = [this] { OnPush(); },
               .on_complete = [this] { OnComplete(); },
               .log_position =
                   [this] { return replica_ != nullptr ? replica_->position() : std::string(); },
               .on_loaded =
                   [this](std::string_view position) {
                     if (replica_ != nullptr) replica_->Adopt(position);
                   },
               .healthy = [this] { return WorkersTurn(); },
               .explain = [this](const api::Explainer::Question& question,
                                 Now now) { return explainer_.Explain(question, now); },
               .status = [this](Now now) { return Status(now); },
               .metrics = [this](Now now) { return Metrics(now); }},
      peers_(shared.config.limits.admin.connections_max,
             shared.config.limits.admin.connections_per_address_max),
      pool_(loop_, shared.config.limits.admin, peers_, clock_,
            {.handler = [this](std::uint32_t) -> http::Handler& {
               endpoints_.push_back(std::make_unique<api::AdminEndpoint>(control_));
               return *endpoints_.back();
             },
             .closed = [this](std::uint32_t slot) { endpoints_[slot]->Abandon(); },
             .begin_answers = [] {},
             .end_batch = [] {},
             .settled = [] {},
             .written = [] {}}),
      mailbox_(loop_, [this](ToControl message) { Receive(std::move(message)); }),
      tick_(loop_, [this] { Tick(); }),
      pipeline_turn_(loop_, [this] { TurnPipeline(); }) {
  SetRegistry(std::move(registry), shared.config);
  for (BoundSocket& bound : sockets) {
    listeners_.push_back(std::make_unique<net::Listener>(
        loop_, std::move(bound.socket), bound.tcp,
        [this](net::Listener& listener) { pool_.Accept(listener); }));
  }
}

void ControlLoop::Start() {
  const Now now = clock_.Read();
  started_ms_ = now.boot_ms;
  wall_ahead_us_ = base::ReadWallMicros() - base::ReadBootMillis() * 1000;
  OnPush();  // the feed is as fresh as the process
  if (storage_ != nullptr) {
    storage_->Load(now);
  } else {
    OnStoreFilled();
  }
  tick_.Start(ConnectionPool::kTick_ms, ConnectionPool::kTick_ms);
}

std::unique_ptr<update::ParsingCrew> ControlLoop::MakeCrew() {
  const std::uint32_t others = net::UsableProcessors() - 1;
  if (others == 0) return nullptr;
  return std::make_unique<update::ParsingCrew>(ParserOptionsOf(shared_.config),
                                               std::min(others, kParsersMax),
                                               [this] { lines_parsed_.Wake(); });
}

std::unique_ptr<Storage> ControlLoop::MakeStorage(std::unique_ptr<journal::Journal> journal) {
  if (journal == nullptr) return nullptr;
  Storage::Hooks hooks{
      .take = [this](journal::Kept kept) { mailbox_.Post(std::move(kept)); },
      .loaded = [this](absl::Status status) { mailbox_.Post(Loaded{std::move(status)}); },
      .kept = [this] { mailbox_.Post(GroupKept{}); }};
  const Config& config = shared_.config;
  return std::make_unique<Storage>(
      std::move(journal), shared_.store.writer(), admission_,
      Storage::Options{.reserve_bytes = static_cast<std::uint64_t>(config.storage.reserve_bytes),
                       .log_keeps = !config.replication.url.empty()},
      std::move(hooks));
}

std::unique_ptr<replica::Replica> ControlLoop::MakeReplica() {
  const Config& config = shared_.config;
  if (config.replication.url.empty()) return nullptr;
  shared_.readiness.SetLease(0);
  return std::make_unique<replica::Replica>(
      loop_,
      replica::Options{.url = config.replication.url,
                       .create_schema = config.replication.create_schema,
                       .staleness_max_s = config.replication.staleness_max_s,
                       .fail_closed = config.replication.fail_closed,
                       .poll_ms = config.replication.poll_ms,
                       .keep_s = config.replication.keep_s,
                       .issuer = config.introspection.issuer,
                       .token_lifetime_max_s = config.storage.token_lifetime_max_s,
                       .line_bytes_max = config.limits.update_line_bytes_max},
      shared_.store.writer(), store_, pipeline_, storage_.get(), admission_.log_away,
      replica::Replica::Hooks{.wake = [this] { WakePipeline(); },
                              .lease = [this](std::int64_t boot_ms) { OnLease(boot_ms); },
                              .heartbeat = [this] { OnPush(); },
                              .complete = [this] { OnComplete(); },
                              .clock_is_good = [this] { return MaySweep(clock_.Read()); },
                              .now = [this] { return clock_.Read(); }});
}

void ControlLoop::OnLoaded(const absl::Status& status) {
  if (!status.ok()) return hooks_.failed(status);
  storage_->Loaded();
  OnStoreFilled();
}

// With what was kept on this node; what other nodes did meanwhile is in the log.
void ControlLoop::OnStoreFilled() {
  filled_ms_ = clock_.Read().boot_ms;
  replica_ != nullptr ? replica_->Start() : BecomeReady();
}

void ControlLoop::OnLease(std::int64_t boot_ms) {
  shared_.readiness.SetLease(boot_ms);
  if (std::exchange(caught_up_, true)) return;
  BecomeReady();
  log::Info("caught up with the replication log",
            {{"ready", shared_.readiness.ready() ? "yes" : "no"}});
}

// A node that has tokens is as good as it was; one that starts without any may have to be told.
void ControlLoop::BecomeReady() {
  const bool at_once = shared_.config.storage.start == StartMode::kReady;
  shared_.readiness.SetReady(at_once || completed_ || shared_.store.status().tokens > 0);
  ListenWhenReady(clock_.Read());
}

// Until then, who connects to a socket that was passed on waits in its queue: that loses nothing,
// and a 503 may. What is not ready by itself soon is to be seen, though.
void ControlLoop::ListenWhenReady(Now now) {
  if (listening_ ||
      (!shared_.readiness.ready(now) && now.boot_ms - filled_ms_ < kWaitForReady_ms)) {
    return;
  }
  listening_ = true;
  hooks_.listen();
}

void ControlLoop::SetRegistry(std::shared_ptr<const client::Registry> registry,
                              const Config& config) {
  keys_.SetOwners(config, registry->generation());
  explainer_.SetTrust(keys_.own_trust());
  accounts_.SetRegistry(*registry);
  verifier_.SetRegistry(std::move(registry));
  credentials_.Forget();
}

void ControlLoop::SetLimits(const Limits& limits) {
  limits_ = limits;
  memory_max_ = MemoryMaxOf(limits);
  shared_.data_peers.SetMax(limits.data.connections_max, limits.data.connections_per_address_max);
  peers_.SetMax(limits.admin.connections_max, limits.admin.connections_per_address_max);
  pool_.SetLimits(limits.admin);
  credentials_.SetMax(limits.credentials_remembered_max);
  verifier_.SetLimits(limits);
  used_assertions_.SetMax(limits.assertions_remembered_max);
  explainer_.SetTokenBytesMax(limits.token_bytes_max);
}

void ControlLoop::Receive(ToControl message) {
  if (auto* verify = std::get_if<VerifyForWorker>(&message)) {
    verifier_.Ask(Verifier::Realm::kClients, verify->worker, std::move(verify->request));
  } else if (auto* verify_admin = std::get_if<VerifyForAdmin>(&message)) {
    verifier_.Ask(Verifier::Realm::kAdmin, 0, std::move(verify_admin->request));
  } else if (const auto* want = std::get_if<WantKeys>(&message)) {
    keys_.Ask(*want);
  } else if (const auto* use = std::get_if<UseAssertion>(&message)) {
    Use(*use);
  } else if (const auto* taken = std::get_if<RegistryTaken>(&message)) {
    hooks_.registry_taken(taken->generation);
  } else if (const auto* kept = std::get_if<journal::Kept>(&message)) {
    storage_->Take(*kept, clock_.Read());
  } else if (const auto* loaded = std::get_if<Loaded>(&message)) {
    OnLoaded(loaded->status);
  } else if (std::holds_alternative<GroupKept>(message)) {
    pipeline_.OnKept();
    WakePipeline();
  } else {
    hooks_.drained();
  }
}

void ControlLoop::Use(const UseAssertion& use) {
  const client::Use answer = used_assertions_.Take(use.name, use.exp, clock_.Read().seconds());
  hooks_.to_worker(use.worker, AssertionUsed{use.ticket, answer});
  const bool full = answer == client::Use::kFull;
  if (full && !std::exchange(assertions_full_, true)) {
    log::Warning("as many client assertions were used as can be remembered: more get 503",
                 {{"assertions_remembered_max", std::uint64_t{used_assertions_.size()}}});
  }
}

void ControlLoop::Report(const Verifier::Result& result) {
  if (result.realm == Verifier::Realm::kAdmin) {
    ReportToAdmin(result);
  } else {
    ReportToWorkers(result);
  }
}

// What is good is good for every worker; only those that asked are told of the rest.
void ControlLoop::ReportToWorkers(const Verifier::Result& result) {
  const auto workers = static_cast<std::uint32_t>(hooks_.workers().size());
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    Verified verified = result.verified;
    for (const Verifier::Asker& asker : result.askers) {
      if (asker.worker == worker) verified.tickets.push_back(asker.ticket);
    }
    if (verified.index || !verified.tickets.empty()) hooks_.to_worker(worker, std::move(verified));
  }
}

// Not at once: the request may be the one that is asking just now.
void ControlLoop::ReportToAdmin(const Verifier::Result& result) {
  admin_results_.push_back(result);
  WakePipeline();
}

void ControlLoop::TakeAdminResults() {
  for (const Verifier::Result& result : std::exchange(admin_results_, {})) {
    const bool current = result.verified.generation == verifier_.registry().generation();
    if (current && result.verified.index) {
      credentials_.Remember(result.verified.digest, *result.verified.index);
    }
    for (const Verifier::Asker& asker : result.askers) {
      pool_.Resume(asker.ticket, current ? result.verified.resumption : http::Resumption::kRetry);
    }
  }
}

void ControlLoop::WakePipeline() { pipeline_turn_.Start(); }

void ControlLoop::TurnPipeline() {
  TakeAdminResults();
  const Now now = clock_.Read();
  WatchMemory();
  bool more = SweepSome(now);
  if (pipeline_.Turn(now)) more = true;
  if (replica_ != nullptr && replica_->Turn(now)) more = true;
  if (!more && admin_results_.empty()) pipeline_turn_.Stop();
}

// One step a turn: what came meanwhile goes before the next one. So many shards are due, and where
// many tokens have ended, more: their memory goes back soon. True: more of it at once.
bool ControlLoop::SweepSome(Now now) {
  if (!MaySweep(now)) shards_due_ = 0;
  if (shards_due_ == 0) return false;
  const auto swept = pipeline_.Sweep(now.seconds());
  if (swept == update::Pipeline::Swept::kSome) --shards_due_;
  // Who is in the way turns the pipeline afterwards.
  return shards_due_ > 0 && swept != update::Pipeline::Swept::kNothing;
}

void ControlLoop::Tick() {
  const Now now = clock_.Read();
  shared_.wall_floor.Raise(now.wall_us);
  WatchClock(now);
  WatchMemory();
  shards_due_ = kShardsSweptPerTick;
  WakePipeline();
  if (storage_ != nullptr) {
    storage_->Tick(now, now.boot_ms >= no_sweep_until_ms_);
    if (storage_->HasWork()) WakePipeline();
  }
  if (replica_ != nullptr) replica_->Tick(now);
  keys_.Tick(now);
  used_assertions_.Sweep(now.seconds());
  WatchAccounts(now);
  ListenWhenReady(now);
  pool_.Tick();
}

void ControlLoop::WatchAccounts(Now now) {
  if (now.boot_ms < watch_accounts_ms_) return;
  watch_accounts_ms_ = now.boot_ms + 1000;
  accounts_.Watch();
}

// A wall clock that is set says nothing good of any time: tokens are judged by it, but none is
// forgotten for a while.
void ControlLoop::WatchClock(Now now) {
  const std::int64_t ahead = base::ReadWallMicros() - base::ReadBootMillis() * 1000;
  if (std::llabs(ahead - wall_ahead_us_) > kClockStep_us) {
    no_sweep_until_ms_ = now.boot_ms + kNoSweepAfterStep_ms;
    log::Warning("the wall clock was set",
                 {{"forward", ahead > wall_ahead_us_ ? "yes" : "no"},
                  {"seconds", static_cast<std::uint64_t>(std::llabs(ahead - wall_ahead_us_)) /
                                  static_cast<std::uint64_t>(kMicrosPerSecond)}});
  }
  wall_ahead_us_ = ahead;
}

void ControlLoop::OnPush() {
  const std::int64_t stale_after_s = shared_.config.storage.feed_staleness_max_s;
  if (stale_after_s == 0) return;
  shared_.readiness.SetFeedDeadline(clock_.Read().boot_ms + stale_after_s * 1000);
}

void ControlLoop::OnComplete() {
  completed_ = true;
  if (replica_ != nullptr && !caught_up_) return;
  if (!shared_.readiness.ready()) log::Info("ready: the tokens are complete");
  shared_.readiness.SetReady(true);
}

std::uint64_t ControlLoop::VerdictBytes() const {
  std::uint64_t bytes = 0;
  for (const auto& worker : hooks_.workers()) bytes += worker->counters().verdict_bytes();
  return bytes;
}

std::uint64_t ControlLoop::ConnectionBytes() const {
  std::uint64_t bytes = pool_.bytes();
  for (const auto& worker : hooks_.workers()) bytes += worker->counters().connection_bytes();
  return bytes;
}

// Before every turn of the pipeline, which stages for a millisecond: nothing is taken in far beyond
// the limit, and nothing that lives is let go of for it.
void ControlLoop::WatchMemory() {
  const std::uint64_t bytes = shared_.store.status().bytes() + VerdictBytes() + ConnectionBytes() +
                              used_assertions_.bytes();
  const bool full = bytes >= memory_max_;
  if (std::exchange(admission_.memory_full, full) == full) return;
  if (full) {
    log::Warning("memory is full: only revocations are taken", {{"memory_max", memory_max_}});
  } else {
    log::Info("there is memory for tokens again");
  }
}

bool ControlLoop::WorkersTurn() {
  const std::int64_t oldest = base::ReadBootMillis() - std::int64_t{limits_.worker_stall_max_ms};
  for (const auto& worker : hooks_.workers()) {
    if (worker->counters().turned_ms() < oldest) return false;
  }
  return true;
}

std::string_view ControlLoop::Reason(Now now) const {
  if (shared_.readiness.ready(now)) return "";
  if (admission_.loading) return "loading what was kept";
  if (replica_ != nullptr && !caught_up_) return "catching up with the replication log";
  return shared_.readiness.ready() ? "the replication log was away for too long"
                                   : "waiting for {\"op\":\"complete\"}";
}

Snapshot ControlLoop::Look(Now now) {
  Snapshot snapshot{.ready = shared_.readiness.ready(now),
                    .reason = Reason(now),
                    .feed_fresh = shared_.readiness.feed_fresh(now),
                    .uptime_s = (now.boot_ms - started_ms_) / 1000,
                    .generation = verifier_.registry().generation(),
                    .store = shared_.store.status(),
                    .verdict_bytes = VerdictBytes(),
                    .connection_bytes = ConnectionBytes(),
                    .assertion_bytes = used_assertions_.bytes(),
                    .memory_max = memory_max_,
                    .memory_full = admission_.memory_full,
                    .data_connections = shared_.data_peers.total(),
                    .admin_connections = peers_.total(),
                    .workers = {}};
  for (const auto& worker : hooks_.workers()) snapshot.workers.push_back(&worker->counters());
  return snapshot;
}

std::string ControlLoop::Metrics(Now now) {
  Snapshot snapshot = Look(now);
  snapshot.clients.assign(accounts_.entries().begin(), accounts_.entries().end());
  snapshot.control_cpu_us = base::ReadThreadCpuMicros();
  for (const auto& worker : hooks_.workers()) {
    snapshot.data_handshakes.push_back(&worker->handshakes());
  }
  snapshot.admin_handshakes = &std::as_const(pool_).handshakes().counts();
  snapshot.updates = &store_.counts();
  snapshot.pushes = &pushes_;
  snapshot.admin_failures = &admin_failures_;
  snapshot.keys = keys_.Reports(now);
  if (replica_ != nullptr) snapshot.replication = replica_->Report(now);
  snapshot.reloads = reloads_;
  return MetricsOf(snapshot);
}

std::string ControlLoop::Status(Now now) {
  return StatusOf(Look(now), [this, now](text::JsonWriter& json) {
    if (storage_ != nullptr) {
      json.Key("storage");
      storage_->Describe(json);
    }
    if (replica_ != nullptr) {
      json.Key("replication");
      replica_->Describe(json, now);
    }
    json.Key("keys");
    keys_.Describe(json, now);
  });
}

void ControlLoop::CloseEverything() {
  for (const auto& listener : listeners_) listener->Close();
  pool_.CloseAll();
  pool_.Close();
  mailbox_.Close();
  if (replica_ != nullptr) replica_->Close();
  if (storage_ != nullptr) storage_->Close();
  keys_.Close();
  if (crew_ != nullptr) crew_->Stop();
  lines_parsed_.Close();
  tick_.Close();
  pipeline_turn_.Close();
}

}  // namespace introspectd::server
