// Listening sockets: opened by the main thread, so that every error shows before any loop runs.
//
// Threads: values, handed over.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "introspectd/config.h"

namespace introspectd::net {

// Owns a file descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// A bound socket that does not listen yet. An address that is served already is an error. TCP: with
// SO_REUSEPORT, so that every worker may have one of its own, all of them bound before any listens;
// `address.port` 0 becomes the port that was found. Unix: a left-over file of a server that is gone
// is replaced.
absl::StatusOr<Socket> Bind(ListenAddress& address);

// Another descriptor of the same socket, for listeners that cannot be bound twice (unix).
absl::StatusOr<Socket> Duplicate(const Socket& socket);

std::string ToString(const ListenAddress& address);

}  // namespace introspectd::net
