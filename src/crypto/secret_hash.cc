#include "crypto/secret_hash.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "fmt/core.h"
#include "text/ascii.h"
#include "text/base64.h"

namespace introspectd::crypto {

namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint64_t kScryptMemoryMax = std::uint64_t{1} << 30;

std::string RandomString(std::size_t size) {
  std::string bytes(size, '\0');
  RandomBytes({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

std::string Unpadded(std::string_view bytes) {
  std::string encoded = text::EncodeBase64(bytes);
  while (!encoded.empty() && encoded.back() == '=') encoded.pop_back();
  return encoded;
}

bool DecodeUnpadded(std::string_view in, std::string& out) {
  std::string padded(in);
  while (padded.size() % 4 != 0) padded += '=';
  out.resize(padded.size());
  const std::ptrdiff_t size = text::DecodeBase64(padded, out.data());
  if (size < 0) return false;
  out.resize(static_cast<std::size_t>(size));
  return true;
}

// "name=123".
bool TakeCost(std::string_view part, std::string_view name, std::uint32_t& value) {
  if (part.substr(0, name.size()) != name || part.substr(name.size(), 1) != "=") return false;
  const auto number = text::ParseInteger<std::uint32_t>(part.substr(name.size() + 1));
  value = number.value_or(0);
  return number.has_value();
}

bool IsWithin(std::uint32_t value, std::uint32_t low, std::uint32_t high) {
  return value >= low && value <= high;
}

std::uint64_t MemoryOf(const SecretHashCost& cost) {
  return (std::uint64_t{128} * cost.scrypt_r) << cost.scrypt_log2_n;
}

bool ParseCost(std::string_view kdf, std::string_view parameters, SecretHashCost& cost) {
  if (kdf == "pbkdf2-sha256") {
    cost.kdf = SecretHashCost::Kdf::kPbkdf2Sha256;
    return TakeCost(parameters, "i", cost.pbkdf2_iterations) && CheckCost(cost).ok();
  }
  cost.kdf = SecretHashCost::Kdf::kScrypt;
  const std::string_view n = text::TakeUntil(parameters, ',');
  const std::string_view r = text::TakeUntil(parameters, ',');
  return kdf == "scrypt" && TakeCost(n, "ln", cost.scrypt_log2_n) &&
         TakeCost(r, "r", cost.scrypt_r) && TakeCost(parameters, "p", cost.scrypt_p) &&
         CheckCost(cost).ok();
}

}  // namespace

absl::Status CheckCost(const SecretHashCost& cost) {
  if (cost.kdf == SecretHashCost::Kdf::kPbkdf2Sha256) {
    if (IsWithin(cost.pbkdf2_iterations, 1'000, 10'000'000)) return absl::OkStatus();
    return absl::InvalidArgumentError("pbkdf2: the iterations must be 1000 to 10000000");
  }
  if (IsWithin(cost.scrypt_log2_n, 1, 20) && IsWithin(cost.scrypt_r, 1, 32) &&
      IsWithin(cost.scrypt_p, 1, 16) && MemoryOf(cost) <= kScryptMemoryMax / 2) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "scrypt: log2(n) must be 1 to 20, r 1 to 32, p 1 to 16, and 2^log2(n) * r * 128 bytes at "
      "most 512 MiB");
}

absl::StatusOr<SecretHash> SecretHash::Parse(std::string_view text) {
  const absl::Status bad = absl::InvalidArgumentError(
      "not a secret hash; `introspect-cli hash-secret` makes one "
      "($scrypt$ln=15,r=8,p=3$salt$hash or $pbkdf2-sha256$i=600000$salt$hash)");
  if (text.substr(0, 1) != "$") return bad;
  text.remove_prefix(1);
  const std::string_view kdf = text::TakeUntil(text, '$');
  const std::string_view parameters = text::TakeUntil(text, '$');
  const std::string_view salt = text::TakeUntil(text, '$');
  SecretHash result;
  if (!ParseCost(kdf, parameters, result.cost_) || !DecodeUnpadded(salt, result.salt_) ||
      !DecodeUnpadded(text, result.hash_) || result.salt_.size() < 8 || result.hash_.size() < 16 ||
      result.hash_.size() > 64) {
    return bad;
  }
  return result;
}

SecretHash SecretHash::Make(std::string_view secret, const SecretHashCost& cost) {
  SecretHash result;
  result.cost_ = cost;
  result.salt_ = RandomString(kSaltBytes);
  result.hash_.resize(kHashBytes);
  result.hash_ = result.Derive(secret);
  return result;
}

SecretHash SecretHash::Impossible(const SecretHashCost& cost) {
  SecretHash result;
  result.cost_ = cost;
  result.salt_ = RandomString(kSaltBytes);
  result.hash_ = RandomString(kHashBytes);
  return result;
}

std::string SecretHash::Derive(std::string_view secret) const {
  std::string out(hash_.size(), '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  const auto* salt = reinterpret_cast<const unsigned char*>(salt_.data());
  if (cost_.kdf == SecretHashCost::Kdf::kScrypt) {
    CHECK(EVP_PBE_scrypt(secret.data(), secret.size(), salt, salt_.size(),
                         std::uint64_t{1} << cost_.scrypt_log2_n, cost_.scrypt_r, cost_.scrypt_p,
                         kScryptMemoryMax, to, out.size()) == 1);
  } else {
    CHECK(PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()), salt,
                            static_cast<int>(salt_.size()),
                            static_cast<int>(cost_.pbkdf2_iterations), EVP_sha256(),
                            static_cast<int>(out.size()), to) == 1);
  }
  return out;
}

bool SecretHash::Matches(std::string_view secret) const {
  return EqualConstantTime(Derive(secret), hash_);
}

std::string SecretHash::ToString() const {
  const std::string parameters = cost_.kdf == SecretHashCost::Kdf::kScrypt
                                     ? fmt::format("$scrypt$ln={},r={},p={}", cost_.scrypt_log2_n,
                                                   cost_.scrypt_r, cost_.scrypt_p)
                                     : fmt::format("$pbkdf2-sha256$i={}", cost_.pbkdf2_iterations);
  return fmt::format("{}${}${}", parameters, Unpadded(salt_), Unpadded(hash_));
}

}  // namespace introspectd::crypto
