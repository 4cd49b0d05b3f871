// How long the tests of races run.
//
// Threads: thread-safe.
#pragma once

#include <chrono>
#include <cstdlib>

namespace introspectd::token {

// 2 s, or what INTROSPECTD_RACE_SECONDS says.
inline std::chrono::steady_clock::time_point EndOfRace() {
  const char* wanted = std::getenv("INTROSPECTD_RACE_SECONDS");
  return std::chrono::steady_clock::now() +
         std::chrono::seconds(wanted == nullptr ? 2 : std::atoi(wanted));
}

}  // namespace introspectd::token
