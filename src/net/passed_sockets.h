// Listening sockets that whoever started the process opened for it, each under a name.
//
// Threads: one owner, the main thread; before any other starts.
// Source:  sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES, descriptors from 3 on.
//
// They stay the passer's: closing our descriptors ends nothing, and connections that nobody has
// accepted wait for whoever gets the socket next.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "introspectd/config.h"
#include "net/socket.h"

namespace introspectd::net {

class PassedSockets {
 public:
  using Named = std::pair<std::string, Socket>;

  PassedSockets() = default;
  explicit PassedSockets(std::vector<Named> sockets) : sockets_(std::move(sockets)) {}

  // Those that the environment names, which names them no more: programs that this one starts get
  // neither the sockets nor word of them.
  static absl::StatusOr<PassedSockets> FromEnvironment();

  // All of that name, which are then the caller's. None is an error, with the names that there are.
  absl::StatusOr<std::vector<Socket>> Take(std::string_view name);
  // Of those that nobody took.
  std::vector<std::string> Names() const;

 private:
  std::vector<Named> sockets_;
};

// The names of the descriptors from 3 on, as the three variables have them; none when they are
// meant for a process other than `self`.
struct PassedVariables {
  std::optional<std::string> pid, fds, names;
};
absl::StatusOr<std::vector<std::string>> NamesOfPassed(const PassedVariables& variables,
                                                       std::int64_t self);

// Where a socket listens, as an address that is not kFd. An error when it is no listening stream
// socket, TCP or unix.
absl::StatusOr<ListenAddress> WhereItListens(const Socket& socket);

}  // namespace introspectd::net
