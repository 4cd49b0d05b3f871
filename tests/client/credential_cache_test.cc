#include "client/credential_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::client {
namespace {

const crypto::ProcessKey kKey{1, 2, 3};

TEST(CredentialCacheTest, FindsWhatItRemembers) {
  CredentialCache cache(kKey, 16);
  const crypto::Sha256 digest = cache.DigestOf("id", "secret");
  EXPECT_EQ(cache.Find(digest), std::nullopt);
  cache.Remember(digest, 3);
  EXPECT_EQ(cache.Find(digest), 3u);
  EXPECT_EQ(cache.Find(cache.DigestOf("id", "Secret")), std::nullopt);
  EXPECT_EQ(cache.Find(cache.DigestOf("ids", "ecret")), std::nullopt) << "no gluing of parts";
  cache.Remember(digest, 4);
  EXPECT_EQ(cache.Find(digest), 4u);
  cache.Forget();
  EXPECT_EQ(cache.Find(digest), std::nullopt);
}

TEST(CredentialCacheTest, CachesOfOneKeyAgree) {
  const CredentialCache one(kKey, 16);
  const CredentialCache same(kKey, 16);
  const CredentialCache other(crypto::ProcessKey{9}, 16);
  EXPECT_EQ(one.DigestOf("id", "secret"), same.DigestOf("id", "secret"));
  EXPECT_NE(one.DigestOf("id", "secret"), other.DigestOf("id", "secret"));
}

TEST(CredentialCacheTest, BeginsAnewWhenItIsFull) {
  constexpr std::uint32_t kMax = 8;
  CredentialCache cache(kKey, kMax);
  const auto digest = [&cache](std::uint32_t i) { return cache.DigestOf("id", std::to_string(i)); };
  for (std::uint32_t i = 0; i < kMax; ++i) cache.Remember(digest(i), i);
  for (std::uint32_t i = 0; i < kMax; ++i) EXPECT_EQ(cache.Find(digest(i)), i);
  cache.Remember(digest(kMax), kMax);
  EXPECT_EQ(cache.Find(digest(kMax)), kMax);
  for (std::uint32_t i = 0; i < kMax; ++i) EXPECT_EQ(cache.Find(digest(i)), std::nullopt);
}

}  // namespace
}  // namespace introspectd::client
