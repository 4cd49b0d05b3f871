#include "load/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "load/connection.h"
#include "load/server_cpu.h"

namespace introspectd::load {

namespace {

constexpr Nanos kDrainMax = 2 * kNanosPerSecond;
constexpr Nanos kSleepMax = kNanosPerSecond / 1000;
constexpr std::size_t kEventsMax = 256;

class Runner {
 public:
  Runner(const Plan& plan, Requests& requests) : plan_(plan), requests_(requests) {}
  ~Runner();

  absl::Status Connect();
  absl::StatusOr<Outcome> Go();

 private:
  absl::Status OpenWindow();
  absl::Status CloseWindow();
  bool Done(Nanos now) const;

  void FillAll(Nanos now);
  void SendDue(Nanos now);
  Connection* TakeConnectionWithRoom();
  void Send(Connection& connection);

  void WaitAndHandle();
  void SleepUntilNextDue() const;
  Nanos ArrivalAt(const Connection& connection) const;
  void Handle(Connection& connection);
  bool TakeAnswers(Connection& connection, Nanos now);
  void Check(const Answer& answer);
  void Lose(Connection& connection, std::string_view why);

  bool InWindow(Nanos t) const { return t >= window_start_ && t < window_end_; }
  bool MayAsk(Nanos now) const { return now < window_end_; }

  const Plan& plan_;
  Requests& requests_;
  int epoll_fd_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t cursor_ = 0;          // where the search for a connection with room goes on
  std::uint64_t on_their_way_ = 0;  // over all connections

  std::optional<Arrivals> arrivals_;  // open loop
  std::deque<Nanos> waiting_;         // when those were due that no connection had room for

  Nanos window_start_ = 0;  // as planned
  Nanos window_end_ = 0;
  Nanos realtime_ahead_ = 0;  // of the monotonic clock
  bool counting_ = false;
  Nanos counting_since_ = 0;  // as it happened
  std::uint64_t cpu_before_ns_ = 0;
  Outcome outcome_;
};

Runner::~Runner() {
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

absl::Status Runner::Connect() {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll_fd_ >= 0);
  for (std::size_t i = 0; i < plan_.connections; ++i) {
    const auto fd = load::Connect(plan_.endpoint);
    if (!fd.ok()) return fd.status();
    connections_.push_back(std::make_unique<Connection>(*fd, plan_.depth));
    CHECK(fcntl(*fd, F_SETFL, O_NONBLOCK) == 0);
    epoll_event event{};
    // Edge-triggered: registered once, and the kernel does not look at it again after each answer.
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = connections_.back().get();
    CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, *fd, &event) == 0);
  }
  return absl::OkStatus();
}

absl::StatusOr<Outcome> Runner::Go() {
  const Nanos start = ReadMonotonic();
  window_start_ = start + plan_.warmup;
  window_end_ = window_start_ + plan_.duration;
  if (plan_.rate_per_s) arrivals_.emplace(plan_.spacing, start, *plan_.rate_per_s, plan_.seed);
  if (!arrivals_) FillAll(start);

  for (Nanos now = start; !Done(now); now = ReadMonotonic()) {
    if (!counting_ && InWindow(now)) {
      if (const auto opened = OpenWindow(); !opened.ok()) return opened;
    }
    if (counting_ && now >= window_end_) {
      if (const auto closed = CloseWindow(); !closed.ok()) return closed;
    }
    if (arrivals_) SendDue(now);
    WaitAndHandle();
  }
  const std::uint64_t unanswered = on_their_way_ + waiting_.size();
  outcome_.errors += unanswered;
  if (unanswered > 0 && outcome_.first_failure.empty()) {
    outcome_.first_failure = fmt::format("{} requests were never answered", unanswered);
  }
  return std::move(outcome_);
}

bool Runner::Done(Nanos now) const {
  const bool all_lost = std::none_of(connections_.begin(), connections_.end(),
                                     [](const auto& connection) { return connection->open(); });
  if (all_lost) return true;
  if (now < window_end_ || counting_) return false;
  const bool nothing_left = on_their_way_ == 0 && waiting_.empty();
  return nothing_left || now >= window_end_ + kDrainMax;
}

absl::Status Runner::OpenWindow() {
  if (plan_.server_pid) {
    const auto cpu_ns = CpuNanosOf(*plan_.server_pid);
    if (!cpu_ns.ok()) return cpu_ns.status();
    cpu_before_ns_ = *cpu_ns;
  }
  counting_ = true;
  counting_since_ = ReadMonotonic();
  return absl::OkStatus();
}

absl::Status Runner::CloseWindow() {
  counting_ = false;
  outcome_.window = ReadMonotonic() - counting_since_;
  if (!plan_.server_pid) return absl::OkStatus();
  const auto cpu_ns = CpuNanosOf(*plan_.server_pid);
  if (!cpu_ns.ok()) return cpu_ns.status();
  outcome_.server_cpu_ns = *cpu_ns - cpu_before_ns_;
  return absl::OkStatus();
}

