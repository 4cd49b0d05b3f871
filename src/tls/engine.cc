#include "tls/engine.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "tls/openssl_ptr.h"

namespace introspectd::tls {

namespace {

// Measured: what an SSL and its session take, without buffers, and the two buffers.
constexpr std::size_t kConnectionBytes = 10 * 1024;
constexpr std::size_t kBufferBytes = 2 * 17 * 1024;

}  // namespace

const bio_method_st* Engine::Method() {
  static const BioMethodPtr method = [] {
    BioMethodPtr made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "engine"));
    CHECK(made != nullptr);
    BIO_meth_set_read(made.get(), ReadBio);
    BIO_meth_set_write(made.get(), WriteBio);
    BIO_meth_set_ctrl(made.get(), [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method.get();
}

int Engine::ReadBio(BIO* bio, char* to, int size) {
  auto& engine = *static_cast<Engine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  // Too many messages: the loop of OpenSSL that reads them is not fed any longer.
  if (engine.in_.empty() || engine.post_handshake_ > kPostHandshakeMax) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(static_cast<std::size_t>(size), engine.in_.size());
  std::memcpy(to, engine.in_.data(), taken);
  engine.in_.remove_prefix(taken);
  return static_cast<int>(taken);
}

int Engine::WriteBio(BIO* bio, const char* from, int size) {
  static_cast<Engine*>(BIO_get_data(bio))->out_->append(from, static_cast<std::size_t>(size));
  return size;
}

Engine::Engine(std::shared_ptr<const Context> context)
    : context_(std::move(context)), ssl_(SSL_new(context_->raw())) {
  CHECK(ssl_ != nullptr);
  BIO* const bio = BIO_new(Method());
  CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
  SSL_set_accept_state(ssl_);
}

Engine::~Engine() { SSL_free(ssl_); }

std::size_t Engine::Receive(std::string_view in, Now now, std::span<char> plain) {
  CHECK(plain.size() >= PlainRoom(in.size()));
  in_ = in;
  now_ = now;
  has_buffers_ = true;
  if (state_ == State::kHandshake) ShakeHands();
  const std::size_t size = state_ == State::kOpen ? Read(plain) : 0;
  in_ = {};
  return size;
}

std::size_t Engine::Read(std::span<char> plain) {
  std::size_t size = 0;
  while (true) {
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_, plain.data() + size, plain.size() - size, &got);
    size += got;
    if (result != 1) {
      Judge(result);
      return size;
    }
    // One more SSL_read_ex would only say so.
    if (in_.empty() && SSL_has_pending(ssl_) == 0) return size;
  }
}

void Engine::ShakeHands() {
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) return Judge(result);
  state_ = State::kOpen;
  SSL_set_msg_callback(ssl_, OnMessage);
  SSL_set_msg_callback_arg(ssl_, this);
}

// Every one of them costs a derivation of keys, and is free for who sends it.
void Engine::OnMessage(int is_write, int, int content_type, const void*, std::size_t, ssl_st*,
                       void* engine) {
  if (is_write == 0 && content_type == SSL3_RT_HANDSHAKE) {
    ++static_cast<Engine*>(engine)->post_handshake_;
  }
}

void Engine::Judge(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      if (post_handshake_ > kPostHandshakeMax) Fail();
      return;
    case SSL_ERROR_ZERO_RETURN:
      state_ = State::kEnded;
      return;
    default:
      Fail();
  }
}

void Engine::Fail() {
  state_ = State::kFailed;
  ERR_clear_error();
}

void Engine::Send(std::string_view plain, std::string& out) {
  if (!unsent_.empty()) {
    out.append(unsent_);
    std::string().swap(unsent_);
  }
  if (plain.empty() || state_ == State::kFailed) return;
  CHECK(state_ != State::kHandshake);
  has_buffers_ = true;
  out_ = &out;
  std::size_t sent = 0;
  if (SSL_write_ex(ssl_, plain.data(), plain.size(), &sent) != 1) Fail();
  out_ = &unsent_;
}

void Engine::End() {
  if (state_ != State::kOpen && state_ != State::kEnded) return;
  if (SSL_shutdown(ssl_) < 0) ERR_clear_error();
}

bool Engine::resumed() const { return SSL_session_reused(ssl_) == 1; }

std::optional<crypto::PeerCertificate> Engine::ReadCertificate() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return std::nullopt;
  auto read = crypto::ReadPeerCertificate(
      {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  if (read) read->chain_verified = SSL_get_verify_result(ssl_) == X509_V_OK;
  return read;
}

// OpenSSL before 3.0.14 let go of them when the head of a record was held (CVE-2024-4741); Debian's
// does not.
void Engine::ReleaseBuffers() {
  if (!has_buffers_) return;
  has_buffers_ = SSL_free_buffers(ssl_) != 1;
}

std::size_t Engine::allocated_bytes() const {
  return sizeof *this + kConnectionBytes + unsent_.capacity() + (has_buffers_ ? kBufferBytes : 0);
}

}  // namespace introspectd::tls
