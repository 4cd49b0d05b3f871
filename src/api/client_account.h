// What one worker counts of one client, and what the client still may; for as long as the process
// lives, over every reload (server::ClientAccounts).
//
// Threads: the worker's; what was counted may be read by all.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "api/state.h"
#include "base/token_bucket.h"

namespace introspectd::api {

class alignas(64) ClientAccount {
 public:
  void Add(Count count) {
    auto& value = values_[static_cast<std::size_t>(count)];
    value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint64_t Get(Count count) const {
    return values_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
  }
  // Of limits.inactive_per_client_per_s.
  base::TokenBucket& inactive() { return inactive_; }

 private:
  std::array<std::atomic<std::uint64_t>, kCounts> values_{};
  base::TokenBucket inactive_;
};

}  // namespace introspectd::api
