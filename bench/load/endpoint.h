// Where the server under load is, and how to reach it.
//
// Threads: immutable functions.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace introspectd::load {

struct Endpoint {
  std::string host;  // a literal IPv4 address
  std::uint16_t port = 0;
  std::string path;

  std::string authority() const;  // for the Host header
};

// "http://127.0.0.1:8080/introspect": the port is required.
absl::StatusOr<Endpoint> ParseUrl(std::string_view url);

// A connected, blocking TCP socket without Nagle's delay. The caller closes it.
absl::StatusOr<int> Connect(const Endpoint& endpoint);

}  // namespace introspectd::load
