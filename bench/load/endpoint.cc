#include "load/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "text/ascii.h"

namespace introspectd::load {

namespace {

std::optional<sockaddr_in> AddressOf(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  return address;
}

}  // namespace

std::string Endpoint::authority() const { return fmt::format("{}:{}", host, port); }

absl::StatusOr<Endpoint> ParseUrl(std::string_view url) {
  const auto invalid = absl::InvalidArgumentError(
      fmt::format("the URL \"{}\" is not of the form http://IPV4:PORT/PATH", url));
  constexpr std::string_view kScheme = "http://";
  if (url.substr(0, kScheme.size()) != kScheme) return invalid;
  std::string_view rest = url.substr(kScheme.size());
  std::string_view authority = text::TakeUntil(rest, '/');
  Endpoint endpoint;
  endpoint.host = text::TakeUntil(authority, ':');
  endpoint.path = fmt::format("/{}", rest);
  const auto port = text::ParseInteger<std::uint16_t>(authority);
  if (!port || *port == 0) return invalid;
  endpoint.port = *port;
  if (!AddressOf(endpoint)) return invalid;
  return endpoint;
}

absl::StatusOr<int> Connect(const Endpoint& endpoint) {
  const auto address = AddressOf(endpoint);
  if (!address) {
    return absl::InvalidArgumentError(fmt::format("{} is no IPv4 address", endpoint.host));
  }
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return absl::UnavailableError(
        fmt::format("cannot connect to {}: {}", endpoint.authority(), std::strerror(error)));
  }
  return fd;
}

}  // namespace introspectd::load
