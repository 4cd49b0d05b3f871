// The TLS handshakes that are under way on one loop: who may begin, who waits for time, who gives
// way.
//
// Threads: loop-confined.
// Limits:  HttpLimits::handshakes_max; of a turn of the loop they take kTurnBudget_ns, and one
// more:
//          a handshake costs as much as a hundred requests, and is free for who begins it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "introspectd/config.h"
#include "server/connection_ref.h"
#include "server/handshake_counts.h"
#include "tls/engine.h"

namespace introspectd::server {

class Connection;

class Handshakes {
 public:
  explicit Handshakes(const HttpLimits& limits) : limits_(limits) {}

  // Whether another may begin. When there are too many, the oldest gives way if it is its peer that
  // keeps it waiting.
  bool MakeRoom();
  void Begin(Connection& connection);

  // Takes what came of a handshake; false: it must wait for its turn.
  bool HasTime() const { return waiting_.empty() && spent_ns_ < kTurnBudget_ns; }
  // Runs a step of a handshake and counts the time.
  std::size_t Step(const std::function<std::size_t()>& step);
  void Wait(Connection& connection);

  // It is done, resumed or in full, or has failed, or its connection has closed.
  using End = HandshakeCounts::End;
  void Done(End end);

  // Once a turn of the loop.
  void BeginTurn() { spent_ns_ = 0; }
  // Lets those go on for whom there is time. False: nobody waits.
  bool Turn();

  const HandshakeCounts& counts() const { return counts_; }

  static constexpr std::int64_t kTurnBudget_ns = 200'000;

 private:
  static bool IsUnderWay(const ConnectionRef& referred);

  const HttpLimits& limits_;
  std::deque<ConnectionRef> oldest_first_;
  std::deque<ConnectionRef> waiting_;
  std::uint32_t under_way_ = 0;
  std::int64_t spent_ns_ = 0;
  HandshakeCounts counts_;
};

}  // namespace introspectd::server
