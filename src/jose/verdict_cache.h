// The JWTs that were found good, so that they need not be verified again.
//
// Threads: loop-confined.
// Limits:  bytes, as given; what was not asked about for longest goes first (CLOCK).
// Cost:    Find: one look-up, no allocation.
//
// 1. A verdict says that the signature was good and what stood in the token; whether the token is
//    good now (time, revocations, the key still trusted) is asked every time.
// 2. What is forgotten lives until EndTurn: answers that are still to be made may point to it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "introspectd/store.h"
#include "introspectd/token.h"
#include "token/record.h"

namespace introspectd::jose {

struct Verdict {
  crypto::Sha256 whole{};  // SHA-256 of the token
  TokenDigest digest;
  std::optional<TokenDigest> twin;  // of the token with the other signature of the same key
  token::RecordPtr record;
  std::size_t issuer = 0;
  crypto::Sha256 thumbprint{};  // of the key
  crypto::SignatureAlgorithm algorithm{};

  VerifiedToken token(std::int64_t leeway_s) const {
    return {.digest = digest, .twin = twin, .record = record.get(), .leeway_s = leeway_s};
  }
};

class VerdictCache {
 public:
  explicit VerdictCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  const Verdict* Find(const crypto::Sha256& whole);
  const Verdict* Put(std::unique_ptr<Verdict> verdict);
  void Forget(const crypto::Sha256& whole);
  void Clear();
  void EndTurn() { forgotten_.clear(); }
  void SetMax(std::size_t bytes_max);

  std::size_t size() const { return places_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    std::unique_ptr<Verdict> verdict;
    bool used = false;  // since the hand came by
  };
  struct Hash {
    std::size_t operator()(const crypto::Sha256& digest) const {
      std::size_t bits;
      std::memcpy(&bits, digest.data(), sizeof bits);
      return bits;
    }
  };

  static std::size_t BytesOf(const Verdict& verdict);
  void Drop(std::size_t slot);
  void MakeRoom(std::size_t bytes);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  absl::flat_hash_map<crypto::Sha256, std::size_t, Hash> places_;
  std::vector<std::unique_ptr<Verdict>> forgotten_;
};

}  // namespace introspectd::jose