// Closed loop: every connection starts with as much as it may have on its way.
void Runner::FillAll(Nanos now) {
  for (const auto& connection : connections_) {
    for (; connection->HasRoom(); ++on_their_way_) connection->Ask(requests_, now);
    Send(*connection);
  }
}

// Open loop: what is due leaves on the connections in turn, or waits for one with room.
void Runner::SendDue(Nanos now) {
  for (Nanos due_at; (due_at = arrivals_->next()) <= now && MayAsk(due_at); arrivals_->Advance()) {
    if (InWindow(due_at)) outcome_.lateness.Record(now - due_at);
    waiting_.push_back(due_at);
  }
  while (!waiting_.empty()) {
    Connection* const connection = TakeConnectionWithRoom();
    if (connection == nullptr) return;
    connection->Ask(requests_, waiting_.front());
    waiting_.pop_front();
    ++on_their_way_;
    Send(*connection);
  }
}

Connection* Runner::TakeConnectionWithRoom() {
  for (std::size_t tried = 0; tried < connections_.size(); ++tried) {
    Connection* const connection = connections_[cursor_].get();
    cursor_ = cursor_ + 1 == connections_.size() ? 0 : cursor_ + 1;
    if (connection->HasRoom()) return connection;
  }
  return nullptr;
}

void Runner::Send(Connection& connection) {
  if (connection.open() && !connection.Send()) Lose(connection, std::strerror(errno));
}

// An open loop wakes for its schedule alone. To wake for each answer too would take a core that the
// server's other threads may need, and the kernel stamps answers better than a woken thread could.
void Runner::SleepUntilNextDue() const {
  const Nanos latest = ReadMonotonic() + kSleepMax;
  SleepUntil(MayAsk(latest) ? std::min(latest, arrivals_->next()) : latest);
}

void Runner::WaitAndHandle() {
  std::array<epoll_event, kEventsMax> events;
  if (arrivals_ && !plan_.spin) SleepUntilNextDue();
  const int timeout_ms = arrivals_ || plan_.spin ? 0 : static_cast<int>(kSleepMax / 1'000'000);
  const int ready = epoll_wait(epoll_fd_, events.data(), kEventsMax, timeout_ms);
  CHECK(ready >= 0 || errno == EINTR);
  if (ready > 0) realtime_ahead_ = ReadClock(CLOCK_REALTIME) - ReadMonotonic();
  for (int i = 0; i < ready; ++i) {
    auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (connection.open()) Handle(connection);
  }
}

// What was read last, on the monotonic clock.
Nanos Runner::ArrivalAt(const Connection& connection) const {
  const Nanos arrived_at = connection.arrived_at();
  return arrivals_ && arrived_at != 0 ? arrived_at - realtime_ahead_ : ReadMonotonic();
}

void Runner::Handle(Connection& connection) {
  Connection::Received received;
  do {
    received = connection.Receive();
    if (received == Connection::Received::kLost) {
      return Lose(connection, "the server closed the connection, or an answer is too large");
    }
    if (!TakeAnswers(connection, ArrivalAt(connection)))
      return Lose(connection, "malformed answer");
  } while (received == Connection::Received::kMore);
  Send(connection);
}

bool Runner::TakeAnswers(Connection& connection, Nanos now) {
  Answer answer;
  Nanos intended = 0;
  AnswerState state;
  while ((state = connection.NextAnswer(answer, intended)) == AnswerState::kWhole) {
    --on_their_way_;
    if (counting_) ++outcome_.answered;
    if (InWindow(intended)) outcome_.latency.Record(now - std::min(intended, now));
    Check(answer);
    if (!arrivals_ && MayAsk(now)) {
      connection.Ask(requests_, now);
      ++on_their_way_;
    }
  }
  if (arrivals_) SendDue(ReadMonotonic());
  return state == AnswerState::kPartial;
}

void Runner::Check(const Answer& answer) {
  const std::string& start = plan_.expected_body_start;
  if (answer.status == plan_.expected_status && answer.body.substr(0, start.size()) == start) {
    return;
  }
  ++outcome_.wrong;
  if (outcome_.first_failure.empty()) {
    outcome_.first_failure =
        fmt::format("status {}, body {}", answer.status, answer.body.substr(0, 100));
  }
}

void Runner::Lose(Connection& connection, std::string_view why) {
  if (!connection.open()) return;
  on_their_way_ -= connection.on_their_way();
  outcome_.errors += std::max<std::size_t>(1, connection.on_their_way());
  if (outcome_.first_failure.empty()) outcome_.first_failure = why;
  connection.Close();
}

}  // namespace

absl::StatusOr<Outcome> Run(const Plan& plan, Requests& requests) {
  // Otherwise the kernel rounds every sleep up to 50 us.
  prctl(PR_SET_TIMERSLACK, 1UL);
  Runner runner(plan, requests);
  if (const auto connected = runner.Connect(); !connected.ok()) return connected;
  return runner.Go();
}

}  // namespace introspectd::load
