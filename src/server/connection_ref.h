// A connection that may have ended since, and its slot been used again.
//
// Threads: loop-confined.
// Owner:   the slots of a ConnectionPool, which outlive whoever refers to them.
#pragma once

#include <cstdint>

namespace introspectd::server {

class Connection;

struct ConnectionRef {
  explicit ConnectionRef(Connection& referred);
  bool current() const;

  Connection* connection;
  std::uint32_t generation;
};

}  // namespace introspectd::server
