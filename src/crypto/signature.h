// Digital signatures as JOSE has them: public keys, and verifiers that are made ready once.
//
// Threads: public keys are values. A Library, and every verifier made with it, belong to one thread
//          at a time: nothing in them is shared with another Library, so that two threads that
//          verify never meet, not even in OpenSSL's own locks and reference counts.
// Cost:    Create looks up algorithms and decodes keys (some 50 µs); Verify does neither, but for
//          the SHA-512 that OpenSSL 3.0 itself looks up for each EdDSA signature.
// Source:  RFC 7518 3.3 to 3.5, RFC 8037 3.1; RFC 8017; FIPS 186-4.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/digest.h"

namespace introspectd::crypto {

enum class SignatureAlgorithm : std::uint8_t {
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,  // Ed25519
};
inline constexpr std::size_t kSignatureAlgorithms = 10;

// "RS256"; compared byte for byte (RFC 7515 4.1.1).
std::optional<SignatureAlgorithm> SignatureAlgorithmOf(std::string_view name);
std::string_view NameOf(SignatureAlgorithm algorithm);

// Numbers are big-endian.
struct RsaPublicKey {
  std::string modulus;
  std::string exponent;
};
enum class Curve : std::uint8_t { kP256, kP384, kP521 };
struct EcPublicKey {
  Curve curve = Curve::kP256;
  std::string x;  // as long as the field: 32, 48 or 66 bytes
  std::string y;
};
struct Ed25519PublicKey {
  std::string x;  // 32 bytes
};
using PublicKey = std::variant<RsaPublicKey, EcPublicKey, Ed25519PublicKey>;

// Whether signatures of this kind can be made with such a key: for EC, the curve decides.
bool Fits(SignatureAlgorithm algorithm, const PublicKey& key);

// Says why a key must not be trusted: an RSA modulus of fewer than 2,048 or more than 8,192 bits or
// with the structure of CVE-2017-15361, an even exponent or one that is not within 3 and 2^32 - 1,
// a point that is not on its curve, a wrong length.
absl::Status CheckPublicKey(const PublicKey& key);

// An instance of OpenSSL of its own.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class SignatureVerifier {
 public:
  // `library` is borrowed and outlives the verifier. InvalidArgument: what CheckPublicKey says, or
  // the key does not fit.
  static absl::StatusOr<SignatureVerifier> Create(const Library& library, const PublicKey& key,
                                                  SignatureAlgorithm algorithm);
  SignatureVerifier(SignatureVerifier&&) noexcept;
  SignatureVerifier& operator=(SignatureVerifier&&) noexcept;
  ~SignatureVerifier();

  SignatureAlgorithm algorithm() const;

  // Whether `signature` (raw, as in a JWS: for ECDSA r and s, each as long as the field) is one of
  // `message`, whose SHA-256 is `sha256`: what the algorithms with that hash need is known already.
  // Leaves no error behind in OpenSSL's queue.
  [[nodiscard]] bool Verify(std::string_view message, const Sha256& sha256,
                            std::string_view signature);

 private:
  struct Impl;
  explicit SignatureVerifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The other signature that is good for the same message and key: (r, n - s) for (r, s). False for
// algorithms that have none, and for what is no signature.
bool TwinOf(SignatureAlgorithm algorithm, std::string_view signature, std::string& twin);

}  // namespace introspectd::crypto
