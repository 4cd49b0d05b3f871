#include "load/endpoint.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "text/ascii.h"

namespace introspectd::load {

namespace {

absl::Status LookUp(Endpoint& endpoint) {
  const addrinfo hints{.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  if (error != 0) {
    return absl::NotFoundError(fmt::format("{}: {}", endpoint.host, gai_strerror(error)));
  }
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.address_size = found->ai_addrlen;
  return absl::OkStatus();
}

// HOST, IPV4 or [IPV6], and what follows it.
std::string TakeHost(std::string_view& authority) {
  if (!authority.starts_with('[')) return std::string(text::TakeUntil(authority, ':'));
  authority.remove_prefix(1);
  std::string host(text::TakeUntil(authority, ']'));
  if (authority.starts_with(':')) authority.remove_prefix(1);
  return host;
}

absl::StatusOr<int> Begin(const Endpoint& endpoint, int flags) {
  const int fd = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  const int on = 1;
  if (fd >= 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
      (connect(fd, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.address_size) ==
           0 ||
       errno == EINPROGRESS)) {
    return fd;
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  return absl::UnavailableError(
      fmt::format("cannot connect to {}: {}", endpoint.authority(), std::strerror(error)));
}

}  // namespace

std::string Endpoint::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

absl::StatusOr<Endpoint> ParseUrl(std::string_view url) {
  const auto invalid = absl::InvalidArgumentError(
      fmt::format("the URL \"{}\" is not of the form http[s]://HOST:PORT/PATH", url));
  const std::string_view scheme = url.substr(0, url.find("://"));
  if (scheme != "http" && scheme != "https") return invalid;
  std::string_view rest = url.substr(scheme.size() + 3);
  std::string_view authority = text::TakeUntil(rest, '/');
  Endpoint endpoint;
  endpoint.tls = scheme == "https";
  endpoint.host = TakeHost(authority);
  endpoint.path = fmt::format("/{}", rest);
  const auto port = text::ParseInteger<std::uint16_t>(authority);
  if (!port || *port == 0 || endpoint.host.empty()) return invalid;
  endpoint.port = *port;
  if (const absl::Status found = LookUp(endpoint); !found.ok()) return found;
  return endpoint;
}

absl::StatusOr<int> BeginConnect(const Endpoint& endpoint) {
  return Begin(endpoint, SOCK_NONBLOCK);
}

absl::StatusOr<int> Connect(const Endpoint& endpoint) { return Begin(endpoint, 0); }

}  // namespace introspectd::load
