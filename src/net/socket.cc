#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fmt/core.h"

namespace introspectd::net {

namespace {

absl::Status Failed(const ListenAddress& address, const char* what) {
  return absl::UnavailableError(
      fmt::format("listen {}: {}: {}", address.text, what, std::strerror(errno)));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
};

bool FillTcp(const ListenAddress& address, SocketAddress& out) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    out.size = sizeof *v4;
    return true;
  }
  if (inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(address.port);
  out.size = sizeof *v6;
  return true;
}

std::uint16_t PortOf(int fd) {
  SocketAddress bound;
  bound.size = sizeof bound.storage;
  getsockname(fd, bound.raw(), &bound.size);
  return ntohs(bound.storage.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in*>(&bound.storage)->sin_port
                   : reinterpret_cast<const sockaddr_in6*>(&bound.storage)->sin6_port);
}

absl::StatusOr<Socket> BindTcp(ListenAddress& address) {
  SocketAddress at;
  if (!FillTcp(address, at)) {
    return absl::InvalidArgumentError(
        fmt::format("listen {}: the host must be an IPv4 or IPv6 address", address.text));
  }
  Socket socket(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket.fd() < 0) return Failed(address, "socket");
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (at.storage.ss_family == AF_INET6) {
    setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(socket.fd(), at.raw(), at.size) != 0) return Failed(address, "bind");
  // Not before: a port on which another server listens must not be shared with it. Those that were
  // bound and do not listen yet stand in nobody's way.
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (address.port == 0) address.port = PortOf(socket.fd());
  return socket;
}

// Whether somebody may be there: only a file that refuses connections is left over.
bool IsServed(SocketAddress& at) {
  const Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return connect(probe.fd(), at.raw(), at.size) == 0 || errno != ECONNREFUSED;
}

absl::StatusOr<Socket> BindUnix(const ListenAddress& address) {
  SocketAddress at;
  auto* un = reinterpret_cast<sockaddr_un*>(&at.storage);
  if (address.path.size() >= sizeof un->sun_path) {
    return absl::InvalidArgumentError(fmt::format("listen {}: the path is longer than {} bytes",
                                                  address.text, sizeof un->sun_path - 1));
  }
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, address.path.c_str(), address.path.size() + 1);
  at.size = sizeof *un;
  struct stat found {};
  if (lstat(address.path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode) || IsServed(at)) {
      errno = EADDRINUSE;
      return Failed(address, "bind");
    }
    unlink(address.path.c_str());
  }
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) return Failed(address, "socket");
  const mode_t old = umask(0777 & ~address.mode);
  const int bound = bind(socket.fd(), at.raw(), at.size);
  umask(old);
  if (bound != 0) return Failed(address, "bind");
  return socket;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Socket> Bind(ListenAddress& address) {
  return address.kind == ListenAddress::Kind::kTcp ? BindTcp(address) : BindUnix(address);
}

absl::StatusOr<Socket> Duplicate(const Socket& socket) {
  const int fd = fcntl(socket.fd(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError(fmt::format("dup: {}", std::strerror(errno)));
  return Socket(fd);
}

std::string ToString(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::kUnix) return "unix:" + address.path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", address.host, address.port)
            : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace introspectd::net
