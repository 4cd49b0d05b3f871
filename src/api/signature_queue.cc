#include "api/signature_queue.h"

#include <utility>

namespace introspectd::api {

namespace {

using http::Exchange;
using http::Resumption;
using http::Ticket;

// Whatever else is asked in a turn waits so much longer at most, and for one signature more.
constexpr std::int64_t kTurnBudget_ns = 50'000;

}  // namespace

SignatureQueue::SignatureQueue(std::size_t waiting_max, Hooks hooks)
    : waiting_max_(waiting_max), hooks_(std::move(hooks)) {}

// Those who wait come first.
jose::SignatureCheck::Effort SignatureQueue::EffortFor(const Exchange& exchange, Line line) const {
  const bool nobody_waits = lines_[static_cast<std::size_t>(line)].empty();
  return {.may_verify = exchange.resumption == Resumption::kItsTurn ||
                        (nobody_waits && spent_ns_ < kTurnBudget_ns),
          .keys_are_fresh = exchange.resumption == Resumption::kKeysFetched};
}

void SignatureQueue::WaitForTurn(const Exchange& exchange, Line line) {
  LineOf(line).push_back(exchange.ticket);
  hooks_.wake();
}

// The first one always waits: otherwise whoever makes up kids of one owner would keep the keys of
// the others from being fetched.
bool SignatureQueue::WaitForKeys(std::size_t owner, std::int64_t wait_ms,
                                 const Exchange& exchange) {
  const bool first = for_keys_[owner].empty();
  if (!first && waiting_ >= waiting_max_) return false;
  for_keys_[owner].push_back({exchange.ticket, exchange.now.boot_ms + wait_ms});
  ++waiting_;
  if (first) hooks_.want_keys(owner);
  return true;
}

bool SignatureQueue::IsOpen(const Exchange& exchange, jose::Judgement judgement,
                            jose::Refusal refusal) {
  return exchange.resumption == Resumption::kUnavailable &&
         (judgement == jose::Judgement::kBusy || judgement == jose::Judgement::kKeysWanted ||
          refusal == jose::Refusal::kKidUnknown);
}

void SignatureQueue::SetOwners(std::size_t owners) {
  const auto waiters = std::exchange(for_keys_, {});
  for_keys_.resize(owners);
  waiting_ = 0;
  for (const auto& of_owner : waiters) {
    for (const Waiter& waiter : of_owner) hooks_.resume(waiter.ticket, Resumption::kRetry);
  }
}

void SignatureQueue::KeysAsked(std::size_t owner, bool good) {
  const auto waiters = std::exchange(for_keys_[owner], {});
  waiting_ -= waiters.size();
  for (const Waiter& waiter : waiters) {
    hooks_.resume(waiter.ticket, good ? Resumption::kKeysFetched : Resumption::kUnavailable);
  }
}

bool SignatureQueue::Turn() {
  while (spent_ns_ < kTurnBudget_ns) {
    std::deque<Ticket>* const line = NextLine();
    if (line == nullptr) return false;
    const Ticket ticket = line->front();
    line->pop_front();
    hooks_.resume(ticket, Resumption::kItsTurn);
  }
  return !lines_[0].empty() || !lines_[1].empty();
}

// In turn, as long as somebody stands in both. None: nobody waits.
std::deque<Ticket>* SignatureQueue::NextLine() {
  const std::size_t other = 1 - last_;
  if (!lines_[other].empty()) last_ = other;
  return lines_[last_].empty() ? nullptr : &lines_[last_];
}

void SignatureQueue::Tick(Now now) {
  for (auto& waiters : for_keys_) {
    while (!waiters.empty() && waiters.front().until_ms <= now.boot_ms) {
      const Ticket ticket = waiters.front().ticket;
      waiters.pop_front();
      --waiting_;
      hooks_.resume(ticket, Resumption::kUnavailable);
    }
  }
}

}  // namespace introspectd::api
