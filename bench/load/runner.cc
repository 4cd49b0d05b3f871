#include "load/runner.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace introspectd::load {

namespace {

constexpr Nanos kConnectMax = 10 * kNanosPerSecond;
constexpr Nanos kDrainMax = 2 * kNanosPerSecond;
constexpr Nanos kSleepMax = kNanosPerSecond / 1000;
// Over TLS the kernel does not say when an answer came: it is looked for that often.
constexpr Nanos kTlsSleepMax = kNanosPerSecond / 50'000;
constexpr std::uint64_t kTick_ms = 1;

}  // namespace

Runner::Runner(const Plan& plan, const Sorted* sorted, const OnInterval& on_interval)
    : plan_(plan), on_interval_(on_interval), sorted_(sorted), tick_(loop_, [] {}) {}

Runner::~Runner() {
  for (const auto& connection : connections_) connection->Close();
  tick_.Close();
  loop_.Run();
}

absl::Status Runner::Connect(std::size_t number, std::size_t connections) {
  number_ = number;
  requests_.emplace(plan_.endpoint, plan_.asking, sorted_, plan_.mix, plan_.seed + number);
  if (plan_.endpoint.tls) {
    auto tls = TlsClient::Create(plan_.tls, plan_.endpoint.host);
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
  }
  for (std::size_t i = 0; i < connections; ++i) {
    connections_.push_back(nullptr);
    auto& slot = connections_.back();
    slot = std::make_unique<Connection>(loop_, number + i * plan_.threads, plan_.depth,
                                        plan_.asking.protocol,
                                        [this, i] { OnReady(*connections_[i]); });
    if (!Reopen(*slot)) break;
  }
  return AwaitConnections();
}

absl::Status Runner::AwaitConnections() {
  tick_.Start(kTick_ms, kTick_ms);
  const Nanos until = ReadMonotonic() + kConnectMax;
  const auto open = [](const auto& connection) { return connection->open(); };
  while (Sum(outcome_.errors) == 0 && !std::ranges::all_of(connections_, open)) {
    if (ReadMonotonic() > until) Count(Error::kConnect, 1, "a connection was not made within 10 s");
    loop_.Turn(true);
  }
  if (Sum(outcome_.errors) == 0) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("cannot connect to {}: {}", plan_.endpoint.authority(), outcome_.first_failure));
}

bool Runner::Reopen(Connection& connection) {
  connection.Close();
  const auto fd = BeginConnect(plan_.endpoint);
  if (!fd.ok()) {
    Count(Error::kConnect, 1, std::string(fd.status().message()));
    return false;
  }
  connection.Open(*fd, tls_.get());
  return true;
}

Outcome Runner::Go(Nanos start) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // otherwise the kernel rounds every sleep up to 50 us
  window_start_ = start + plan_.warmup;
  window_end_ = window_start_ + plan_.duration;
  const Part part{.number = number_, .of = plan_.threads};
  if (plan_.rate_per_s)
    arrivals_.emplace(plan_.spacing, start, *plan_.rate_per_s, plan_.seed, part);
  if (plan_.churn_per_s > 0) churn_.emplace(start, plan_.churn_per_s, part);
  SleepUntil(start);
  if (!arrivals_) FillAll(start);
  for (Nanos now = start; !Done(now); now = ReadMonotonic()) {
    Tell(now);
    if (churn_) Churn(now);
    if (arrivals_) SendDue(now);
    Turn();
  }
  Tell(window_end_);
  const std::uint64_t unanswered = on_their_way_ + waiting_.size();
  if (unanswered > 0) {
    Count(Error::kUnanswered, unanswered,
          fmt::format("{} requests were never answered", unanswered));
  }
  outcome_.window = plan_.duration;
  return std::move(outcome_);
}

bool Runner::Done(Nanos now) const {
  const bool all_lost = std::ranges::all_of(connections_, [](const auto& connection) {
    return connection->state() == Connection::State::kClosed;
  });
  if (all_lost) return true;
  if (now < window_end_) return false;
  const bool nothing_left = on_their_way_ == 0 && waiting_.empty();
  return nothing_left || now >= window_end_ + kDrainMax;
}

