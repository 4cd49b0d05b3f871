// How many authentications may fail: as one client from one address, and from one address in all.
//
// Threads: loop-confined.
// Limits:  two tables of a fixed size, 160 KiB together; nothing in them is ever evicted.
// Cost:    a SHA-256 and two cache misses. Credentials that are known to be good do not come here.
//
// A bucket is found by a keyed hash and has no name. Whoever makes up clients or addresses takes
// from buckets at random, at the rate of its address, and cannot aim at anybody's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/token_bucket.h"
#include "crypto/digest.h"
#include "introspectd/time.h"

namespace introspectd::client {

class FailureLimiter {
 public:
  struct Rates {  // 0 = no limit; ten times as many in a burst
    std::uint32_t per_client_per_s = 0;
    std::uint32_t per_address_per_s = 0;
  };
  explicit FailureLimiter(Rates rates);
  // From now on.
  void SetRates(Rates rates);

  // `id`: who it claims to be, whether or not there is such a client; "" = it does not say.
  bool HasRoom(std::uint64_t address, std::string_view id, Now now) const;
  // One has failed. False: there was no room for it, and none is taken.
  bool Take(std::uint64_t address, std::string_view id, Now now);

 private:
  using Buckets = std::vector<base::TokenBucket>;
  static constexpr std::size_t kClientBuckets = 16'384;
  static constexpr std::size_t kAddressBuckets = 4'096;

  std::size_t PlaceOf(std::uint64_t address, std::string_view id, const Buckets& buckets) const;

  Rates rates_;
  const crypto::ProcessKey key_;
  Buckets by_client_;   // and address; empty: no limit
  Buckets by_address_;  // empty: no limit
};

}  // namespace introspectd::client
