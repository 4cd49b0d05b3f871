// How thorough the tests of the journal are.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace introspectd::journal {

// With sanitizers everything takes ten times as long.
#ifdef __SANITIZE_ADDRESS__
inline constexpr std::uint64_t kSlowness = 4;
#else
inline constexpr std::uint64_t kSlowness = 1;
#endif

// The number in the environment variable, or `everyday`.
inline std::uint64_t Setting(const char* variable, std::uint64_t everyday) {
  const char* wanted = std::getenv(variable);
  return wanted == nullptr ? everyday : std::strtoull(wanted, nullptr, 10);
}

}  // namespace introspectd::journal
