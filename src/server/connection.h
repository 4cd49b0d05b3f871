// A connection: moves bytes between a stream and its session, and decides when it is over.
//
//   kFree → kOpen → (kLingering) → kClosing → kFree
//
// With TLS an engine stands between the stream and the session, which opens when the handshake is
// done.
//
// Threads: loop-confined.
// Owner:   a slot of its ConnectionPool; it is free again only once its stream has closed.
//
// 1. While a write is under way nothing is read: what a client does not take, it can't add to.
// 2. What a session cannot take in this turn stays in the socket. What a turn has no time for is
//    held until another has; beyond some kilobytes it stays in the socket, too.
// 3. Answers are owed (deferred) by connections that write nothing, and only until the turn ends.
// 4. What a balancer says of the client (PROXY) is taken off the front before anything else sees a
//    byte; whoever it names is counted among the peers then.
// 5. kLingering: everything was said, and what the client still sends is dropped, so that no reset
//    reaches it before the answer (RFC 9112 9.6).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/certificate.h"
#include "http/session.h"
#include "net/stream.h"
#include "server/handshakes.h"
#include "tls/engine.h"

namespace introspectd::server {

class ConnectionPool;

class Connection final : public net::StreamOwner {
 public:
  Connection(ConnectionPool& pool, std::uint32_t slot, http::Handler& handler);

  // Accepts the listener's next connection; OnClosed tells the pool if that failed.
  void Open(net::Listener& listener, Now now);
  void Resume(const http::Ticket& ticket, http::Resumption resumption, Now now);
  // Looks at the deadlines; true: one had passed.
  bool Tick(Now now);
  bool Drain(Now now);  // whether it may still ask something
  void Close();
  // Goes on with what had to wait: for a turn with time, or for the peer.
  void GoOn(Now now);
  // Appends the answers that were deferred, and, in a second step, sends them.
  void Settle(Now now, std::string& out);
  void SendSettled(std::string_view answers, Now now);

  // Certificates of clients are judged in another way from now on: one that was shown before counts
  // no more, and its connection ends.
  void Distrust(const crypto::Sha256& client_settings, Now now);

  std::size_t bytes() const {
    return sizeof *this + proxy_header_.capacity() + session_.allocated_bytes() +
           stream_.allocated_bytes() + held_.capacity() +
           (engine_ == nullptr ? 0 : engine_->allocated_bytes());
  }
  bool handshaking() const { return handshaking_; }
  // Its handshake could go on, had this loop the time.
  bool waits_for_turn() const { return !held_.empty(); }
  void TakeTurn();
  std::size_t answers_owed() const { return session_.answers_owed(); }
  bool open() const { return state_ == State::kOpen || state_ == State::kLingering; }
  std::uint32_t slot() const { return slot_; }
  std::uint32_t generation() const { return generation_; }
  void LimitsChanged() { session_.ForgetHead(); }
  bool counted = false;          // the pool's: it has a place among the peers
  std::uint64_t counted_as = 0;  // … of this address; 0: of none
  bool old = false;              // … it was open when the pool began to drain
  bool deferred = false;         // the pool's: it is among those that owe answers
  bool waits = false;            // … it is among those that wait for a turn

  void OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnWritten() override;
  void OnBroken() override;
  void OnClosed() override;

 private:
  enum class State : std::uint8_t { kFree, kOpen, kLingering, kClosing };

  bool HandshakeHasTime() const;
  void Hold(std::string_view bytes);
  void WaitForTurn();
  void TakeHeld(Now now);
  void Take(std::string_view bytes, Now now);
  void TakeProxyHeader(std::string_view& bytes);
  void TakePlain(std::string_view plain, Now now);
  void TakeSealed(std::string_view sealed, Now now);
  void TakeUnsealed(std::string_view plain, Now now);
  std::string_view Unseal(std::string_view sealed, Now now);
  void EndHandshake(Now now);
  void StopHandshake(Handshakes::End end);
  void Flush(Now now);
  bool Send(std::string_view bytes, Now now);
  void Proceed(Now now);
  void Linger(Now now);
  void Drop();
  bool CloseAfter(std::int64_t deadline_ms, Now now);

  ConnectionPool& pool_;
  const std::uint32_t slot_;
  http::Session session_;
  net::Stream stream_;
  State state_ = State::kFree;
  std::uint32_t generation_ = 0;
  http::Peer peer_;
  std::unique_ptr<tls::Engine> engine_;  // none: plain
  bool handshaking_ = false;
  bool busy_ = false;  // it has come to something since the last tick
  std::string held_;   // was read when there was no time for it
  std::int64_t handshake_deadline_ms_ = 0;
  std::optional<crypto::PeerCertificate> certificate_;
  bool expects_proxy_header_ = false;
  std::string proxy_header_;  // what has come of it
  bool read_end_ = false;
  // What came while an answer was still being written.
  std::optional<std::pair<http::Ticket, http::Resumption>> resumption_;
  std::int64_t write_deadline_ms_ = 0;
  std::size_t unwritten_ = 0;      // at the last tick
  std::size_t dropped_bytes_ = 0;  // while lingering
  std::int64_t linger_deadline_ms_ = 0;
};

}  // namespace introspectd::server
