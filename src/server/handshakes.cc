#include "server/handshakes.h"

#include <chrono>

#include "server/connection.h"

namespace introspectd::server {

bool Handshakes::IsUnderWay(const ConnectionRef& referred) {
  return referred.current() && referred.connection->handshaking();
}

bool Handshakes::MakeRoom() {
  while (!oldest_first_.empty() && !IsUnderWay(oldest_first_.front())) oldest_first_.pop_front();
  if (under_way_ < limits_.handshakes_max) return true;
  if (oldest_first_.front().connection->waits_for_turn()) return false;
  oldest_first_.front().connection->Close();
  return true;
}

void Handshakes::Begin(Connection& connection) {
  ++under_way_;
  oldest_first_.emplace_back(connection);
}

std::size_t Handshakes::Step(const std::function<std::size_t()>& step) {
  const auto began = std::chrono::steady_clock::now();
  const std::size_t result = step();
  spent_ns_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
  return result;
}

void Handshakes::Wait(Connection& connection) { waiting_.emplace_back(connection); }

void Handshakes::Done(End end) {
  --under_way_;
  counts_.Add(end);
}

bool Handshakes::Turn() {
  while (!waiting_.empty() && spent_ns_ < kTurnBudget_ns) {
    const ConnectionRef next = waiting_.front();
    waiting_.pop_front();
    if (IsUnderWay(next)) next.connection->TakeTurn();
  }
  return !waiting_.empty();
}

}  // namespace introspectd::server
