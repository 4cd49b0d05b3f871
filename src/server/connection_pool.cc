#include "server/connection_pool.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"

namespace introspectd::server {

namespace {

constexpr std::size_t kReadBufferBytes = 64 * 1024;
// Enough to fetch ahead in; few enough that they and their answers stay in the cache until written.
constexpr std::size_t kAnswersTogether = Turn::kVisitsMax;
// Of connections whose deadlines are looked at: ten thousand at once would hold up a turn by a
// millisecond, as long as the answers to some hundred requests take.
constexpr std::size_t kWalkedTogether = 256;
// Of those whose time is over: each costs some system calls.
constexpr int kExpiredTogether = 16;

std::uint64_t RandomSeed() {
  std::uint64_t seed;
  crypto::RandomBytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

}  // namespace

Peers::Peers(std::uint32_t total_max, std::uint32_t per_address_max)
    : total_max_(total_max),
      per_address_max_(per_address_max),
      seed_(RandomSeed()),
      places_(kPlaces) {}

void Peers::SetMax(std::uint32_t total_max, std::uint32_t per_address_max) {
  total_max_.store(total_max, std::memory_order_relaxed);
  per_address_max_.store(per_address_max, std::memory_order_relaxed);
}

std::atomic<std::uint32_t>& Peers::PlaceOf(std::uint64_t peer) {
  const std::uint64_t mixed = (peer ^ seed_) * 0x9e3779b97f4a7c15u;
  return places_[(mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9u >> 48];
}

bool Peers::Enter(std::uint64_t peer) {
  const std::uint32_t total_max = total_max_.load(std::memory_order_relaxed);
  if (total_.fetch_add(1, std::memory_order_relaxed) < total_max && EnterAddress(peer)) return true;
  total_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Peers::EnterAddress(std::uint64_t peer) {
  if (peer == 0) return true;
  const std::uint32_t max = per_address_max_.load(std::memory_order_relaxed);
  if (PlaceOf(peer).fetch_add(1, std::memory_order_relaxed) < max) return true;
  PlaceOf(peer).fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Peers::Leave(std::uint64_t peer) {
  total_.fetch_sub(1, std::memory_order_relaxed);
  if (peer != 0) PlaceOf(peer).fetch_sub(1, std::memory_order_relaxed);
}

ConnectionPool::ConnectionPool(net::Loop& loop, const HttpLimits& limits, Peers& peers,
                               base::Clock& clock, Hooks hooks, std::vector<net::Network> proxies)
    : loop_(loop),
      limits_(limits),
      peers_(peers),
      clock_(clock),
      hooks_(std::move(hooks)),
      proxies_(std::move(proxies)),
      handshakes_(limits_),
      read_buffer_(kReadBufferBytes),
      idle_(loop, [this] { GoOn(); }),
      letting_in_(loop, [this] { GoOnLettingIn(); }),
      after_poll_(loop, [this] {
        Settle();
        turn_began_.reset();
        turn_.Begin();
        handshakes_.BeginTurn();
      }) {
  output_.reserve(limits.output_bytes_max + kReadBufferBytes);
}

void ConnectionPool::SetLimits(const HttpLimits& limits) {
  limits_ = limits;
  for (const auto& connection : slots_) connection->LimitsChanged();
}

Now ConnectionPool::TurnBegan() {
  if (!turn_began_) turn_began_ = clock_.Read();
  return *turn_began_;
}

void ConnectionPool::SetTls(std::shared_ptr<const tls::Context> context) {
  tls_ = std::move(context);
  if (tls_ == nullptr) return;
  plain_buffer_.resize(tls::Engine::PlainRoom(kReadBufferBytes));
  const Now now = clock_.Read();
  for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i]->Distrust(tls_->client_settings(), now);
}

// While draining, all who have connected are let in: when the listener closes, the kernel resets
// those who have not been.
void ConnectionPool::Accept(net::Listener& listener) {
  const bool has_time = draining_ || turn_.Accept();
  if (!has_time || (tls_ != nullptr && !handshakes_.MakeRoom())) {
    not_accepted_.push_back(&listener);
    return letting_in_.Start();
  }
  TakeSlot().Open(listener, clock_.Read());
}

void ConnectionPool::ShakeHandsLater(Connection& connection) {
  if (!std::exchange(connection.waits, true)) handshakes_.Wait(connection);
  letting_in_.Start();
}

// Comes before the loop polls: requests that have arrived are read in between.
void ConnectionPool::GoOnLettingIn() {
  const bool more = handshakes_.Turn();
  for (net::Listener* listener : std::exchange(not_accepted_, {})) listener->AcceptWaiting();
  if (!more && not_accepted_.empty()) letting_in_.Stop();
  Settle();
}

Connection& ConnectionPool::TakeSlot() {
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return *slots_[slot];
  }
  const auto slot = static_cast<std::uint32_t>(slots_.size());
  slots_.push_back(std::make_unique<Connection>(*this, slot, hooks_.handler(slot)));
  return *slots_.back();
}

bool ConnectionPool::Admit(Connection& connection) {
  connection.counted = !closing_ && peers_.Enter(connection.counted_as);
  return connection.counted;
}

bool ConnectionPool::AdmitAddress(Connection& connection, std::uint64_t peer) {
  if (!peers_.EnterAddress(peer)) return false;
  connection.counted_as = peer;
  return true;
}

bool ConnectionPool::IsProxy(const net::AddressBytes& address) const {
  return std::ranges::any_of(
      proxies_, [&address](const net::Network& network) { return network.Contains(address); });
}

void ConnectionPool::Release(Connection& connection) {
  if (std::exchange(connection.counted, false)) peers_.Leave(connection.counted_as);
  if (std::exchange(connection.old, false)) --old_connections_;
  free_.push_back(connection.slot());
  hooks_.closed(connection.slot());
}

void ConnectionPool::Resume(const http::Ticket& ticket, http::Resumption resumption) {
  if (ticket.slot < slots_.size()) slots_[ticket.slot]->Resume(ticket, resumption, clock_.Read());
}

void ConnectionPool::GoOnLater(Connection& connection) {
  if (!std::exchange(connection.waits, true)) turn_.Wait(connection);
  idle_.Start();
}

void ConnectionPool::Defer(Connection& connection) {
  if (std::exchange(connection.deferred, true)) return;
  deferred_.push_back(&connection);
  answers_owed_ += connection.answers_owed();
  if (answers_owed_ >= kAnswersTogether) Settle();
}

void ConnectionPool::Settle() {
  if (deferred_.empty()) {
    hooks_.settled();  // those that were answered out of turn
  } else {
    SettleDeferred();
  }
  hooks_.written();
}

void ConnectionPool::SettleDeferred() {
  const Now now = clock_.Read();
  settled_output_.clear();
  hooks_.begin_answers();
  for (Connection* connection : deferred_) {
    connection->deferred = false;
    connection->Settle(now, settled_output_);
    settled_.push_back({connection, settled_output_.size()});
  }
  hooks_.end_batch();
  hooks_.settled();
  deferred_.clear();
  answers_owed_ = 0;
  std::size_t begin = 0;
  const std::string_view output(settled_output_);
  // What is sent makes connections go on, which may defer anew.
  settling_.swap(settled_);
  for (const auto& [connection, end] : settling_) {
    connection->SendSettled(output.substr(begin, end - begin), now);
    begin = end;
  }
  settling_.clear();
}

void ConnectionPool::GoOn() {
  const Now now = clock_.Read();
  while (Connection* const connection = turn_.Next()) {
    connection->waits = false;
    connection->GoOn(now);
  }
  if (walking_) Walk();
  if (!turn_.anybody_waits() && !walking_) idle_.Stop();
  Settle();
}

void ConnectionPool::Tick() {
  if (!std::exchange(walking_, true)) {
    walked_ = 0;
    walked_bytes_ = output_.capacity() + sealed_.capacity() + read_buffer_.size() +
                    plain_buffer_.size() + settled_output_.capacity();
  }
  Walk();
  if (walking_) idle_.Start();
  Settle();
}

void ConnectionPool::Walk() {
  const Now now = clock_.Read();
  const std::size_t end = std::min(walked_ + kWalkedTogether, slots_.size());
  for (int expired = 0; walked_ < end && expired < kExpiredTogether; ++walked_) {
    if (slots_[walked_]->Tick(now)) ++expired;
    walked_bytes_ += slots_[walked_]->bytes();
  }
  walking_ = walked_ < slots_.size();
  if (!walking_) bytes_ = walked_bytes_;
}

void ConnectionPool::Drain() {
  draining_ = true;
  const Now now = clock_.Read();
  for (const auto& connection : slots_) {
    connection->old = connection->Drain(now);
    if (connection->old) ++old_connections_;
  }
}

void ConnectionPool::CloseAll() {
  closing_ = true;
  for (const auto& connection : slots_) connection->Close();
}

void ConnectionPool::Close() {
  idle_.Close();
  letting_in_.Close();
  after_poll_.Close();
}

}  // namespace introspectd::server
