#include "net/passed_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "fmt/core.h"
#include "fmt/ranges.h"
#include "text/ascii.h"

namespace introspectd::net {

namespace {

constexpr int kFirst = 3;
constexpr int kMax = 4096;
constexpr std::string_view kUnnamed = "unknown";  // as sd_listen_fds_with_names calls them

// The variable's value; it is not there any more then.
std::optional<std::string> TakeVariable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken(value);
  unsetenv(name);
  return taken;
}

int Option(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

ListenAddress TcpAddress(int family, const void* host, std::uint16_t port) {
  std::string text(INET6_ADDRSTRLEN, '\0');
  inet_ntop(family, host, text.data(), static_cast<socklen_t>(text.size()));
  text.resize(text.find('\0'));
  return {.kind = ListenAddress::Kind::kTcp, .host = text, .port = ntohs(port)};
}

// An abstract name begins with a zero byte, which is written as "@".
std::string PathOf(const sockaddr_un& un, socklen_t size) {
  const std::size_t length = size - offsetof(sockaddr_un, sun_path);
  std::string path(un.sun_path, std::min(length, sizeof un.sun_path));
  if (!path.empty() && path[0] == '\0') {
    path[0] = '@';
  } else {
    path.resize(std::min(path.find('\0'), path.size()));
  }
  return path;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> NamesOfPassed(const PassedVariables& variables,
                                                       std::int64_t self) {
  std::vector<std::string> names;
  if (!variables.pid || !variables.fds) return names;
  if (text::ParseInteger<std::int64_t>(*variables.pid) != self) return names;
  const auto count = text::ParseInteger<int>(*variables.fds);
  if (!count || *count < 0 || *count > kMax) {
    return absl::InvalidArgumentError(
        fmt::format("LISTEN_FDS is \"{}\"; allowed: a number up to {}", *variables.fds, kMax));
  }
  if (!variables.names) {
    names.assign(static_cast<std::size_t>(*count), std::string(kUnnamed));
    return names;
  }
  std::string_view rest = *variables.names;
  while (!rest.empty()) names.emplace_back(text::TakeUntil(rest, ':'));
  if (names.size() == static_cast<std::size_t>(*count)) return names;
  return absl::InvalidArgumentError(fmt::format(
      "LISTEN_FDNAMES has {} names for the {} sockets of LISTEN_FDS", names.size(), *count));
}

absl::StatusOr<PassedSockets> PassedSockets::FromEnvironment() {
  const PassedVariables variables{.pid = TakeVariable("LISTEN_PID"),
                                  .fds = TakeVariable("LISTEN_FDS"),
                                  .names = TakeVariable("LISTEN_FDNAMES")};
  auto names = NamesOfPassed(variables, getpid());
  if (!names.ok()) return names.status();
  std::vector<Named> sockets;
  int fd = kFirst;
  for (std::string& name : *names) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return absl::InvalidArgumentError(fmt::format(
          "LISTEN_FDS names {} sockets, but descriptor {} is not open", names->size(), fd));
    }
    sockets.emplace_back(std::move(name), Socket(fd++));
  }
  return PassedSockets(std::move(sockets));
}

absl::StatusOr<std::vector<Socket>> PassedSockets::Take(std::string_view name) {
  std::vector<Socket> taken;
  for (auto& [of, socket] : sockets_) {
    if (of == name) taken.push_back(std::move(socket));
  }
  if (taken.empty()) {
    return absl::NotFoundError(fmt::format(
        "no socket of that name was passed on; there are: {}",
        sockets_.empty() ? "none (LISTEN_FDS)" : fmt::format("{}", fmt::join(Names(), ", "))));
  }
  std::erase_if(sockets_, [name](const Named& named) { return named.first == name; });
  return taken;
}

std::vector<std::string> PassedSockets::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, socket] : sockets_) names.push_back(name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

absl::StatusOr<ListenAddress> WhereItListens(const Socket& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return absl::InvalidArgumentError("what was passed on is no socket");
  }
  if (Option(socket.fd(), SO_TYPE) != SOCK_STREAM) {
    return absl::InvalidArgumentError("the socket that was passed on is no stream socket");
  }
  if (Option(socket.fd(), SO_ACCEPTCONN) != 1) {
    return absl::InvalidArgumentError("the socket that was passed on does not listen");
  }
  switch (storage.ss_family) {
    case AF_INET: {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
      return TcpAddress(AF_INET, &v4.sin_addr, v4.sin_port);
    }
    case AF_INET6: {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
      return TcpAddress(AF_INET6, &v6.sin6_addr, v6.sin6_port);
    }
    case AF_UNIX:
      return ListenAddress{.kind = ListenAddress::Kind::kUnix,
                           .path = PathOf(reinterpret_cast<const sockaddr_un&>(storage), size)};
    default:
      return absl::InvalidArgumentError("the socket that was passed on is neither TCP nor unix");
  }
}

}  // namespace introspectd::net
