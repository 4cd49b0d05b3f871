#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace introspectd::base {
namespace {

constexpr std::int64_t kSecond_us = 1'000'000;
constexpr Rate kRate{.per_s = 4, .burst = 10};

int TakeAll(TokenBucket& bucket, std::int64_t now_us) {
  int taken = 0;
  while (bucket.Take(now_us, kRate)) ++taken;
  return taken;
}

TEST(TokenBucketTest, GivesABurstAndThenItsRate) {
  TokenBucket bucket;
  EXPECT_EQ(TakeAll(bucket, 0), 10);
  EXPECT_EQ(TakeAll(bucket, kSecond_us / 4 - 1), 0);
  EXPECT_EQ(TakeAll(bucket, kSecond_us / 4), 1);
  EXPECT_EQ(TakeAll(bucket, kSecond_us * 5 / 4), 4);
}

TEST(TokenBucketTest, NeverHasMoreThanItsBurst) {
  TokenBucket bucket;
  TakeAll(bucket, 0);
  EXPECT_EQ(TakeAll(bucket, 1000 * kSecond_us), 10);
}

TEST(TokenBucketTest, SaysHowLongToWait) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.WaitUs(7, kRate), 0);
  TakeAll(bucket, 7);
  EXPECT_EQ(bucket.WaitUs(7, kRate), kSecond_us / 4);
  EXPECT_EQ(bucket.WaitUs(7 + kSecond_us / 4, kRate), 0);
}

TEST(TokenBucketTest, IsFullWhenItsBurstIsBack) {
  TokenBucket bucket;
  EXPECT_TRUE(bucket.IsFull(0));
  TakeAll(bucket, 0);
  EXPECT_FALSE(bucket.IsFull(kSecond_us * 10 / 4 - 1));
  EXPECT_TRUE(bucket.IsFull(kSecond_us * 10 / 4));
}

TEST(TokenBucketTest, WhatIsOwedIsWaitedFor) {
  TokenBucket bucket;
  for (int i = 0; i < 14; ++i) bucket.Charge(0, kRate);
  EXPECT_EQ(bucket.WaitUs(0, kRate), kSecond_us * 5 / 4);
  EXPECT_FALSE(bucket.HasOne(kSecond_us, kRate));
  EXPECT_TRUE(bucket.HasOne(kSecond_us * 5 / 4, kRate));
}

}  // namespace
}  // namespace introspectd::base
