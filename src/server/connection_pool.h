// The connections of one loop: slots that are used again and again, never more than a limit.
//
// Threads: loop-confined, but for Peers, which all pools of a plane share.
// Limits:  HttpLimits: connections, connections of an address.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/digest.h"
#include "http/handler.h"
#include "introspectd/config.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/network.h"
#include "server/connection.h"
#include "server/handshakes.h"
#include "server/turn.h"
#include "tls/context.h"

namespace introspectd::server {

// How many connections a plane has, in all and of each address. An address's place is a keyed hash
// of it; two addresses that share one share its limit, too.
//
// Threads: thread-safe. Written when a connection opens and closes, not on the request path.
class Peers {
 public:
  Peers(std::uint32_t total_max, std::uint32_t per_address_max);

  void SetMax(std::uint32_t total_max, std::uint32_t per_address_max);  // who is in stays in

  bool Enter(std::uint64_t peer);  // peer 0 (not known) counts in the total only
  // Whoever entered as 0 has an address after all; if not, it stays 0.
  bool EnterAddress(std::uint64_t peer);
  void Leave(std::uint64_t peer);
  std::uint32_t total() const { return total_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kPlaces = 1 << 16;
  std::atomic<std::uint32_t>& PlaceOf(std::uint64_t peer);

  std::atomic<std::uint32_t> total_max_;
  std::atomic<std::uint32_t> per_address_max_;
  const std::uint64_t seed_;
  std::atomic<std::uint32_t> total_{0};
  std::vector<std::atomic<std::uint32_t>> places_;
};

// Requests whose answers are in memory are answered in two steps: while the loop polls, every
// connection that has sent something is read, and behind the poll all their answers are fetched
// together, so that the cache misses of one overlap with those of the others; then they are
// written.
class ConnectionPool {
 public:
  struct Hooks {
    // The handler of a slot; called once for each, and borrowed for ever.
    std::function<http::Handler&(std::uint32_t slot)> handler;
    std::function<void(std::uint32_t slot)> closed;
    std::function<void()> begin_answers;  // deferred ones
    std::function<void()> end_batch;      // before anything is written
    std::function<void()> settled;        // every deferred answer was given
    std::function<void()> written;        // all answers were handed to the kernel
  };

  // `proxies`: whose connections begin with a PROXY header.
  ConnectionPool(net::Loop& loop, const HttpLimits& limits, Peers& peers, base::Clock& clock,
                 Hooks hooks, std::vector<net::Network> proxies = {});

  // From now on, for connections that are open, too.
  void SetLimits(const HttpLimits& limits);

  // TLS for those that are accepted from now on; null: none. Where clients' certificates are judged
  // in another way than before, those that have shown one end.
  void SetTls(std::shared_ptr<const tls::Context> context);
  // Takes the listener's next connection; or not, and then a moment later.
  void Accept(net::Listener& listener);
  void Resume(const http::Ticket& ticket, http::Resumption resumption);
  void Tick();  // every kTick_ms: deadlines, of so many connections in one turn of the loop
  // No requests after the next one of each connection; those that come are told so, too.
  void Drain();
  // Of connections that were there when Drain was called, whether there are still some.
  bool draining_old() const { return old_connections_ != 0; }
  void CloseAll();  // at once
  void Close();     // the pool's own handles
  // Gives the answers that were deferred; once whatever happened outside of a poll is over.
  void Settle();
  std::size_t open_connections() const { return slots_.size() - free_.size(); }
  std::size_t bytes() const { return bytes_; }  // of all slots and buffers, about a Tick ago

  static constexpr std::uint64_t kTick_ms = 100;

  const Handshakes& handshakes() const { return handshakes_; }

  // For connections.
  const std::shared_ptr<const tls::Context>& tls() const { return tls_; }
  Handshakes& handshakes() { return handshakes_; }
  Turn& turn() { return turn_; }
  void ShakeHandsLater(Connection& connection);
  bool Admit(Connection& connection);
  bool AdmitAddress(Connection& connection, std::uint64_t peer);  // once it is known
  bool IsProxy(const net::AddressBytes& address) const;
  bool draining() const { return draining_; }
  void Release(Connection& connection);
  void GoOnLater(Connection& connection);
  void Defer(Connection& connection);
  void EndBatch() { hooks_.end_batch(); }
  // The time at which this turn of the loop began to read: one reading of the clocks for all. While
  // the loop polls; what happens before the poll would be old when it ends.
  Now TurnBegan();
  Now ReadClock() { return clock_.Read(); }
  std::string& output() { return output_; }
  std::string& FreshOutput() {
    output_.clear();
    return output_;
  }
  std::string& FreshSealed() {
    sealed_.clear();
    return sealed_;
  }
  std::span<char> plain_buffer() { return plain_buffer_; }
  // The session has taken over what was read: it is not to lie here until something else is.
  void ForgetRead(std::size_t size) { crypto::Cleanse(read_buffer_.data(), size); }
  void ForgetUnsealed(std::size_t size) { crypto::Cleanse(plain_buffer_.data(), size); }
  net::Loop& loop() { return loop_; }
  const HttpLimits& limits() const { return limits_; }
  http::DateCache& date() { return date_; }
  std::span<char> read_buffer() { return read_buffer_; }

 private:
  Connection& TakeSlot();
  void GoOn();
  void Walk();
  void GoOnLettingIn();
  void SettleDeferred();

  // Where a connection's deferred answers end in settled_output_.
  struct Settled {
    Connection* connection;
    std::size_t end;
  };

  net::Loop& loop_;
  HttpLimits limits_;
  Peers& peers_;
  base::Clock& clock_;
  const Hooks hooks_;
  const std::vector<net::Network> proxies_;
  std::shared_ptr<const tls::Context> tls_;
  Handshakes handshakes_;
  Turn turn_;
  std::vector<net::Listener*> not_accepted_;  // whose next connection waits
  http::DateCache date_;
  std::string output_;
  std::string sealed_;
  std::vector<char> read_buffer_;
  std::vector<char> plain_buffer_;  // with TLS
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Connection*> deferred_;  // connections with deferred answers
  std::size_t answers_owed_ = 0;       // by all of them
  std::vector<Settled> settled_;
  std::vector<Settled> settling_;
  std::string settled_output_;
  net::IdleWork idle_;
  net::IdleWork letting_in_;
  net::AfterPoll after_poll_;
  std::optional<Now> turn_began_;
  bool draining_ = false;
  bool walking_ = false;          // to look at deadlines
  std::size_t walked_ = 0;        // slots that this walk has seen
  std::size_t walked_bytes_ = 0;  // what they have allocated
  bool closing_ = false;
  std::size_t old_connections_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace introspectd::server
