#include "client/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/kdf_counter.h"

namespace introspectd::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kdf = crypto::SecretHashCost::Kdf;

const crypto::SecretHashCost kCheap{
    .kdf = Kdf::kScrypt, .scrypt_log2_n = 4, .scrypt_r = 2, .scrypt_p = 1};
constexpr std::uint64_t kCheapN = 16;

std::string Hash(std::string_view secret) {
  return crypto::SecretHash::Make(secret, kCheap).ToString();
}

ClientConfig ClientOf(const std::string& id, const SecretConfig& secret) {
  return {.id = id, .secret = secret, .auth = {AuthMethod::kClientSecretBasic}, .audiences = {"*"}};
}

Config ConfigOf(std::vector<ClientConfig> clients, std::vector<AdminTokenConfig> tokens = {}) {
  Config config{};
  config.introspection.issuer = "https://server.example.com/";
  config.clients = std::move(clients);
  config.admin.tokens = std::move(tokens);
  return config;
}

class RegistryTest : public ::testing::Test {
 protected:
  ~RegistryTest() override { TakeHashesComputed(); }

  // Whose secret it is, or -1.
  static int Verify(const Registry& registry, const Pairs& pairs) {
    TakeHashesComputed();
    const auto proof = registry.VerifyClient(pairs);
    return proof ? static_cast<int>(proof->index) : -1;
  }
};

TEST_F(RegistryTest, VerifiesPlainSecrets) {
  const Registry registry(
      ConfigOf({ClientOf("a", {.plain = "secret a"}), ClientOf("b", {.plain = "secret b"})}), 7);
  EXPECT_EQ(registry.generation(), 7u);
  EXPECT_EQ(Verify(registry, {{"a", "secret a"}}), 0);
  EXPECT_EQ(Verify(registry, {{"b", "secret b"}}), 1);
  for (const auto& [id, secret] : Pairs{{"a", "secret b"},
                                        {"a", ""},
                                        {"", "secret a"},
                                        {"c", "secret a"},
                                        {"A", "secret a"},
                                        {"a", "secret a "},
                                        {"a", "secret"}}) {
    EXPECT_EQ(Verify(registry, {{id, secret}}), -1) << id << ":" << secret;
  }
}

TEST_F(RegistryTest, VerifiesTwoHashesWhileASecretIsRotated) {
  const Registry registry(ConfigOf({ClientOf("a", {.hashes = {Hash("new"), Hash("old")}})}), 1);
  EXPECT_EQ(Verify(registry, {{"a", "new"}}), 0);
  EXPECT_EQ(Verify(registry, {{"a", "old"}}), 0);
  EXPECT_EQ(Verify(registry, {{"a", "older"}}), -1);
}

TEST_F(RegistryTest, AClientWithoutAnySecretIsNobodys) {
  const Registry registry(ConfigOf({ClientOf("a", {})}), 1);
  EXPECT_EQ(Verify(registry, {{"a", ""}}), -1);
  EXPECT_EQ(registry.VerifyPlainClient({{"a", ""}}), std::nullopt);
}

TEST_F(RegistryTest, EitherReadingMayBeTheRightOne) {
  const Registry registry(
      ConfigOf({ClientOf("a", {.plain = "x+y"}), ClientOf("b", {.plain = "x y"})}), 1);
  const auto raw = registry.VerifyClient({{"a", "x+y"}, {"a", "x y"}});
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->index, 0u);
  EXPECT_EQ(raw->pair, 0u);
  const auto decoded = registry.VerifyClient({{"b", "x+y"}, {"b", "x y"}});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->index, 1u);
  EXPECT_EQ(decoded->pair, 1u);
}

// Whoever counts the time of a refusal must not learn which clients there are.
TEST_F(RegistryTest, ARefusalCostsTheSameWhoeverIsNamed) {
  const Registry registry(
      ConfigOf({ClientOf("plain", {.plain = "p"}), ClientOf("one", {.hashes = {Hash("1")}}),
                ClientOf("two", {.hashes = {Hash("2"), Hash("3")}})}),
      1);
  for (const char* id : {"plain", "one", "two", "nobody", ""}) {
    EXPECT_EQ(Verify(registry, {{id, "wrong"}}), -1);
    EXPECT_THAT(TakeHashesComputed(), ElementsAre(kCheapN, kCheapN)) << id;
    EXPECT_EQ(Verify(registry, {{id, "wr+ng"}, {id, "wr ng"}}), -1);
    EXPECT_THAT(TakeHashesComputed(), ElementsAre(kCheapN, kCheapN, kCheapN, kCheapN)) << id;
  }
}

