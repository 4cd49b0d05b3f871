#include "population/population.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/check.h"
#include "crypto/digest.h"
#include "text/base64.h"

namespace introspectd::population {

namespace {

constexpr std::uint64_t kClaimsSalt = 2;
constexpr std::uint64_t kRevokedSalt = 3;

// JSON text: some names are spelled with bytes beyond ASCII, some with escapes, as issuers do.
constexpr std::array<std::string_view, 16> kGivenNames = {
    "jane", "omar",  "li",   "maria", "zo\u00eb",   "ivan",  "aisha", "tom",
    "yuki", "priya", "luca", "nina",  "\\u00e1ine", "diego", "hana",  "kofi"};
constexpr std::array<std::string_view, 16> kFamilyNames = {
    "doe",    "khan",  "wei",     "garcia", "m\u00fcller", "petrov", "okafor", "smith",
    "tanaka", "patel", "o'brien", "rossi",  "andr\\u00e9", "cohen",  "novak",  "mensah"};
constexpr std::array<std::string_view, 8> kDepartments = {
    "sales", "research", "logistics", "legal", "finance", "support", "design", "operations"};

void AppendInteger(std::int64_t value, std::string& out) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

void AppendHex(std::uint64_t bits, int digits, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int shift = digits * 4 - 4; shift >= 0; shift -= 4) out += kHex[bits >> shift & 15];
}

// Version 4 (RFC 9562 5.4).
void AppendUuid(Random& random, std::string& out) {
  const std::uint64_t high = random.Next();
  const std::uint64_t low = random.Next();
  AppendHex(high >> 32, 8, out);
  out += '-';
  AppendHex(high >> 16, 4, out);
  out += "-4";
  AppendHex(high, 3, out);
  out += '-';
  AppendHex((low >> 48 & 0x3fff) | 0x8000, 4, out);
  out += '-';
  AppendHex(low, 12, out);
}

template <std::size_t kSize>
std::string_view Pick(const std::array<std::string_view, kSize>& choices, Random& random) {
  return random.Pick(std::span<const std::string_view>(choices));
}

void AppendUsername(Random& random, std::string& out) {
  out += ",\"username\":\"";
  out += Pick(kGivenNames, random);
  out += '.';
  out += Pick(kFamilyNames, random);
  AppendInteger(static_cast<std::int64_t>(random.Below(10'000)), out);
  out += '"';
}

void AppendTimes(const Client& client, UnixSeconds now, Random& random, std::string& out) {
  // At least a quarter of the lifetime is left, so that a test of some minutes meets no expiry.
  const auto age_max = static_cast<std::uint64_t>(client.lifetime_s / 4 * 3);
  const UnixSeconds iat = now - static_cast<std::int64_t>(random.Below(age_max));
  out += ",\"exp\":";
  AppendInteger(iat + client.lifetime_s, out);
  out += ",\"iat\":";
  AppendInteger(iat, out);
  if (client.with_nbf) {
    out += ",\"nbf\":";
    AppendInteger(iat, out);
  }
}

void AppendExtendedClaims(Random& random, std::string& out) {
  out += ",\"extended_claims\":{\"department\":\"";
  out += Pick(kDepartments, random);
  out += "\",\"groups\":[\"staff\",\"";
  out += Pick(kDepartments, random);
  out += "\"],\"clearance\":";
  AppendInteger(static_cast<std::int64_t>(random.Below(5)), out);
  out += '}';
}

}  // namespace

Population::Population(const Options& options) : options_(options), catalogue_(options.seed) {
  CHECK(options.revoked_share >= 0 && options.revoked_share <= 1);
}

std::string Population::Token(std::uint64_t i) const {
  const crypto::Sha256 digest = crypto::Sha256Of(fmt::format("{}/{}", options_.seed, i));
  return text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool Population::IsRevoked(std::uint64_t i) const {
  constexpr double kWhole = 4'294'967'296.0;
  Random random(options_.seed, kRevokedSalt, i);
  return static_cast<double>(random.Next() >> 32) < options_.revoked_share * kWhole;
}

void Population::AppendClaims(std::uint64_t i, std::string& out) const {
  Random random(options_.seed, kClaimsSalt, i);
  const Client& client = catalogue_.Choose(random);
  out += client.id_member;
  if (client.for_people) AppendUsername(random, out);
  out += random.Pick(std::span<const std::string>(client.scopes));
  out += ",\"sub\":\"";
  AppendUuid(random, out);
  out += '"';
  out += client.audience_and_issuer;
  AppendTimes(client, options_.now, random, out);
  out += ",\"jti\":\"";
  AppendUuid(random, out);
  out += '"';
  out += client.last_members;
  if (client.with_session) {
    out += ",\"sid\":\"";
    AppendHex(random.Next(), 16, out);
    out += '"';
  }
  if (client.with_extended_claims) AppendExtendedClaims(random, out);
  out += '}';
}

void Population::AppendUpdates(std::uint64_t i, std::string& out) const {
  std::string claims;
  claims.reserve(512);
  AppendClaims(i, claims);
  AppendUpdates(i, Token(i), claims, out);
}

void Population::AppendUpdates(std::uint64_t i, std::string_view token, std::string_view claims,
                               std::string& out) const {
  out += R"({"op":"upsert","token":")";
  out += token;
  out += R"(","claims":)";
  out += claims;
  out += "}\n";
  if (!IsRevoked(i)) return;
  out += R"({"op":"revoke","token":")";
  out += token;
  out += "\"}\n";
}

}  // namespace introspectd::population
