// How often things took how long: a histogram with fixed buckets, as Prometheus wants them.
//
// Threads: one writer; Read may be called by any.
// Cost:    an Add is a search in a short table, two plain loads and two plain stores.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace introspectd::base {

class Histogram {
 public:
  // The upper ends of the buckets, inclusive; behind the last one there is one more. From what a
  // look-up takes to what a gateway gives up after.
  static constexpr std::array<std::int64_t, 18> kBounds_us{
      10,     25,     50,     100,     250,     500,     1'000,     2'500,     5'000,
      10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000};
  static constexpr std::size_t kBuckets = kBounds_us.size() + 1;

  // What was counted; several of them add up.
  struct Reading {
    std::array<std::uint64_t, kBuckets> counts{};  // of each bucket alone
    std::uint64_t sum_us = 0;
  };

  void Add(std::int64_t us, std::uint64_t times = 1) {
    const auto bound = std::ranges::lower_bound(kBounds_us, us);
    Raise(counts_[static_cast<std::size_t>(bound - kBounds_us.begin())], times);
    Raise(sum_us_, static_cast<std::uint64_t>(us) * times);
  }

  void ReadInto(Reading& sum) const {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      sum.counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
    sum.sum_us += sum_us_.load(std::memory_order_relaxed);
  }

 private:
  // Nobody else writes.
  static void Raise(std::atomic<std::uint64_t>& value, std::uint64_t by) {
    value.store(value.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

}  // namespace introspectd::base
