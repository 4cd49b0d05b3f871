// limits.memory_max: beyond it upserts are refused, and nothing else is (contract 7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fmt/format.h"
#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::Revoke;
using testing::HasSubstr;

constexpr int kFirst = 200;
constexpr int kMore = 30'000;  // some 10 MB

// With much that no other token has.
std::string Upserts(int begin, int count) {
  const std::string much(300, 'x');
  std::string lines;
  for (int i = begin; i < begin + count; ++i) {
    lines += Upsert(fmt::format("t{}", i),
                    GoodClaims(fmt::format(R"("sub":"{0}","note":"{0}{1}",)", i, much)));
  }
  return lines;
}

TEST(CapacityTest, AtTheLimitOnlyUpsertsAreRefused) {
  ConfigText config;
  config.limits = "memory_max = 6000000";
  Node node(config);
  ASSERT_EQ(node.Push(Upserts(0, kFirst)).applied, kFirst);

  const Response refused = node.admin().Post("/v1/tokens", Upserts(kFirst, kMore));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr(R"("error":"capacity")"));
  EXPECT_THAT(refused.body, HasSubstr("capacity: only revocations are taken"));
  EXPECT_EQ(refused.Header("retry-after"), "1");
  EXPECT_THAT(node.admin().Get("/v1/status").body, HasSubstr(R"("max":6000000,"full":true)"));

  const PushResult after = node.Push(Upserts(kFirst + kMore, 1));
  EXPECT_EQ(after.status, 503);
  EXPECT_EQ(after.rejected, 1);
  EXPECT_TRUE(node.IsActive("t0")) << "nothing that lives is let go of";
  EXPECT_EQ(node.Push(Revoke("t0")).status, 200);
  EXPECT_EQ(node.Introspect("t0"), kInactive);
  EXPECT_EQ(node.Push(R"({"op":"revoke","sub":"1"})").status, 200);
  EXPECT_EQ(node.Introspect("t1"), kInactive);
  EXPECT_TRUE(node.IsActive("t2"));
}

TEST(CapacityTest, WhatWasTakenIsWithinTheLimitButForAMillisecondsWork) {
  ConfigText config;
  config.limits = "memory_max = 20000000";
  Node node(config);
  PushResult result;
  for (int i = 0; result.status != 503; ++i) {
    ASSERT_LT(i, 100);
    result = node.Push(Upserts(i * 2000, 2000));
  }
  const std::string status = node.admin().Get("/v1/status").body;
  const auto number = [&](std::string_view name) {
    return std::stoll(status.substr(status.find(name) + name.size()));
  };
  const std::int64_t taken =
      number("\"records\":") + number("\"templates\":") + number("\"index\":");
  EXPECT_GE(taken, 18'000'000) << status;
  EXPECT_LT(taken, 24'000'000) << status;
}

}  // namespace
}  // namespace introspectd::system_test