TEST_F(RegistryTest, WithoutHashesARefusalCostsNone) {
  const Registry registry(ConfigOf({ClientOf("plain", {.plain = "p"})}), 1);
  EXPECT_EQ(Verify(registry, {{"plain", "wrong"}}), -1);
  EXPECT_EQ(registry.VerifyClient({{"nobody", "wrong"}}), std::nullopt);
  EXPECT_THAT(TakeHashesComputed(), IsEmpty());
}

TEST_F(RegistryTest, WhatStandsInForAMissingHashCostsAsConfigured) {
  const crypto::SecretHashCost pbkdf2{.kdf = Kdf::kPbkdf2Sha256, .pbkdf2_iterations = 1234};
  const Registry registry(
      ConfigOf({ClientOf("a", {.hashes = {crypto::SecretHash::Make("s", pbkdf2).ToString()}})}), 1);
  EXPECT_EQ(Verify(registry, {{"nobody", "s"}}), -1);
  EXPECT_THAT(TakeHashesComputed(), ElementsAre(1234));
}

TEST_F(RegistryTest, PlainSecretsAreVerifiedWithoutAnySlowHash) {
  const Registry registry(
      ConfigOf({ClientOf("plain", {.plain = "p"}), ClientOf("hashed", {.hashes = {Hash("h")}})},
               {{.name = "plain", .secret = {.plain = "tp"}},
                {.name = "hashed", .secret = {.hashes = {Hash("th")}}}}),
      1);
  TakeHashesComputed();
  ASSERT_TRUE(registry.VerifyPlainClient({{"plain", "p"}}));
  EXPECT_EQ(registry.VerifyPlainClient({{"x", "p"}, {"plain", "p"}})->pair, 1u);
  EXPECT_EQ(registry.VerifyPlainClient({{"plain", "x"}}), std::nullopt);
  EXPECT_EQ(registry.VerifyPlainClient({{"hashed", "h"}}), std::nullopt);
  EXPECT_EQ(registry.VerifyPlainClient({{"nobody", "p"}}), std::nullopt);
  EXPECT_EQ(registry.VerifyPlainAdmin({{"", "tp"}})->index, 0u);
  EXPECT_EQ(registry.VerifyPlainAdmin({{"", "th"}}), std::nullopt);
  EXPECT_THAT(TakeHashesComputed(), IsEmpty());
}

TEST_F(RegistryTest, VerifiesAdminTokens) {
  const Registry registry(
      ConfigOf({}, {{.name = "issuer",
                     .secret = {.hashes = {Hash("new"), Hash("old")}},
                     .scopes = {AdminScope::kUpsert, AdminScope::kRevoke}},
                    {.name = "ops",
                     .secret = {.plain = "ops token"},
                     .scopes = {AdminScope::kRevoke, AdminScope::kStatus},
                     .issuers = {"https://a/", "https://b/"}},
                    {.name = "any", .secret = {.plain = "x"}, .issuers = {"*"}}}),
      1);
  EXPECT_EQ(registry.VerifyAdmin({{"", "new"}})->index, 0u);
  EXPECT_EQ(registry.VerifyAdmin({{"", "old"}})->index, 0u);
  EXPECT_EQ(registry.VerifyAdmin({{"", "ops token"}})->index, 1u);
  EXPECT_EQ(registry.VerifyAdmin({{"", "issuer"}}), std::nullopt);
  EXPECT_EQ(registry.VerifyAdmin({{"", ""}}), std::nullopt);

  const AdminToken& issuer = registry.admin_tokens()[0];
  EXPECT_TRUE(issuer.Allows(AdminScope::kUpsert));
  EXPECT_FALSE(issuer.Allows(AdminScope::kStatus));
  EXPECT_TRUE(issuer.pusher.may_upsert);
  EXPECT_TRUE(issuer.pusher.may_revoke);
  EXPECT_THAT(issuer.pusher.issuers, ElementsAre("https://server.example.com/"));
  EXPECT_FALSE(issuer.pusher.any_issuer);
  const AdminToken& ops = registry.admin_tokens()[1];
  EXPECT_FALSE(ops.pusher.may_upsert);
  EXPECT_TRUE(ops.pusher.may_revoke);
  EXPECT_FALSE(ops.pusher.SpeaksFor("https://server.example.com/"));
  EXPECT_TRUE(ops.pusher.SpeaksFor("https://b/"));
  EXPECT_TRUE(registry.admin_tokens()[2].pusher.any_issuer);
}

TEST_F(RegistryTest, AClientHasTheMethodsThatItIsGiven) {
  const Registry registry(ConfigOf({ClientOf("a", {.plain = "p"})}), 1);
  const Client& client = registry.clients()[0];
  EXPECT_EQ(client.caller.id(), "a");
  EXPECT_TRUE(client.Allows(AuthMethod::kClientSecretBasic));
  EXPECT_FALSE(client.Allows(AuthMethod::kClientSecretPost));
}

}  // namespace
}  // namespace introspectd::client
