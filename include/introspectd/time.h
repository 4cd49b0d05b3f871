// The times that decide about tokens. Everything that decides takes them as a parameter.
#pragma once

#include <cstdint>

namespace introspectd {

// Seconds since 1970-01-01T00:00:00Z, as NumericDate (RFC 7519 2), integers only.
using UnixSeconds = std::int64_t;

// Microseconds since 1970-01-01T00:00:00Z; also the unit of update sequences.
using UnixMicros = std::int64_t;

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;

// One reading of the clocks.
struct Now {
  UnixMicros wall_us = 0;    // never runs backwards within a process
  std::int64_t boot_ms = 0;  // CLOCK_BOOTTIME: counts suspended time; for deadlines and leases

  UnixSeconds seconds() const { return wall_us / kMicrosPerSecond; }
};

}  // namespace introspectd
