// How the TLS handshakes of one loop ended.
//
// Threads: its loop adds, whoever likes reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace introspectd::server {

class HandshakeCounts {
 public:
  enum class End : std::uint8_t { kFull, kResumed, kFailed };
  static constexpr std::array<const char*, 3> kNames{"full", "resumed", "failed"};

  void Add(End end) {
    std::atomic<std::uint64_t>& count = counts_[static_cast<std::size_t>(end)];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint64_t Get(End end) const {
    return counts_[static_cast<std::size_t>(end)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kNames.size()> counts_{};
};

}  // namespace introspectd::server
