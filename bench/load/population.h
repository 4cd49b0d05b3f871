// The tokens that are asked about, and what must be answered.
//
// Threads: immutable once made.
// Limits:  2^32 tokens; all are kept, end to end, with 24 bytes more each. A token is rarely in any
//          cache: whoever asks about very many fetches ahead.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/time.h"
#include "load/expectation.h"

namespace introspectd::load {

enum class Sort : std::uint8_t { kActive, kRevoked, kExpired, kJwt };
inline constexpr std::size_t kSorts = 4;

// What `introspect-cli generate` was given.
struct Generated {
  std::uint64_t seed = 0;
  std::uint64_t tokens = 0;
  double revoked_share = 0;
  UnixSeconds now = 0;  // 0: not known
};

class Population {
 public:
  // NDJSON of token updates, in the order in which they were pushed. Of lines that name no token
  // only heartbeat and complete are allowed, since of others nobody could say what they hit.
  static absl::StatusOr<Population> Read(const std::string& file);
  static Population Generate(const Generated& options);

  std::size_t size() const { return entries_.size(); }

  // As it stands in a form body.
  std::string_view token(std::size_t i) const {
    const std::uint64_t place = entries_[i].place;
    return {tokens_.data() + (place >> kSizeBits), place & ((1u << kSizeBits) - 1)};
  }
  void Prefetch(std::size_t i) const {
    __builtin_prefetch(&entries_[i]);
    __builtin_prefetch(&entries_[i].subject);
  }
  Expectation expectation(std::size_t i, UnixSeconds now) const;
  // An expired or a revoked JWT is that, and no kJwt.
  Sort sort(std::size_t i, UnixSeconds now) const;

 private:
  friend class PopulationReader;
  static constexpr UnixSeconds kRevoked = INT64_MIN;
  static constexpr UnixSeconds kNoEnd = INT64_MAX;

  static constexpr int kSizeBits = 20;  // a line of updates is shorter

  struct Entry {
    std::uint64_t place;  // in tokens_: the offset, then kSizeBits of the size
    UnixSeconds end;      // or kRevoked
    std::uint64_t subject;
  };

  Population() = default;
  void Add(std::string_view token);
  bool IsJwt(std::size_t i) const;

  std::string tokens_;
  std::vector<Entry> entries_;
  UnixSeconds sure_until_ = kNoEnd;  // beyond it, any token may have ended
};

}  // namespace introspectd::load
