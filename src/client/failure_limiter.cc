#include "client/failure_limiter.h"

#include <cstring>

namespace introspectd::client {

namespace {

constexpr std::uint32_t kBurstSeconds = 10;

base::Rate RateOf(std::uint32_t per_s) { return {.per_s = per_s, .burst = per_s * kBurstSeconds}; }

std::int64_t MicrosOf(Now now) { return now.boot_ms * 1000; }

}  // namespace

FailureLimiter::FailureLimiter(Rates rates) : key_(crypto::NewProcessKey()) { SetRates(rates); }

void FailureLimiter::SetRates(Rates rates) {
  rates_ = rates;
  by_client_.resize(rates.per_client_per_s > 0 ? kClientBuckets : 0);
  by_address_.resize(rates.per_address_per_s > 0 ? kAddressBuckets : 0);
}

bool FailureLimiter::HasRoom(std::uint64_t address, std::string_view id, Now now) const {
  if (!by_address_.empty() && !by_address_[PlaceOf(address, "", by_address_)].HasOne(
                                  MicrosOf(now), RateOf(rates_.per_address_per_s))) {
    return false;
  }
  return by_client_.empty() || id.empty() ||
         by_client_[PlaceOf(address, id, by_client_)].HasOne(MicrosOf(now),
                                                             RateOf(rates_.per_client_per_s));
}

bool FailureLimiter::Take(std::uint64_t address, std::string_view id, Now now) {
  if (!HasRoom(address, id, now)) return false;
  if (!by_address_.empty()) {
    by_address_[PlaceOf(address, "", by_address_)].Take(MicrosOf(now),
                                                        RateOf(rates_.per_address_per_s));
  }
  if (!by_client_.empty() && !id.empty()) {
    by_client_[PlaceOf(address, id, by_client_)].Take(MicrosOf(now),
                                                      RateOf(rates_.per_client_per_s));
  }
  return true;
}

std::size_t FailureLimiter::PlaceOf(std::uint64_t address, std::string_view id,
                                    const Buckets& buckets) const {
  char bytes[sizeof address];
  std::memcpy(bytes, &address, sizeof address);
  const crypto::Sha256 digest = crypto::KeyedDigest(key_, id, {bytes, sizeof bytes});
  std::uint64_t bits;
  std::memcpy(&bits, digest.data(), sizeof bits);
  return bits % buckets.size();
}

}  // namespace introspectd::client
