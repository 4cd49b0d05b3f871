// Slow hashes of client secrets, in the PHC string format:
//   $scrypt$ln=15,r=8,p=3$<salt>$<hash>       (RFC 7914)
//   $pbkdf2-sha256$i=600000$<salt>$<hash>     (RFC 8018)
// Salt and hash are base64 without padding.
//
// Threads: immutable. Cost: tens to hundreds of milliseconds a verification; never on a loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace introspectd::crypto {

struct SecretHashCost {
  enum class Kdf : std::uint8_t { kScrypt, kPbkdf2Sha256 };
  Kdf kdf = Kdf::kScrypt;
  std::uint32_t scrypt_log2_n = 15;           // 1..20
  std::uint32_t scrypt_r = 8;                 // 1..32
  std::uint32_t scrypt_p = 3;                 // 1..16
  std::uint32_t pbkdf2_iterations = 600'000;  // 1,000..10,000,000
};

// Whether a hash of this cost can be made here, within the ranges above and 512 MiB of memory; the
// error says what is allowed.
absl::Status CheckCost(const SecretHashCost& cost);

class SecretHash {
 public:
  // `text` in one of the forms above; the error says what is wrong, never what the hash is.
  static absl::StatusOr<SecretHash> Parse(std::string_view text);

  // A new hash with a random salt.
  static SecretHash Make(std::string_view secret, const SecretHashCost& cost);

  // A hash that no secret matches, as expensive as `cost` says.
  static SecretHash Impossible(const SecretHashCost& cost);

  bool Matches(std::string_view secret) const;
  std::string ToString() const;
  const SecretHashCost& cost() const { return cost_; }

 private:
  SecretHash() = default;
  std::string Derive(std::string_view secret) const;

  SecretHashCost cost_;
  std::string salt_;
  std::string hash_;
};

}  // namespace introspectd::crypto
