// Durations counted in log-linear buckets, as HdrHistogram does: 64 to each power of two.
//
// Threads: one writer, one thread.
// Limits:  any 64-bit value; what is read back is too high by less than 1/64. 30 KiB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace introspectd::load {

class Histogram {
 public:
  void Record(std::uint64_t value);
  // As if all that `other` has were recorded here.
  void Merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }

  // The value that `quantile` (above 0, at most 1) of all recorded ones do not exceed; 0 when
  // there is none.
  std::uint64_t AtQuantile(double quantile) const;

 private:
  static constexpr int kSubBucketBits = 6;
  static constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBucketBits;
  // Values below 2 * kSubBuckets have buckets of width 1; each power of two above adds one row.
  static constexpr std::size_t kBuckets = (64 - kSubBucketBits + 1) * kSubBuckets;

  static std::size_t BucketOf(std::uint64_t value);
  static std::uint64_t HighestIn(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace introspectd::load
