// Credentials that were verified, remembered as keyed digests, so that a slow hash is paid once.
//
// Threads: loop-confined; the key is shared by all loops.
// Limits:  as given; when it is full, it begins anew. Only good credentials are in it, so that
//          nobody without any can fill it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "crypto/digest.h"

namespace introspectd::client {

class CredentialCache {
 public:
  CredentialCache(const crypto::ProcessKey& key, std::size_t max) : key_(key), max_(max) {}

  crypto::Sha256 DigestOf(std::string_view id, std::string_view secret) const {
    return crypto::KeyedDigest(key_, id, secret);
  }

  std::optional<std::uint32_t> Find(const crypto::Sha256& digest) const {
    const auto found = verified_.find(digest);
    if (found == verified_.end()) return std::nullopt;
    return found->second;
  }

  void Remember(const crypto::Sha256& digest, std::uint32_t index) {
    if (verified_.size() >= max_) verified_.clear();
    verified_.insert_or_assign(digest, index);
  }

  void Forget() { verified_.clear(); }
  void SetMax(std::size_t max) { max_ = max; }

 private:
  const crypto::ProcessKey key_;
  std::size_t max_;
  absl::flat_hash_map<crypto::Sha256, std::uint32_t> verified_;
};

}  // namespace introspectd::client
