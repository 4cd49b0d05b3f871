#include "server/connection.h"

#include "base/check.h"
#include "http/secret_buffer.h"
#include "net/proxy_header.h"
#include "server/connection_pool.h"

namespace introspectd::server {

namespace {

constexpr int kRoundsPerTurn = 16;
constexpr std::int64_t kLinger_ms = 1000;
constexpr std::size_t kLingerBytes = 64 * 1024;
// With more than this held, a connection reads no more. It keeps so much memory for the next time.
constexpr std::size_t kHeldBytes = 4096;

}  // namespace

ConnectionRef::ConnectionRef(Connection& referred)
    : connection(&referred), generation(referred.generation()) {}

bool ConnectionRef::current() const { return connection->generation() == generation; }

Connection::Connection(ConnectionPool& pool, std::uint32_t slot, http::Handler& handler)
    : pool_(pool),
      slot_(slot),
      session_(pool.limits(), handler, pool.date()),
      stream_(pool.loop(), *this, pool.read_buffer()) {}

void Connection::Open(net::Listener& listener, Now now) {
  CHECK(state_ == State::kFree);
  ++generation_;
  read_end_ = false;
  dropped_bytes_ = 0;
  waits = false;
  proxy_header_.clear();
  resumption_.reset();
  state_ = State::kClosing;  // unless it can be accepted
  if (!stream_.Accept(listener)) return;
  state_ = State::kOpen;
  const auto& address = stream_.peer();
  peer_ = {.address = address ? net::NumberOf(*address) : 0};
  expects_proxy_header_ = address && pool_.IsProxy(*address);
  counted_as = expects_proxy_header_ ? 0 : peer_.address;
  if (!pool_.Admit(*this)) return Close();
  session_.Open(slot_, generation_, now, peer_);
  if (pool_.draining()) session_.Drain(now);
  if (pool_.tls() != nullptr) {
    engine_ = std::make_unique<tls::Engine>(pool_.tls());
    handshaking_ = true;
    handshake_deadline_ms_ = now.boot_ms + pool_.limits().handshake_ms_max;
    pool_.handshakes().Begin(*this);
  }
  stream_.StartReading();
}

// Takes what has come of the header off `bytes`. Nothing is left of them when more of it must come,
// or when it is none, or nobody is let in whom it names: then the connection ends without a word,
// since there is nobody yet whom it could be said to.
void Connection::TakeProxyHeader(std::string_view& bytes) {
  const std::size_t before = proxy_header_.size();
  proxy_header_.append(bytes.substr(0, net::kProxyHeaderBytesMax - before));
  const net::ProxyHeader header = net::ReadProxyHeader(proxy_header_);
  bytes.remove_prefix(header.step == net::ProxyHeader::Step::kDone ? header.size - before
                                                                   : bytes.size());
  if (header.step == net::ProxyHeader::Step::kNeedMore) return;
  expects_proxy_header_ = false;
  std::string().swap(proxy_header_);
  if (header.source) peer_.address = net::NumberOf(*header.source);
  const bool admitted = !header.source || pool_.AdmitAddress(*this, peer_.address);
  if (header.step == net::ProxyHeader::Step::kMalformed || !admitted) {
    bytes = {};
    Close();
  }
}

void Connection::OnRead(std::string_view bytes) {
  if (state_ == State::kLingering) {
    dropped_bytes_ += bytes.size();
    if (dropped_bytes_ > kLingerBytes) Close();
    return;
  }
  if (state_ != State::kOpen) return;
  if (held_.empty() && HandshakeHasTime() && pool_.turn().Visit()) {
    Take(bytes, pool_.TurnBegan());
  } else {
    Hold(bytes);
  }
  if (engine_ == nullptr) pool_.ForgetRead(bytes.size());
}

bool Connection::HandshakeHasTime() const { return !handshaking_ || pool_.handshakes().HasTime(); }

void Connection::Hold(std::string_view bytes) {
  http::Append(held_, bytes);
  if (held_.size() > kHeldBytes) stream_.StopReading();
  WaitForTurn();
}

// A handshake waits for the time of handshakes, all else for that of visits.
void Connection::WaitForTurn() {
  if (HandshakeHasTime()) return pool_.GoOnLater(*this);
  stream_.StopReading();
  pool_.ShakeHandsLater(*this);
}

void Connection::TakeHeld(Now now) {
  Take(held_, now);
  http::CleanseAll(held_, kHeldBytes);
  if (read_end_ && state_ == State::kOpen) pool_.GoOnLater(*this);
}

void Connection::Take(std::string_view bytes, Now now) {
  if (expects_proxy_header_) TakeProxyHeader(bytes);
  if (bytes.empty()) return;
  if (engine_ != nullptr) return TakeSealed(bytes, now);
  TakePlain(bytes, now);
}

void Connection::TakePlain(std::string_view plain, Now now) {
  session_.Receive(plain, now, pool_.FreshOutput());
  Flush(now);
}

void Connection::TakeSealed(std::string_view sealed, Now now) {
  const std::string_view plain = Unseal(sealed, now);
  TakeUnsealed(plain, now);
  pool_.ForgetUnsealed(plain.size());
}

void Connection::TakeUnsealed(std::string_view plain, Now now) {
  if (engine_->state() == tls::Engine::State::kFailed) {
    if (Send({}, now)) Linger(now);
    return;
  }
  std::string& out = pool_.FreshOutput();
  if (!plain.empty()) session_.Receive(plain, now, out);
  if (engine_->state() == tls::Engine::State::kEnded && !std::exchange(read_end_, true)) {
    session_.ReceiveEnd(now, out);
  }
  if (!handshaking_) return Flush(now);
  if (Send({}, now)) stream_.StartReading();
}

// What the peer said, borrowed until the next call.
std::string_view Connection::Unseal(std::string_view sealed, Now now) {
  busy_ = true;
  const std::span<char> plain = pool_.plain_buffer();
  if (!handshaking_) return {plain.data(), engine_->Receive(sealed, now, plain)};
  const std::size_t size =
      pool_.handshakes().Step([&] { return engine_->Receive(sealed, now, plain); });
  if (engine_->state() != tls::Engine::State::kHandshake) EndHandshake(now);
  return {plain.data(), size};
}

void Connection::TakeTurn() {
  waits = false;
  if (state_ == State::kOpen) TakeHeld(pool_.ReadClock());
}

void Connection::EndHandshake(Now now) {
  if (engine_->state() == tls::Engine::State::kFailed) {
    return StopHandshake(Handshakes::End::kFailed);
  }
  StopHandshake(engine_->resumed() ? Handshakes::End::kResumed : Handshakes::End::kFull);
  certificate_ = engine_->ReadCertificate();
  peer_.certificate = certificate_ ? &*certificate_ : nullptr;
  session_.Open(slot_, generation_, now, peer_);
  if (pool_.draining()) session_.Drain(now);
}

void Connection::StopHandshake(Handshakes::End end) {
  if (std::exchange(handshaking_, false)) pool_.handshakes().Done(end);
}

void Connection::Distrust(const crypto::Sha256& client_settings, Now now) {
  if (!certificate_ || engine_->context().client_settings() == client_settings) return;
  certificate_->chain_verified = false;
  Drain(now);
}

void Connection::OnReadEnd() {
  read_end_ = true;
  if (state_ == State::kLingering || handshaking_) return Close();
  // Otherwise OnWritten goes on, or the turn that is waited for.
  if (state_ != State::kOpen || stream_.writing() || !held_.empty()) return;
  if (!pool_.turn().Visit()) return pool_.GoOnLater(*this);
  const Now now = pool_.TurnBegan();
  session_.ReceiveEnd(now, pool_.FreshOutput());
  Flush(now);
}

void Connection::OnWritten() {
  if (state_ != State::kOpen) return;
  if (handshaking_) return stream_.StartReading();
  if (!pool_.turn().Visit()) return pool_.GoOnLater(*this);
  GoOn(pool_.ReadClock());
}

void Connection::OnBroken() { Close(); }

void Connection::Resume(const http::Ticket& ticket, http::Resumption resumption, Now now) {
  if (state_ != State::kOpen || ticket.generation != generation_) return;
  if (stream_.writing()) {
    resumption_ = {ticket, resumption};
    return;
  }
  session_.Resume(ticket, resumption, now, pool_.FreshOutput());
  Flush(now);
}

void Connection::GoOn(Now now) {
  if (state_ != State::kOpen || stream_.writing()) return;
  if (!held_.empty()) return HandshakeHasTime() ? TakeHeld(now) : WaitForTurn();
  std::string& out = pool_.FreshOutput();
  if (resumption_) session_.Resume(resumption_->first, resumption_->second, now, out);
  resumption_.reset();
  if (read_end_) session_.ReceiveEnd(now, out);
  if (out.empty()) session_.Continue(now, out);
  Flush(now);
}

// Writes what the session has said, and lets it go on for as long as the socket takes it.
void Connection::Flush(Now now) {
  for (int round = 1;; ++round) {
    std::string& out = pool_.output();
    // Nobody who waits for the peer may owe answers: when the peer is ready, they are forgotten.
    if (!out.empty()) session_.Settle(now, out);
    pool_.EndBatch();
    if (!Send(out, now)) return;
    if (session_.has_deferred() || session_.closing() || !session_.has_more()) {
      return Proceed(now);
    }
    if (round == kRoundsPerTurn || !pool_.turn().Visit()) break;
    session_.Continue(now, pool_.FreshOutput());
  }
  stream_.StopReading();
  pool_.GoOnLater(*this);
}

// False when the rest has to wait for the peer, or for nothing any more.
bool Connection::Send(std::string_view bytes, Now now) {
  if (engine_ != nullptr) {
    std::string& sealed = pool_.FreshSealed();
    engine_->Send(bytes, sealed);
    if (!bytes.empty() && engine_->state() == tls::Engine::State::kFailed) {
      Close();
      return false;
    }
    bytes = sealed;
  }
  if (bytes.empty()) return true;
  switch (stream_.Write(bytes)) {
    case net::Stream::Written::kAll:
      return true;
    case net::Stream::Written::kBroken:
      Close();
      return false;
    case net::Stream::Written::kSome:
      break;
  }
  stream_.StopReading();
  unwritten_ = stream_.unwritten();
  write_deadline_ms_ = now.boot_ms + pool_.limits().write_stall_ms_max;
  return false;
}

void Connection::Proceed(Now now) {
  if (session_.has_more()) stream_.StopReading();  // or what is held would grow
  if (session_.has_deferred()) return pool_.Defer(*this);
  if (session_.closing()) return Linger(now);
  if (session_.has_more()) return pool_.GoOnLater(*this);
  if (session_.wants_input()) {
    stream_.StartReading();
  } else {
    stream_.StopReading();
  }
}

void Connection::Settle(Now now, std::string& out) {
  if (state_ == State::kOpen) session_.Settle(now, out);
}

void Connection::SendSettled(std::string_view answers, Now now) {
  if (state_ == State::kOpen && Send(answers, now)) Proceed(now);
}

void Connection::Linger(Now now) {
  if (engine_ != nullptr) {
    engine_->End();
    Send({}, now);
    if (state_ != State::kOpen) return;
  }
  if (read_end_) return Close();
  state_ = State::kLingering;
  linger_deadline_ms_ = now.boot_ms + kLinger_ms;
  stream_.ShutDown();
  stream_.StartReading();
}

bool Connection::Tick(Now now) {
  if (state_ == State::kLingering) return CloseAfter(linger_deadline_ms_, now);
  if (state_ != State::kOpen) return false;
  if (engine_ != nullptr && !std::exchange(busy_, false)) engine_->ReleaseBuffers();
  if (handshaking_) return CloseAfter(handshake_deadline_ms_, now);
  if (stream_.writing()) {
    const std::size_t unwritten = stream_.unwritten();
    if (unwritten < unwritten_) {
      unwritten_ = unwritten;
      write_deadline_ms_ = now.boot_ms + pool_.limits().write_stall_ms_max;
    }
    if (now.boot_ms < write_deadline_ms_) return false;
    Drop();
    return true;
  }
  if (!held_.empty() || now.boot_ms < session_.deadline_ms()) return false;
  session_.Expire(now, pool_.FreshOutput());
  Flush(now);
  return true;
}

bool Connection::CloseAfter(std::int64_t deadline_ms, Now now) {
  if (now.boot_ms < deadline_ms) return false;
  Close();
  return true;
}

bool Connection::Drain(Now now) {
  if (state_ != State::kOpen) return false;
  session_.Drain(now);
  return true;
}

void Connection::Close() {
  if (!open()) return;
  state_ = State::kClosing;
  StopHandshake(Handshakes::End::kFailed);
  stream_.Close();
}

// Of a peer that takes nothing: with Close the kernel would go on offering it what it did not take.
void Connection::Drop() {
  state_ = State::kClosing;
  stream_.Reset();
}

void Connection::OnClosed() {
  state_ = State::kFree;
  engine_.reset();
  certificate_.reset();
  http::CleanseAll(held_, 0);
  session_.Forget();
  pool_.Release(*this);
}

}  // namespace introspectd::server
