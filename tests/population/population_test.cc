#include "population/population.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "introspectd/token.h"
#include "json/document.h"
#include "text/ascii.h"
#include "text/base64.h"

namespace introspectd::population {
namespace {

using ::testing::Each;
using ::testing::MatchesRegex;

constexpr UnixSeconds kNow = 1'700'000'000;
constexpr std::uint64_t kMany = 5'000;

std::string Updates(const Population& population, std::uint64_t count) {
  std::string lines;
  for (std::uint64_t i = 0; i < count; ++i) population.AppendUpdates(i, lines);
  return lines;
}

std::string Claims(const Population& population, std::uint64_t i) {
  std::string claims;
  population.AppendClaims(i, claims);
  return claims;
}

const json::Member& Get(const json::Parser& parser, std::string_view name) {
  const json::Member* const member = json::Find(parser.members(), name);
  EXPECT_NE(member, nullptr) << name;
  return *member;
}

TEST(PopulationTest, TheFirstThousandTokensStayWhatTheyAre) {
  const Population population({.seed = 42, .now = kNow, .revoked_share = 0.04});
  const crypto::Sha256 digest = crypto::Sha256Of(Updates(population, 1'000));
  EXPECT_EQ(text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()}),
            "r6DdwsKq3C2lT0xjEWFgmaFWYIFnY20Ndme37XwKWhE")
      << "files and reports that name a seed speak of other tokens now";
}

TEST(PopulationTest, IsAFunctionOfTheSeed) {
  const Population one({.seed = 1, .now = kNow, .revoked_share = 0.1});
  const Population again({.seed = 1, .now = kNow, .revoked_share = 0.1});
  const Population other({.seed = 2, .now = kNow, .revoked_share = 0.1});
  EXPECT_EQ(Updates(one, 100), Updates(again, 100));
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_NE(one.Token(i), other.Token(i));
}

TEST(PopulationTest, OnlyTheTimesFollowNow) {
  const Population then({.seed = 1, .now = kNow});
  const Population later({.seed = 1, .now = kNow + 1'000});
  json::Parser a(4096, 16);
  json::Parser b(4096, 16);
  for (std::uint64_t i = 0; i < 200; ++i) {
    EXPECT_EQ(then.Token(i), later.Token(i));
    ASSERT_EQ(a.ParseObject(Claims(then, i)), json::Error::kNone);
    ASSERT_EQ(b.ParseObject(Claims(later, i)), json::Error::kNone);
    ASSERT_EQ(a.members().size(), b.members().size());
    for (std::size_t m = 0; m < a.members().size(); ++m) {
      const json::Member& member = a.members()[m];
      const bool is_time = member.name == "exp" || member.name == "iat" || member.name == "nbf";
      ASSERT_EQ(member.name, b.members()[m].name);
      if (is_time) {
        EXPECT_EQ(member.value.integer + 1'000, b.members()[m].value.integer);
      } else {
        EXPECT_EQ(member.value.raw, b.members()[m].value.raw);
      }
    }
  }
}

TEST(PopulationTest, TheShareOfRevokedTokensLeavesTheTokensAlone) {
  const Population none({.seed = 7, .now = kNow});
  const Population some({.seed = 7, .now = kNow, .revoked_share = 0.05});
  const Population all({.seed = 7, .now = kNow, .revoked_share = 1});
  std::uint64_t revoked = 0;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    EXPECT_FALSE(none.IsRevoked(i));
    EXPECT_TRUE(all.IsRevoked(i));
    EXPECT_EQ(Claims(none, i), Claims(some, i));
    if (some.IsRevoked(i)) ++revoked;
  }
  EXPECT_NEAR(static_cast<double>(revoked) / kMany, 0.05, 0.01);
}

TEST(PopulationTest, ARevokedTokenIsFollowedByItsRevocation) {
  const Population population({.seed = 7, .now = kNow, .revoked_share = 1});
  std::string lines;
  population.AppendUpdates(3, lines);
  std::string_view rest = lines;
  json::Parser parser(4096, 16);
  ASSERT_EQ(parser.ParseObject(text::TakeUntil(rest, '\n')), json::Error::kNone);
  EXPECT_EQ(Get(parser, "op").value.string, "upsert");
  EXPECT_EQ(Get(parser, "token").value.string, population.Token(3));
  EXPECT_EQ(Get(parser, "claims").value.raw, Claims(population, 3));
  ASSERT_EQ(parser.ParseObject(text::TakeUntil(rest, '\n')), json::Error::kNone);
  EXPECT_EQ(Get(parser, "op").value.string, "revoke");
  EXPECT_EQ(Get(parser, "token").value.string, population.Token(3));
  EXPECT_EQ(rest, "");
}

TEST(PopulationTest, ClaimsAreOfTheTypesThatAServerAccepts) {
  const std::map<std::string_view, json::Type> types = {
      {"client_id", json::Type::kString},  {"username", json::Type::kString},
      {"scope", json::Type::kString},      {"sub", json::Type::kString},
      {"iss", json::Type::kString},        {"jti", json::Type::kString},
      {"token_type", json::Type::kString}, {"sid", json::Type::kString},
      {"aud", json::Type::kArray},         {"exp", json::Type::kInteger},
      {"iat", json::Type::kInteger},       {"nbf", json::Type::kInteger},
      {"cnf", json::Type::kObject},        {"extended_claims", json::Type::kObject},
      {"tenant", json::Type::kString},     {"extension_field", json::Type::kString}};
  const Population population({.seed = 5, .now = kNow});
  json::Parser parser(4096, 16);
  std::set<std::string, std::less<>> seen;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    ASSERT_EQ(parser.ParseObject(Claims(population, i)), json::Error::kNone);
    for (const json::Member& member : parser.members()) {
      ASSERT_TRUE(types.contains(member.name)) << member.name;
      EXPECT_EQ(member.value.type, types.at(member.name)) << member.name;
      seen.emplace(member.name);
    }
    EXPECT_EQ(Get(parser, "iss").value.string, "https://server.example.com/");
    EXPECT_TRUE(Get(parser, "aud").value.raw.starts_with("[\"https://api.example/\""));
  }
  EXPECT_EQ(seen.size(), types.size());
}

TEST(PopulationTest, TimesAreThoseOfLiveTokens) {
  constexpr std::int64_t kLifetimeMax = 2'592'000;
  const Population population({.seed = 5, .now = kNow});
  json::Parser parser(4096, 16);
  std::set<std::int64_t> lifetimes;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    ASSERT_EQ(parser.ParseObject(Claims(population, i)), json::Error::kNone);
    const std::int64_t exp = Get(parser, "exp").value.integer;
    const std::int64_t iat = Get(parser, "iat").value.integer;
    EXPECT_GT(exp, kNow + 60);
    EXPECT_LE(iat, kNow);
    EXPECT_LE(exp - iat, kLifetimeMax);
    lifetimes.insert(exp - iat);
  }
  EXPECT_GE(lifetimes.size(), 5u);
  EXPECT_LE(*lifetimes.begin(), 900);
  EXPECT_GE(*lifetimes.rbegin(), 4 * 3600);
}

TEST(PopulationTest, ClientsAndScopesRepeatAsAnIssuersDo) {
  const Population population({.seed = 5, .now = kNow});
  json::Parser parser(4096, 16);
  std::map<std::string, int> clients;
  std::set<std::string> scopes;
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const std::string claims = Claims(population, i);
    bytes += claims.size();
    ASSERT_EQ(parser.ParseObject(claims), json::Error::kNone);
    ++clients[std::string(Get(parser, "client_id").value.string)];
    scopes.emplace(Get(parser, "scope").value.string);
  }
  EXPECT_GE(clients.size(), 300u);
  EXPECT_LE(clients.size(), kClients);
  EXPECT_GE(scopes.size(), 24u);
  EXPECT_LE(scopes.size(), 64u);
  int busiest = 0;
  for (const auto& [client, tokens] : clients) busiest = std::max(busiest, tokens);
  EXPECT_GT(busiest, static_cast<int>(kMany / 10));
  EXPECT_LT(busiest, static_cast<int>(kMany / 4));
  EXPECT_NEAR(static_cast<double>(bytes) / kMany, 350, 35);
}

TEST(PopulationTest, TokensAndIdentifiersAreDistinctAndWellFormed) {
  const Population population({.seed = 5, .now = kNow});
  json::Parser parser(4096, 16);
  std::set<std::string> tokens;
  std::set<TokenDigest> digests;
  std::vector<std::string> identifiers;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    tokens.insert(population.Token(i));
    digests.insert(TokenDigest::Of(population.Token(i)));
    ASSERT_EQ(parser.ParseObject(Claims(population, i)), json::Error::kNone);
    identifiers.emplace_back(Get(parser, "sub").value.string);
    identifiers.emplace_back(Get(parser, "jti").value.string);
  }
  EXPECT_EQ(tokens.size(), kMany);
  EXPECT_EQ(digests.size(), kMany);
  EXPECT_THAT(tokens, Each(MatchesRegex("[A-Za-z0-9_-]{43}")));
  EXPECT_THAT(identifiers,
              Each(MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                "[0-9a-f]{12}")));
  EXPECT_EQ(std::set<std::string>(identifiers.begin(), identifiers.end()).size(), 2 * kMany);
}

}  // namespace
}  // namespace introspectd::population
