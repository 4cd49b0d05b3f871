#include "client/used_assertions.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace introspectd::client {
namespace {

class UsedAssertionsTest : public testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'800'000'000;

  AssertionName Name(std::string_view jti, std::string_view client = "gateway") const {
    return NameOfAssertion(key_, client, jti);
  }

  const crypto::ProcessKey key_ = crypto::NewProcessKey();
};

TEST_F(UsedAssertionsTest, ItsNameIsOfClientAndJti) {
  EXPECT_EQ(Name("a"), Name("a"));
  EXPECT_NE(Name("a"), Name("b"));
  EXPECT_NE(Name("a", "gateway"), Name("a", "other"));
  EXPECT_NE(Name("ab", "c"), Name("b", "ca"));
  EXPECT_NE(Name("a"), NameOfAssertion(crypto::NewProcessKey(), "gateway", "a"));
}

TEST_F(UsedAssertionsTest, EachIsGoodOnceUntilItEnds) {
  UsedAssertions used(10);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow), Use::kFirst);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow), Use::kAgain);
  EXPECT_EQ(used.Take(Name("a"), kNow + 300, kNow + 59), Use::kAgain) << "whatever it says then";
  EXPECT_EQ(used.Take(Name("b"), kNow + 60, kNow), Use::kFirst);
  EXPECT_EQ(used.size(), 2u);
}

// The worker that looked may have read its clock before it was swept here.
TEST_F(UsedAssertionsTest, WhatHasEndedIsNotUsed) {
  UsedAssertions used(10);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow), Use::kFirst);
  used.Sweep(kNow + 60);
  EXPECT_EQ(used.size(), 0u);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow + 60), Use::kAgain);
  EXPECT_EQ(used.Take(Name("c"), kNow + 60, kNow + 60), Use::kAgain);
  EXPECT_EQ(used.size(), 0u);
}

TEST_F(UsedAssertionsTest, AJtiMayComeAgainWhenItsAssertionHasEnded) {
  UsedAssertions used(10);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow), Use::kFirst);
  EXPECT_EQ(used.Take(Name("a"), kNow + 120, kNow + 60), Use::kFirst) << "swept or not";
  used.Sweep(kNow + 60);
  EXPECT_EQ(used.size(), 1u) << "the newer one stays";
  EXPECT_EQ(used.Take(Name("a"), kNow + 120, kNow + 61), Use::kAgain);
  used.Sweep(kNow + 120);
  EXPECT_EQ(used.size(), 0u);
}

TEST_F(UsedAssertionsTest, WhenItIsFullNothingThatLivesGoes) {
  UsedAssertions used(2);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow), Use::kFirst);
  EXPECT_EQ(used.Take(Name("b"), kNow + 90, kNow), Use::kFirst);
  EXPECT_EQ(used.Take(Name("c"), kNow + 60, kNow), Use::kFull);
  EXPECT_EQ(used.Take(Name("a"), kNow + 60, kNow), Use::kAgain) << "of what is known it is sure";
  used.Sweep(kNow + 60);
  EXPECT_EQ(used.Take(Name("c"), kNow + 120, kNow + 60), Use::kFirst) << "it was not used before";
  EXPECT_EQ(used.Take(Name("d"), kNow + 120, kNow + 60), Use::kFull);
}

TEST_F(UsedAssertionsTest, ASweepDoesOnlySoMuchAtOnce) {
  constexpr std::size_t kMany = 25'000;
  UsedAssertions used(kMany);
  for (std::size_t i = 0; i < kMany; ++i) used.Take(Name(std::to_string(i)), kNow + 1, kNow);
  used.Sweep(kNow);
  EXPECT_EQ(used.size(), kMany) << "none has ended";
  used.Sweep(kNow + 1);
  EXPECT_GT(used.size(), kMany / 2);
  EXPECT_LT(used.size(), kMany);
  for (int i = 0; i < 3; ++i) used.Sweep(kNow + 1);
  EXPECT_EQ(used.size(), 0u);
}

// Against what stands in the RFC: nothing is taken twice before the first one's exp.
TEST_F(UsedAssertionsTest, AgreesWithAListOfAllThatWereUsed) {
  std::mt19937 random(7);
  UsedAssertions used(1'000'000);
  std::vector<std::pair<std::string, UnixSeconds>> taken;
  UnixSeconds now = kNow;
  for (int i = 0; i < 5'000; ++i) {
    if (random() % 8 == 0) now += static_cast<UnixSeconds>(random() % 3);
    if (random() % 4 == 0) used.Sweep(now);
    const std::string jti = std::to_string(random() % 200);
    const UnixSeconds exp = now + static_cast<UnixSeconds>(random() % 20);
    bool fresh = exp > now;
    for (const auto& [known, end] : taken) fresh = fresh && !(known == jti && end > now);
    ASSERT_EQ(used.Take(Name(jti), exp, now), fresh ? Use::kFirst : Use::kAgain) << i;
    if (fresh) taken.emplace_back(jti, exp);
  }
}

}  // namespace
}  // namespace introspectd::client
