#include "support/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace introspectd::support {

namespace {

[[noreturn]] void Fail(const std::string& what) {
  throw WireError(what + ": " + std::string(strerror(errno)));
}

}  // namespace

Connection Connection::ToPort(std::uint16_t port, const std::string& from) {
  Connection connection(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int fd = connection.fd_;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Fail("bind " + from);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons(port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Fail("connect to port " + std::to_string(port));
  }
  return connection;
}

Connection Connection::ToUnix(const std::string& path) {
  Connection connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw WireError("too long for a socket: " + path);
  std::ranges::copy(path, address.sun_path);
  if (connect(connection.fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Fail("connect to " + path);
  }
  return connection;
}

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      longest_(other.longest_),
      received_(std::move(other.received_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(longest_, other.longest_);
  std::swap(received_, other.received_);
  return *this;
}

bool Connection::WaitFor(short events, SteadyClock::time_point deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
    pollfd waiting{fd_, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) Fail("poll");
  }
}

void Connection::Send(std::string_view bytes) {
  const auto deadline = SteadyClock::now() + longest_;
  while (!bytes.empty()) {
    if (!WaitFor(POLLOUT, deadline)) throw WireError("the peer takes no more bytes");
    bytes.remove_prefix(SendSome(bytes));
  }
}

std::size_t Connection::SendSome(std::string_view bytes) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return 0;
  Fail("send");
}

void Connection::SendInPieces(std::string_view bytes, std::size_t piece_size, milliseconds pause) {
  while (!bytes.empty()) {
    Send(bytes.substr(0, piece_size));
    bytes.remove_prefix(std::min(piece_size, bytes.size()));
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
}

void Connection::ShutdownSending() {
  if (shutdown(fd_, SHUT_WR) != 0) Fail("shutdown");
}

bool Connection::Receive(SteadyClock::time_point deadline) {
  std::array<char, 16 * 1024> buffer;
  if (!WaitFor(POLLIN, deadline)) throw WireError("nothing came in time after: " + received_);
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got < 0) Fail("receive");
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

Response Connection::Read(Expecting expecting) {
  const auto deadline = SteadyClock::now() + longest_;
  for (;;) {
    Parsed parsed = ParseResponse(received_, expecting);
    if (parsed.progress == Progress::kMalformed) throw WireError(parsed.problem);
    if (parsed.progress == Progress::kComplete) {
      received_.erase(0, parsed.size);
      return std::move(parsed.response);
    }
    if (!Receive(deadline)) throw WireError("the peer ended after: " + received_);
  }
}

Response Connection::Ask(std::string_view request, Expecting expecting) {
  Send(request);
  return Read(expecting);
}

std::string Connection::ReadExactly(std::size_t size) {
  const auto deadline = SteadyClock::now() + longest_;
  while (received_.size() < size) {
    if (!Receive(deadline)) throw WireError("the peer ended after: " + received_);
  }
  std::string bytes = received_.substr(0, size);
  received_.erase(0, size);
  return bytes;
}

std::string Connection::ReadToEnd() {
  const auto deadline = SteadyClock::now() + longest_;
  while (Receive(deadline)) {
  }
  return std::exchange(received_, {});
}

bool Connection::StaysOpen(milliseconds time) {
  return received_.empty() && !WaitFor(POLLIN, SteadyClock::now() + time);
}

}  // namespace introspectd::support
