#include "server/worker.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace introspectd::server {

namespace {

// Who has connected before the sockets are closed is let in: the kernel would reset the others.
constexpr int kTurnsBeforeClosing = 1;

std::vector<net::Network> ProxiesOf(const Config& config) {
  std::vector<net::Network> proxies;
  for (const std::string& network : config.server.proxy_protocol_from) {
    proxies.push_back(*net::Network::Parse(network));
  }
  return proxies;
}

}  // namespace

Worker::Worker(Shared& shared, std::uint32_t index, std::vector<BoundSocket> sockets,
               NewRegistry registry)
    : shared_(shared),
      index_(index),
      clock_(&shared.wall_floor),
      credentials_(shared.key, shared.config.limits.credentials_remembered_max),
      jwts_(shared.config, counters_,
            {.resume = [this](const http::Ticket& ticket,
                              http::Resumption resumption) { pool_.Resume(ticket, resumption); },
             .want_keys =
                 [this](std::size_t owner) {
                   shared_.to_control(WantKeys{index_, generation_, owner});
                 },
             .wake = [this] { jwt_turn_.Start(); }},
            [this](const api::AssertionUse& use) { Bring(use); }),
      endpoint_(shared.config, shared.store, shared.readiness, credentials_, counters_, jwts_,
                [this](api::VerificationRequest request) {
                  shared_.to_control(VerifyForWorker{index_, std::move(request)});
                }),
      generation_(registry.registry->generation()),
      pool_(loop_, shared.config.limits.data, shared.data_peers, clock_,
            {.handler = [this](std::uint32_t) -> http::Handler& { return endpoint_; },
             .closed = [](std::uint32_t) {},
             .begin_answers = [this] { endpoint_.BeginAnswers(); },
             .end_batch = [this] { endpoint_.EndBatch(); },
             .settled = [this] { endpoint_.ForgetDeferred(); },
             .written =
                 [this] {
                   if (endpoint_.HasAnswered()) endpoint_.Written(clock_.Read());
                 }},
            ProxiesOf(shared.config)),
      mailbox_(loop_, [this](ToWorker message) { Receive(std::move(message)); }),
      tick_(loop_, [this] { Tick(); }),
      turn_before_closing_(loop_, [this] { TurnBeforeClosing(); }),
      jwt_turn_(loop_, [this] { TurnJwts(); }),
      after_poll_(loop_, [this] { jwts_.BeginTurn(); }) {
  jwts_.SetTrust(std::move(registry.trust));
  endpoint_.SetRegistry(std::move(registry.registry), std::move(registry.accounts));
  pool_.SetTls(std::move(registry.tls));
  for (BoundSocket& bound : sockets) {
    bound.passed ? passed_.push_back(std::move(bound)) : Listen(std::move(bound));
  }
  counters_.Turned(base::ReadBootMillis());
}

void Worker::Listen(BoundSocket bound) {
  listeners_.push_back(
      std::make_unique<net::Listener>(loop_, std::move(bound.socket), bound.tcp,
                                      [this](net::Listener& from) { pool_.Accept(from); }));
}

void Worker::ListenToPassed() {
  for (BoundSocket& bound : std::exchange(passed_, {})) Listen(std::move(bound));
}

Worker::~Worker() {
  if (thread_.joinable()) thread_.join();
}

void Worker::Start(std::optional<std::uint32_t> cpu) {
  thread_ = std::thread([this, cpu] { Run(cpu); });
}

void Worker::Run(std::optional<std::uint32_t> cpu) {
  pthread_setname_np(pthread_self(), ("worker-" + std::to_string(index_)).c_str());
  if (cpu) net::PinThread(*cpu);
  tick_.Start(ConnectionPool::kTick_ms, ConnectionPool::kTick_ms);
  loop_.Run();
}

