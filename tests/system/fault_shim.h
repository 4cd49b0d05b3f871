// Faults of the disk and of the clock, as a test orders them from a server that runs: memory that
// the test shares with a library (fault_shim.cc) which stands between the server and the system.
// So no mount, no other file system and no privilege is needed.
//
// Threads: atomics. Only files below $INTROSPECTD_FAULTS_BELOW are affected.
#pragma once

#include <atomic>
#include <cstdint>

namespace introspectd::system_test {

struct Faults {
  std::atomic<std::int64_t> free_bytes{-1};         // what statvfs says; -1 = the truth
  std::atomic<int> sync_error{0};                   // errno of every sync; 0 = none
  std::atomic<int> write_error{0};                  // ... of every write
  std::atomic<bool> read_only{false};               // nothing can be made or opened for writing
  std::atomic<bool> in_pieces{false};               // half of a write is done, or it is interrupted
  std::atomic<bool> hold_syncs{false};              // they do not return
  std::atomic<std::int64_t> clock_ahead_s{0};       // the wall clock
  std::atomic<std::int64_t> boot_clock_ahead_s{0};  // as after the machine was suspended

  std::atomic<std::uint64_t> syncs{0};    // that returned
  std::atomic<std::uint64_t> held{0};     // syncs that were made to wait
  std::atomic<std::uint64_t> partial{0};  // writes that were done by half, or interrupted
};

inline constexpr const char* kFaultsFile = "INTROSPECTD_FAULTS";         // holds one Faults
inline constexpr const char* kFaultsBelow = "INTROSPECTD_FAULTS_BELOW";  // a directory

}  // namespace introspectd::system_test
