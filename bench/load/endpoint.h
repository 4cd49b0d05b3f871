// Where the server under load is, and how to reach it.
//
// Threads: immutable functions.
#pragma once

#include <absl/status/statusor.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace introspectd::load {

struct Endpoint {
  bool tls = false;
  std::string host;  // a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
  std::string path;
  sockaddr_storage address{};  // what the host stands for
  socklen_t address_size = 0;

  std::string authority() const;  // for the Host header
};

// "http://127.0.0.1:8080/introspect", or https; the port is required. Looks the name up, once.
absl::StatusOr<Endpoint> ParseUrl(std::string_view url);

// A TCP socket without Nagle's delay that does not block, on its way to being connected. The caller
// closes it.
absl::StatusOr<int> BeginConnect(const Endpoint& endpoint);

// A connected, blocking one.
absl::StatusOr<int> Connect(const Endpoint& endpoint);

}  // namespace introspectd::load
