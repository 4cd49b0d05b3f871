// Addresses to listen on: "host:port", "[v6]:port", "unix:/path?mode=0660", "fd:NAME".
//
// Threads: immutable functions.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "introspectd/config.h"

namespace introspectd::config {

// `text` has no control characters. The error quotes it and says what is allowed. Hosts are literal
// and come back in their canonical spelling, so that equal addresses are equal strings.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

// Only processes on this machine can reach it: loopback or a unix socket. Of a socket that is
// passed on (kFd) nobody can tell before it is there: not local.
bool IsLocal(const ListenAddress& address);

}  // namespace introspectd::config
