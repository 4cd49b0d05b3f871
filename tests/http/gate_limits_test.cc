#include <gtest/gtest.h>

#include <string>

#include "http/gate.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

const HttpLimits kLimits = SmallLimits();

Refusal RefusalOf(const std::string& message) {
  Gate whole(kLimits);
  const Gate::Step step = whole.Feed(message);
  Gate bytewise(kLimits);
  Gate::Step last = Gate::Step::kNeedMore;
  for (std::size_t size = 1; size <= message.size() && last == Gate::Step::kNeedMore; ++size) {
    last = bytewise.Feed(std::string_view(message).substr(0, size));
  }
  EXPECT_EQ(step, last);
  EXPECT_EQ(whole.refusal(), bytewise.refusal());
  EXPECT_NE(step, Gate::Step::kNeedMore);
  return whole.refusal();
}

std::string Get(const std::string& target, const std::string& headers) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}
std::string Line(std::size_t size) { return "X: " + std::string(size - 3, 'x') + "\r\n"; }

TEST(GateLimitsTest, ATargetAtItsLimitAndOneByteMore) {
  EXPECT_EQ(RefusalOf(Get("/" + std::string(63, 'a'), "")), Refusal::kNone);
  EXPECT_EQ(RefusalOf(Get("/" + std::string(64, 'a'), "")), Refusal::kTargetTooLong);
}

TEST(GateLimitsTest, ALineAtItsLimitAndOneByteMore) {
  EXPECT_EQ(RefusalOf(Get("/", Line(256))), Refusal::kNone);
  EXPECT_EQ(RefusalOf(Get("/", Line(257))), Refusal::kHeadTooLarge);
}

TEST(GateLimitsTest, EightHeadersAndOneMore) {
  std::string seven;
  for (int i = 0; i < 7; ++i) seven += "X: y\r\n";
  EXPECT_EQ(RefusalOf(Get("/", seven)), Refusal::kNone);
  EXPECT_EQ(RefusalOf(Get("/", seven + "X: y\r\n")), Refusal::kHeadTooLarge);
}

// A head of `size` bytes, the empty line included.
std::string HeadOf(std::size_t size) {
  const std::string bare = Get("/", Line(200) + Line(200) + Line(200));
  return Get("/", Line(200) + Line(200) + Line(200) + Line(size - bare.size() - 2));
}

TEST(GateLimitsTest, AHeadAtItsLimitAndOneByteMore) {
  ASSERT_EQ(HeadOf(900).size(), 900u);
  HttpLimits limits = kLimits;
  limits.head_bytes_max = 800;
  Gate fits(limits);
  EXPECT_EQ(fits.Feed(HeadOf(800) + "body"), Gate::Step::kDone);
  Gate does_not(limits);
  EXPECT_EQ(does_not.Feed(HeadOf(801) + "body"), Gate::Step::kRefused);
  EXPECT_EQ(does_not.refusal(), Refusal::kHeadTooLarge);
}

TEST(GateLimitsTest, WhatNeverEndsIsRefusedAtTheLimitForWhatItIs) {
  EXPECT_EQ(RefusalOf("GET /" + std::string(2000, 'a')), Refusal::kTargetTooLong);
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\r\nX: " + std::string(2000, 'a')), Refusal::kHeadTooLarge);
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\r\n" + std::string(2000, 'n')), Refusal::kHeadTooLarge);
  EXPECT_EQ(RefusalOf("GET / HTTP/3.0\r\nX: " + std::string(2000, 'a')), Refusal::kVersion);
  EXPECT_EQ(
      RefusalOf("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nX: " + std::string(2000, 'a')),
      Refusal::kTargetTooLong);
}

// Limits do not hide what is worse.
TEST(GateLimitsTest, MalformedGoesBeforeTooLarge) {
  EXPECT_EQ(RefusalOf(Get("/" + std::string(100, 'a'), "X Y: z\r\n")), Refusal::kMalformed);
  EXPECT_EQ(RefusalOf(Get("/", Line(300) + "Host: b\r\n")), Refusal::kMalformed);
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\r\nX: " + std::string(300, 'a') + "\x01"),
            Refusal::kMalformed);
}

// The limit is of the head alone: a body behind it does not count.
TEST(GateLimitsTest, ABodyBehindTheHeadIsNotLookedAt) {
  Gate gate(kLimits);
  EXPECT_EQ(gate.Feed(Get("/", "") + std::string(5000, '\x01')), Gate::Step::kDone);
}

}  // namespace
}  // namespace introspectd::http
