// What a replica is told.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <string>

namespace introspectd::replica {

// How long after a connection to the log is lost, or could not be opened, it is tried again.
inline constexpr std::int64_t kOpenAgain_ms = 300;

struct Options {
  std::string url;  // as libpq takes it
  bool create_schema = false;
  std::int64_t staleness_max_s = 30;
  bool fail_closed = true;
  std::int64_t poll_ms = 10;
  std::int64_t keep_s = 3600;
  // What all nodes of a log must agree on.
  std::string issuer;
  std::int64_t token_lifetime_max_s = 0;
  std::int64_t line_bytes_max = 0;
};

}  // namespace introspectd::replica
