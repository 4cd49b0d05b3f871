#include "population/catalogue.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "text/base64.h"

namespace introspectd::population {

namespace {

constexpr std::uint64_t kClientSalt = 1;

constexpr std::array<std::string_view, 16> kProducts = {
    "orders", "invoices", "payments", "catalog",  "shipping", "support", "search",  "reports",
    "photos", "calendar", "messages", "profiles", "devices",  "tickets", "loyalty", "stock"};
constexpr std::array<std::string_view, 6> kFaces = {"web", "ios", "android", "spa", "kiosk", "cli"};
constexpr std::array<std::string_view, 4> kJobs = {"sync", "export", "worker", "gateway"};
constexpr std::array<std::int64_t, 7> kLifetimes = {300, 600, 900, 1800, 3600, 14'400, 86'400};
constexpr std::array<std::string_view, 3> kTenants = {"acme", "globex", "initech"};

std::string RandomDigest(Random& random) {
  std::string bytes;
  while (bytes.size() < 32) {
    const std::uint64_t bits = random.Next();
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(bits >> shift & 0xff);
  }
  return text::EncodeBase64Url(bytes);
}

std::vector<std::string> Scopes(std::string_view product, bool for_people) {
  const std::string read = fmt::format("{}.read", product);
  const std::string write = fmt::format("{0}.read {0}.write", product);
  if (!for_people) return {fmt::format(",\"scope\":\"{}\"", write)};
  return {fmt::format(",\"scope\":\"openid profile email {}\"", read),
          fmt::format(",\"scope\":\"openid profile offline_access {}\"", write),
          fmt::format(",\"scope\":\"{}\"", read)};
}

std::string Audience(std::string_view product, Random& random) {
  std::string more;
  if (random.Chance(25)) more += fmt::format(",\"https://{}.api.example/\"", product);
  if (random.Chance(10)) more += ",\"https://server.example.com/userinfo\"";
  return fmt::format(",\"aud\":[\"{}\"{}],\"iss\":\"{}\"", kAudience, more, kIssuer);
}

std::string LastMembers(Random& random) {
  std::string members = ",\"token_type\":\"Bearer\"";
  if (random.Chance(8)) {
    members += fmt::format(",\"cnf\":{{\"x5t#S256\":\"{}\"}}", RandomDigest(random));
  }
  if (random.Chance(30)) {
    members +=
        fmt::format(",\"tenant\":\"{}\"", random.Pick(std::span<const std::string_view>(kTenants)));
  }
  if (random.Chance(10)) members += ",\"extension_field\":\"twenty-seven\"";
  return members;
}

Client MakeClient(std::uint64_t seed, std::uint64_t index) {
  Random random(seed, kClientSalt, index);
  const std::string_view product = kProducts[index % kProducts.size()];
  Client client;
  client.for_people = !random.Chance(20);
  const std::string_view face = client.for_people
                                    ? random.Pick(std::span<const std::string_view>(kFaces))
                                    : random.Pick(std::span<const std::string_view>(kJobs));
  client.id_member = fmt::format("{{\"client_id\":\"{}-{}-{:03}\"", product, face, index);
  client.scopes = Scopes(product, client.for_people);
  client.audience_and_issuer = Audience(product, random);
  client.last_members = LastMembers(random);
  client.lifetime_s = random.Pick(std::span<const std::int64_t>(kLifetimes));
  client.with_session = client.for_people && random.Chance(30);
  client.with_nbf = random.Chance(15);
  client.with_extended_claims = random.Chance(15);
  return client;
}

}  // namespace

Catalogue::Catalogue(std::uint64_t seed) {
  double sum = 0;
  for (std::size_t k = 1; k <= kClients; ++k) sum += 1.0 / static_cast<double>(k);
  double share = 0;
  for (std::size_t k = 1; k <= kClients; ++k) {
    clients_.push_back(MakeClient(seed, k - 1));
    share += 1.0 / static_cast<double>(k) / sum;
    busy_.push_back(static_cast<std::uint32_t>(std::min(share, 1.0) * 4'294'967'295.0));
  }
}

const Client& Catalogue::Choose(Random& random) const {
  const auto point = static_cast<std::uint32_t>(random.Next());
  const auto found = std::upper_bound(busy_.begin(), busy_.end(), point);
  const auto index = static_cast<std::size_t>(found - busy_.begin());
  return clients_[std::min(index, kClients - 1)];
}

}  // namespace introspectd::population
