#include "load/transport.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace introspectd::load {

namespace {

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

bool IsAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// recv, and when what was received last had come.
ssize_t ReceiveStamped(int fd, void* bytes, std::size_t size, Nanos& arrived_at) {
  iovec room{.iov_base = bytes, .iov_len = size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
  msghdr message{};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(fd, &message, 0);
  arrived_at = 0;
  const cmsghdr* stamp = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (stamp != nullptr && stamp->cmsg_level == SOL_SOCKET && stamp->cmsg_type == SCM_TIMESTAMPNS) {
    timespec time;
    std::memcpy(&time, CMSG_DATA(stamp), sizeof time);
    arrived_at = ToNanos(time);
  }
  return got;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::Create(const TlsOptions& options,
                                                             const std::string& host) {
  std::unique_ptr<TlsClient> client(new TlsClient(options, host));
  SSL_CTX* const context = client->context_;
  const int loaded = options.ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context)
                         : SSL_CTX_load_verify_file(context, options.ca_file.c_str());
  if (loaded != 1) return absl::NotFoundError("cannot read certificates from " + options.ca_file);
  return client;
}

TlsClient::TlsClient(const TlsOptions& options, const std::string& host)
    : options_(options), host_(host), context_(SSL_CTX_new(TLS_client_method())) {
  CHECK(context_ != nullptr);
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_verify(context_, options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (!options.resume) return;
  SSL_CTX_set_session_cache_mode(context_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
    static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->Keep(session);
    return 1;  // it is ours now
  });
}

TlsClient::~TlsClient() {
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
}

void TlsClient::Keep(SSL_SESSION* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

void Transport::Open(int fd, TlsClient* tls) {
  Close();
  fd_ = fd;
  if (tls == nullptr) {
    const int on = 1;
    CHECK(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
    return;
  }
  ssl_ = SSL_new(tls->context_);
  CHECK(ssl_ != nullptr && SSL_set_fd(ssl_, fd) == 1);
  // Otherwise it would ask the socket for the head of each record, and for its rest.
  SSL_set_read_ahead(ssl_, 1);
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (IsAddress(tls->host_)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), tls->host_.c_str());
  } else {
    SSL_set1_host(ssl_, tls->host_.c_str());
    SSL_set_tlsext_host_name(ssl_, tls->host_.c_str());
  }
  if (tls->session_ != nullptr) SSL_set_session(ssl_, tls->session_);
  SSL_set_connect_state(ssl_);
}

void Transport::Close() {
  if (ssl_ != nullptr) {
    // Said, not waited for: without it OpenSSL would take the session for one that went wrong.
    SSL_shutdown(ssl_);
    ERR_clear_error();
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

std::ptrdiff_t Transport::Judge(int result) const {
  if (result > 0) return result;
  const int error = SSL_get_error(ssl_, result);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? kAgain : kLost;
}

std::ptrdiff_t Transport::Handshake() {
  if (ssl_ == nullptr) return 0;
  const std::ptrdiff_t done = Judge(SSL_do_handshake(ssl_));
  return done > 0 ? 0 : done;
}

bool Transport::resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) == 1; }

bool Transport::HoldsMore() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

std::ptrdiff_t Transport::Read(char* bytes, std::size_t room) {
  arrived_at_ = 0;
  if (ssl_ != nullptr) return Judge(SSL_read(ssl_, bytes, static_cast<int>(room)));
  const ssize_t got = ReceiveStamped(fd_, bytes, room, arrived_at_);
  if (got > 0) return got;
  return got < 0 && WouldBlock() ? kAgain : kLost;
}

std::ptrdiff_t Transport::Write(std::string_view bytes) {
  if (ssl_ != nullptr) {
    return Judge(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())));
  }
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return WouldBlock() ? kAgain : kLost;
}

}  // namespace introspectd::load
