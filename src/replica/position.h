// How far a log was read.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace introspectd::replica {

// Which life of which server: while it is the same, transaction ids mean the same.
struct Server {
  std::string system;         // the cluster's identifier
  std::int64_t timeline = 0;  // of its log of writes: another one after a failover
  std::int64_t started_us = 0;

  friend bool operator==(const Server&, const Server&) = default;
};

// All rows that were committed in the snapshot were read.
struct Position {
  // A snapshot in which nothing was committed yet.
  static constexpr std::string_view kNothing = "1:1:";

  Server server;
  std::string snapshot;    // pg_snapshot
  std::int64_t at_us = 0;  // when it was taken, by the server's clock

  std::string ToJson() const;
  // Nothing for what is not one.
  static std::optional<Position> FromJson(std::string_view text);
};

}  // namespace introspectd::replica