// Tells of the seconds of the window that are over.
void Runner::Tell(Nanos now) {
  requests_->SetNow(static_cast<UnixSeconds>(ReadClock(CLOCK_REALTIME) / kNanosPerSecond));
  while (true) {
    const std::size_t second = outcome_.timeline.size();
    const Nanos end = window_start_ + (second + 1) * kNanosPerSecond;
    if (std::min(end, window_end_) > now ||
        window_start_ + second * kNanosPerSecond >= window_end_) {
      return;
    }
    if (on_interval_) on_interval_(second, interval_);
    outcome_.timeline.push_back(std::exchange(interval_, {}));
  }
}

// Closed loop: every connection starts with as much as it may have on its way.
void Runner::FillAll(Nanos now) {
  for (const auto& connection : connections_) Fill(*connection, now);
}

void Runner::Fill(Connection& connection, Nanos now) {
  for (; connection.HasRoom() && MayAsk(now); ++on_their_way_) connection.Ask(*requests_, now);
  Send(connection);
}

// Open loop: what is due leaves on the connections in turn, or waits for one with room. What leaves
// together on one connection is one write: where the server has fallen behind, a write for each
// would be more work here than the answer is there.
void Runner::SendDue(Nanos now) {
  for (Nanos due_at; (due_at = arrivals_->next()) <= now && MayAsk(due_at); arrivals_->Advance()) {
    if (InWindow(due_at)) outcome_.lateness.Record(now - due_at);
    waiting_.push_back(due_at);
  }
  while (!waiting_.empty() && may_have_room_) {
    Connection* const connection = TakeConnectionWithRoom();
    if (connection == nullptr) {
      may_have_room_ = false;
      break;
    }
    AskWaiting(*connection);
    if (leaving_.empty() || leaving_.back() != connection) leaving_.push_back(connection);
  }
  for (Connection* connection : leaving_) Send(*connection);
  leaving_.clear();
}

void Runner::AskWaiting(Connection& connection) {
  connection.Ask(*requests_, waiting_.front());
  waiting_.pop_front();
  ++on_their_way_;
}

Connection* Runner::TakeConnectionWithRoom() {
  for (std::size_t tried = 0; tried < connections_.size(); ++tried) {
    Connection* const connection = connections_[cursor_].get();
    cursor_ = cursor_ + 1 == connections_.size() ? 0 : cursor_ + 1;
    if (connection->HasRoom()) return connection;
  }
  return nullptr;
}

// Connections in turn are replaced, each once all that was asked on it is answered.
void Runner::Churn(Nanos now) {
  for (; churn_->DueAt(churned_) <= now && MayAsk(now); ++churned_) {
    Connection& connection = *connections_[next_retired_];
    next_retired_ = (next_retired_ + 1) % connections_.size();
    if (connection.state() == Connection::State::kClosed) {
      Reopen(connection);
    } else {
      connection.Retire();
      if (connection.retired()) Reopen(connection);
    }
  }
}

void Runner::Send(Connection& connection) {
  if (connection.open() && !connection.Send()) Lose(connection, Error::kLost, "a write failed");
}

// An open loop wakes for its schedule alone. To wake for each answer too would take a core that the
// server's other threads may need, and the kernel stamps answers better than a woken thread could.
void Runner::SleepUntilNextDue() const {
  const Nanos latest = ReadMonotonic() + (tls_ != nullptr ? kTlsSleepMax : kSleepMax);
  SleepUntil(MayAsk(latest) ? std::min(latest, arrivals_->next()) : latest);
}

void Runner::Turn() {
  if (arrivals_ && !plan_.spin) SleepUntilNextDue();
  realtime_ahead_ = 0;
  loop_.Turn(!arrivals_ && !plan_.spin);
}

