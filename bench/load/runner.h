// The share of one thread in a run: its connections, its part of the rate.
//
// Threads: the thread that calls Go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "load/connection.h"
#include "load/outcome.h"
#include "load/run.h"
#include "load/schedule.h"
#include "net/loop.h"

namespace introspectd::load {

class Runner {
 public:
  // Borrowed, must outlive this: all but the share.
  Runner(const Plan& plan, const Sorted* sorted, const OnInterval& on_interval);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Opens its connections; before the start. Unavailable when one cannot be.
  absl::Status Connect(std::size_t number, std::size_t connections);
  Outcome Go(Nanos start);

 private:
  absl::Status AwaitConnections();
  bool Reopen(Connection& connection);
  bool Done(Nanos now) const;
  void Tell(Nanos now);
  void Turn();
  void SleepUntilNextDue() const;

  void FillAll(Nanos now);
  void Fill(Connection& connection, Nanos now);
  void SendDue(Nanos now);
  void Churn(Nanos now);
  void AskWaiting(Connection& connection);
  Connection* TakeConnectionWithRoom();
  void Send(Connection& connection);

  void OnReady(Connection& connection);
  Nanos ArrivalAt(const Connection& connection);
  void Handle(Connection& connection);
  bool TakeAnswers(Connection& connection, Nanos now);
  void TakeAnswer(const Answer& answer, const Asked& asked, Nanos now);
  void Lose(Connection& connection, Error error, std::string_view why);
  void Count(Error error, std::uint64_t requests, std::string_view why);

  bool InWindow(Nanos t) const { return t >= window_start_ && t < window_end_; }
  bool MayAsk(Nanos now) const { return now < window_end_; }

  const Plan& plan_;
  const OnInterval& on_interval_;
  std::size_t number_ = 0;
  std::optional<Requests> requests_;
  const Sorted* const sorted_;
  std::unique_ptr<TlsClient> tls_;
  net::Loop loop_;
  net::Timer tick_;  // so that the loop turns when nothing comes
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t cursor_ = 0;  // where the search for a connection with room goes on
  std::size_t next_retired_ = 0;
  std::uint64_t on_their_way_ = 0;  // over all connections

  std::optional<Arrivals> arrivals_;  // open loop
  std::optional<Schedule> churn_;
  std::uint64_t churned_ = 0;
  std::deque<Nanos> waiting_;         // when those were due that no connection had room for
  bool may_have_room_ = true;         // some connection
  std::vector<Connection*> leaving_;  // that have something to write

  Nanos window_start_ = 0;
  Nanos window_end_ = 0;
  Nanos realtime_ahead_ = 0;  // of the monotonic clock
  Interval interval_;         // the present one
  Outcome outcome_;
};

}  // namespace introspectd::load