void Worker::Tick() {
  pool_.Tick();
  jwts_.Tick(clock_.Read());
  counters_.Turned(base::ReadBootMillis());
  counters_.SetCpu(base::ReadThreadCpuMicros());
  counters_.SetConnections(pool_.open_connections());
  counters_.SetVerdictBytes(jwts_.verifier().verdicts().bytes());
  counters_.SetConnectionBytes(pool_.bytes());
  if (!pool_.draining_old() || base::ReadBootMillis() >= old_until_ms_) EndOld();
  if (ending_ && pool_.open_connections() == 0) {
    ending_ = false;
    shared_.to_control(Drained{});
  }
}

void Worker::Receive(ToWorker message) {
  if (const auto* verified = std::get_if<Verified>(&message)) {
    Take(*verified);
  } else if (auto* fresh = std::get_if<NewRegistry>(&message)) {
    Take(std::move(*fresh));
  } else if (auto* keys = std::get_if<NewKeys>(&message)) {
    if (keys->generation == generation_) jwts_.SetKeys(std::move(keys->trust));
  } else if (const auto* asked = std::get_if<KeysAsked>(&message)) {
    if (asked->generation == generation_) {
      jwts_.KeysAsked(asked->owner, asked->good, asked->cooldown_until_ms);
    }
  } else if (const auto* used = std::get_if<AssertionUsed>(&message)) {
    jwts_.assertions().Used(used->ticket, used->use);
    pool_.Resume(used->ticket, http::Resumption::kRetry);
  } else if (std::holds_alternative<server::Listen>(message)) {
    ListenToPassed();
  } else if (std::holds_alternative<Drain>(message)) {
    BeginDrain();
  } else {
    CloseEverything();
  }
}

void Worker::Take(NewRegistry fresh) {
  generation_ = fresh.registry->generation();
  pool_.SetLimits(fresh.limits.data);
  credentials_.SetMax(fresh.limits.credentials_remembered_max);
  jwts_.SetLimits(fresh.limits);
  endpoint_.SetLimits(fresh.limits);
  endpoint_.SetRegistry(std::move(fresh.registry), std::move(fresh.accounts));
  jwts_.SetTrust(std::move(fresh.trust));
  pool_.SetTls(std::move(fresh.tls));
  shared_.to_control(RegistryTaken{generation_});
}

void Worker::Bring(const api::AssertionUse& use) {
  const client::AssertionName name = client::NameOfAssertion(shared_.key, use.client, use.jti);
  shared_.to_control(UseAssertion{index_, use.ticket, name, use.exp});
}

// Comes before the loop polls, which may then wait: what was deferred here must not.
void Worker::TurnJwts() {
  if (!jwts_.Turn()) jwt_turn_.Stop();
  pool_.Settle();
}

// What an older registry says of credentials is of no use; those that wait for it ask again.
void Worker::Take(const Verified& verified) {
  const bool current = verified.generation == generation_;
  if (current && verified.index) credentials_.Remember(verified.digest, *verified.index);
  for (const http::Ticket& ticket : verified.tickets) {
    pool_.Resume(ticket, current ? verified.resumption : http::Resumption::kRetry);
  }
}

// New connections are served for as long as old ones may have a request on its way, which ends with
// their next request or with Session::kDrainIdle_ms: they need not wait for that.
void Worker::BeginDrain() {
  pool_.Drain();
  old_until_ms_ = base::ReadBootMillis() + http::Session::kDrainIdle_ms;
  if (!pool_.draining_old()) EndOld();
}

void Worker::EndOld() {
  if (std::exchange(old_until_ms_, INT64_MAX) == INT64_MAX) return;
  turns_before_closing_ = kTurnsBeforeClosing;
  turn_before_closing_.Start();
}

// Comes before the loop polls.
void Worker::TurnBeforeClosing() {
  if (turns_before_closing_-- > 0) return;
  turn_before_closing_.Stop();
  StopListening();
  ending_ = true;
}

void Worker::StopListening() {
  passed_.clear();
  for (const auto& listener : listeners_) listener->Close();
}

void Worker::CloseEverything() {
  StopListening();
  pool_.CloseAll();
  pool_.Close();
  mailbox_.Close();
  tick_.Close();
  turn_before_closing_.Close();
  jwt_turn_.Close();
  after_poll_.Close();
}

}  // namespace introspectd::server
