#include "client/failure_limiter.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::client {
namespace {

constexpr std::uint64_t kHere = 1;
constexpr std::uint64_t kThere = 2;

int TakeAll(FailureLimiter& limiter, std::uint64_t address, std::string_view id, Now now) {
  int taken = 0;
  while (taken < 100'000 && limiter.Take(address, id, now)) ++taken;
  return taken;
}

TEST(FailureLimiterTest, AClientHasABurstAndThenARate) {
  FailureLimiter limiter({.per_client_per_s = 5});
  EXPECT_EQ(TakeAll(limiter, kHere, "a", {}), 50);
  EXPECT_FALSE(limiter.HasRoom(kHere, "a", {}));
  EXPECT_FALSE(limiter.HasRoom(kHere, "a", {.boot_ms = 199}));
  EXPECT_TRUE(limiter.HasRoom(kHere, "a", {.boot_ms = 200}));
  EXPECT_EQ(TakeAll(limiter, kHere, "a", {.boot_ms = 1000}), 5);
  EXPECT_EQ(TakeAll(limiter, kHere, "a", {.boot_ms = 100'000}), 50);
}

TEST(FailureLimiterTest, OthersHaveTheirOwn) {
  FailureLimiter limiter({.per_client_per_s = 5});
  TakeAll(limiter, kHere, "a", {});
  EXPECT_EQ(TakeAll(limiter, kHere, "b", {}), 50);
  EXPECT_EQ(TakeAll(limiter, kThere, "a", {}), 50);
}

TEST(FailureLimiterTest, AnAddressHasOneForAll) {
  FailureLimiter limiter({.per_client_per_s = 5, .per_address_per_s = 10});
  EXPECT_EQ(TakeAll(limiter, kHere, "a", {}), 50);
  EXPECT_EQ(TakeAll(limiter, kHere, "b", {}), 50);
  EXPECT_FALSE(limiter.HasRoom(kHere, "c", {}));
  EXPECT_FALSE(limiter.HasRoom(kHere, "", {}));
  EXPECT_EQ(TakeAll(limiter, kThere, "c", {}), 50);
}

// What is refused is not counted: whoever goes on asking is not kept out for longer.
TEST(FailureLimiterTest, WhatIsRefusedTakesNothing) {
  FailureLimiter limiter({.per_client_per_s = 5, .per_address_per_s = 10});
  TakeAll(limiter, kHere, "a", {});
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(limiter.Take(kHere, "a", {}));
  EXPECT_EQ(TakeAll(limiter, kHere, "b", {}), 50);
}

TEST(FailureLimiterTest, WhoSaysNoNameCountsAsAnAddress) {
  FailureLimiter limiter({.per_client_per_s = 5, .per_address_per_s = 10});
  EXPECT_EQ(TakeAll(limiter, kHere, "", {}), 100);
}

TEST(FailureLimiterTest, ZeroIsNoLimit) {
  FailureLimiter limiter({});
  EXPECT_EQ(TakeAll(limiter, kHere, "a", {}), 100'000);
}

// Names that are made up take from buckets at random; each gives a share of what it has.
TEST(FailureLimiterTest, MadeUpNamesKeepNobodyOut) {
  FailureLimiter limiter({.per_client_per_s = 5, .per_address_per_s = 100});
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    taken += limiter.Take(kHere, "made up " + std::to_string(i), {}) ? 1 : 0;
  }
  EXPECT_EQ(taken, 1000) << "of an address";
  EXPECT_GE(TakeAll(limiter, kThere, "a", {}), 40);
}

}  // namespace
}  // namespace introspectd::client