void Runner::OnReady(Connection& connection) {
  if (connection.open()) return Handle(connection);
  if (!connection.GoOn()) {
    // One call may connect and shake hands: it failed at what it is still at.
    const bool connecting = connection.state() == Connection::State::kConnecting;
    return Lose(connection, connecting ? Error::kConnect : Error::kHandshake,
                connecting ? "a connection was refused" : "a TLS handshake failed");
  }
  if (!connection.open()) return;
  ++outcome_.connections_opened;
  outcome_.sessions_resumed += connection.resumed() ? 1u : 0u;
  may_have_room_ = true;
  if (window_end_ != 0 && !arrivals_) Fill(connection, ReadMonotonic());
}

// When what was read last had come, on the monotonic clock.
Nanos Runner::ArrivalAt(const Connection& connection) {
  const Nanos arrived_at = connection.arrived_at();
  if (!arrivals_ || arrived_at == 0) return ReadMonotonic();
  if (realtime_ahead_ == 0) realtime_ahead_ = ReadClock(CLOCK_REALTIME) - ReadMonotonic();
  return arrived_at - realtime_ahead_;
}

void Runner::Handle(Connection& connection) {
  Connection::Received received;
  do {
    received = connection.Receive();
    if (received == Connection::Received::kLost) {
      return Lose(connection, Error::kLost,
                  "the server closed the connection, or an answer is too large");
    }
    if (!TakeAnswers(connection, ArrivalAt(connection))) {
      return Lose(connection, Error::kMalformed, "malformed answer");
    }
  } while (received == Connection::Received::kMore && connection.open());
  if (connection.retired()) {
    Reopen(connection);
    return;
  }
  Send(connection);
}

bool Runner::TakeAnswers(Connection& connection, Nanos now) {
  Answer answer;
  Asked asked;
  AnswerState state;
  while ((state = connection.NextAnswer(answer, asked)) == AnswerState::kWhole) {
    TakeAnswer(answer, asked, now);
    if (!connection.HasRoom()) continue;
    if (arrivals_) {  // what waits takes the first room there is
      if (!waiting_.empty()) AskWaiting(connection);
    } else if (MayAsk(now)) {
      connection.Ask(*requests_, now);
      ++on_their_way_;
    }
  }
  may_have_room_ |= connection.HasRoom();
  if (arrivals_) SendDue(ReadMonotonic());
  return state == AnswerState::kPartial;
}

void Runner::TakeAnswer(const Answer& answer, const Asked& asked, Nanos now) {
  --on_their_way_;
  if (plan_.may_refuse && answer.retry_after) {
    ++outcome_.refused;
    return;
  }
  if (InWindow(now)) {
    ++outcome_.answered;
    ++interval_.answered;
  }
  if (InWindow(asked.intended)) {
    const Nanos latency = now - std::min(asked.intended, now);
    outcome_.latency.Record(latency);
    interval_.latency.Record(latency);
  }
  if (IsRight(answer, asked.expected, plan_.given)) return;
  ++outcome_.wrong;
  ++interval_.wrong;
  if (outcome_.first_failure.empty()) {
    outcome_.first_failure =
        fmt::format("status {}, body {}", answer.status, answer.body.substr(0, 100));
  }
}

// A server may close a connection that nothing is on its way on.
void Runner::Lose(Connection& connection, Error error, std::string_view why) {
  const bool was_open = connection.open();
  const std::uint64_t lost = connection.on_their_way();
  if (lost > 0 || !was_open) Count(error, std::max<std::uint64_t>(1, lost), why);
  on_their_way_ -= lost;
  connection.Close();
  if (was_open && MayAsk(ReadMonotonic())) Reopen(connection);
}

void Runner::Count(Error error, std::uint64_t requests, std::string_view why) {
  outcome_.errors[static_cast<std::size_t>(error)] += requests;
  interval_.errors += requests;
  if (outcome_.first_failure.empty()) outcome_.first_failure = why;
}

}  // namespace introspectd::load
