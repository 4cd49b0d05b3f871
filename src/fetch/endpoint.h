// Where a server listens, as people write it: http[s]://HOST[:PORT][/PREFIX] or unix:/PATH.
//
// Threads: immutable.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace introspectd::fetch {

struct Endpoint {
  std::string base;         // what a request's target is appended to: "http://127.0.0.1:8081"
  std::string socket_path;  // of unix:/PATH; "" = TCP

  // Refuses user names, passwords, queries and fragments. Errors do not repeat `text`, which may
  // hold a password by mistake.
  static absl::StatusOr<Endpoint> Parse(const std::string& text);

  // As Parse takes it.
  std::string ToString() const;
};

}  // namespace introspectd::fetch
