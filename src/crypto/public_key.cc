// Which public keys are good, and for what.

#include <openssl/ec.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <bit>

#include "crypto/algorithms.h"
#include "crypto/openssl_ptr.h"
#include "crypto/signature.h"

namespace introspectd::crypto {

namespace {

constexpr std::size_t kModulusBitsMin = 2048;
constexpr std::size_t kModulusBitsMax = kModulusBytesMax * 8;
constexpr std::size_t kExponentBytesMax = 4;
constexpr std::size_t kEd25519KeyBytes = 32;

absl::Status Bad(const char* why) { return absl::InvalidArgumentError(why); }

unsigned Byte(char c) { return static_cast<unsigned char>(c); }

bool IsOdd(std::string_view number) { return (Byte(number.back()) & 1) != 0; }

// Without leading zeros, so that the length of a number is that of its value.
bool IsMinimal(std::string_view number) { return !number.empty() && number.front() != '\0'; }

std::size_t BitsOf(std::string_view minimal) {
  return minimal.size() * 8 -
         static_cast<std::size_t>(std::countl_zero(static_cast<unsigned char>(minimal.front())));
}

unsigned Remainder(std::string_view number, unsigned divisor) {
  unsigned remainder = 0;
  for (const char c : number) remainder = (remainder << 8 | Byte(c)) % divisor;
  return remainder;
}

bool IsPowerOf65537(unsigned value, unsigned prime) {
  const unsigned base = 65537 % prime;
  unsigned power = 1;
  do {
    if (power == value) return true;
    power = power * base % prime;
  } while (power != 1);
  return false;
}

// CVE-2017-15361: such a modulus is a power of 65537 modulo every small prime, and can be factored.
// One in 2^27 others is, too. Of those most leave after a few primes.
bool HasRocaStructure(std::string_view modulus) {
  constexpr std::array<std::uint8_t, 38> kPrimes = {
      3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
      73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  return std::all_of(kPrimes.begin(), kPrimes.end(), [modulus](unsigned prime) {
    return IsPowerOf65537(Remainder(modulus, prime), prime);
  });
}

absl::Status Check(const RsaPublicKey& key) {
  if (!IsMinimal(key.modulus) || !IsMinimal(key.exponent)) {
    return Bad("an RSA number is empty or begins with a zero");
  }
  // The length goes first: what follows, and each verification, costs more the longer it is.
  const std::size_t bits = BitsOf(key.modulus);
  if (bits < kModulusBitsMin) return Bad("the RSA modulus has fewer than 2048 bits");
  if (bits > kModulusBitsMax) return Bad("the RSA modulus has more than 8192 bits");
  if (!IsOdd(key.modulus)) return Bad("the RSA modulus is even");
  if (!IsOdd(key.exponent)) return Bad("the RSA exponent is even");
  if (key.exponent.size() > kExponentBytesMax || key.exponent == "\x01") {
    return Bad("the RSA exponent is not within 3 and 2^32 - 1");
  }
  if (HasRocaStructure(key.modulus)) {
    return Bad("the RSA modulus has the structure of CVE-2017-15361");
  }
  return absl::OkStatus();
}

bool IsOnCurve(const EcPublicKey& key) {
  const EcGroupPtr group(EC_GROUP_new_by_curve_name(TraitsOf(key.curve).openssl_id));
  const EcPointPtr point(EC_POINT_new(group.get()));
  const std::string encoded = '\x04' + key.x + key.y;
  return EC_POINT_oct2point(group.get(), point.get(), Unsigned(encoded.data()), encoded.size(),
                            nullptr) == 1;
}

absl::Status Check(const EcPublicKey& key) {
  const std::size_t length = TraitsOf(key.curve).field_bytes;
  if (key.x.size() != length || key.y.size() != length) {
    return Bad("a coordinate is not as long as the curve's field");
  }
  if (IsOnCurve(key)) return absl::OkStatus();
  ERR_clear_error();
  return Bad("the point is not on its curve");
}

// The encodings of the points of order 1, 2, 4 and 8, but for the sign: under such a key anybody
// can sign something. Given by the byte that the others follow from, or in full.
bool IsOfSmallOrder(std::string_view x) {
  using std::string_view_literals::operator""sv;
  constexpr std::array<std::string_view, 2> kOrder8 = {
      "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
      "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05"sv,
      "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
      "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a"sv};
  std::string y(x);
  y.back() = static_cast<char>(Byte(y.back()) & 0x7f);
  if (std::find(kOrder8.begin(), kOrder8.end(), y) != kOrder8.end()) return true;
  const unsigned first = Byte(y.front());
  const std::string_view middle = std::string_view(y).substr(1, y.size() - 2);
  if (y.back() == '\0' && first <= 1) {  // 0 and 1
    return middle.find_first_not_of('\0') == std::string_view::npos;
  }
  // p - 1, p and p + 1
  return y.back() == '\x7f' && first >= 0xec && first <= 0xee &&
         middle.find_first_not_of('\xff') == std::string_view::npos;
}

absl::Status Check(const Ed25519PublicKey& key) {
  if (key.x.size() != kEd25519KeyBytes) return Bad("the Ed25519 key is not of 32 bytes");
  if (IsOfSmallOrder(key.x)) return Bad("the Ed25519 key is a point of small order");
  return absl::OkStatus();
}

}  // namespace

bool Fits(SignatureAlgorithm algorithm, const PublicKey& key) {
  const AlgorithmTraits& traits = TraitsOf(algorithm);
  switch (traits.scheme) {
    case Scheme::kPkcs1:
    case Scheme::kPss:
      return std::holds_alternative<RsaPublicKey>(key);
    case Scheme::kEcdsa: {
      const auto* ec = std::get_if<EcPublicKey>(&key);
      return ec != nullptr && ec->curve == traits.curve;
    }
    case Scheme::kEdDsa:
      return std::holds_alternative<Ed25519PublicKey>(key);
  }
  return false;
}

absl::Status CheckPublicKey(const PublicKey& key) {
  return std::visit([](const auto& one) { return Check(one); }, key);
}

}  // namespace introspectd::crypto
