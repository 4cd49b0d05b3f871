// The limit on failed authentications (contract 4.1; rows A02, A07 and A08 of the bad inputs).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/data_plane.h"
#include "fmt/format.h"
#include "support/request.h"

namespace introspectd::api {
namespace {

using support::Basic;
using support::ConfigText;
using support::kGateway;
using support::kGatewaySecret;
using support::Request;

class FailureLimitTest : public testing::Test {
 protected:
  // Of one client from one address 10 at once, of one address 30.
  FailureLimitTest()
      : plane_(ConfigText{.limits = "auth_failures_per_s = 1\nauth_failures_per_address_per_s = 3"}
                   .Text()) {
    From(1);
  }

  void From(std::uint64_t address) { plane_.peer.address = address; }
  support::Response AskAs(std::string_view id, std::string_view secret) {
    return plane_.AskAnew(Request{.authorization = Basic(id, secret)}.Bytes());
  }
  // How many of them were 401; those behind are 429.
  int Fail(std::string_view id, int times) {
    int refused = 0;
    int limited = 0;
    for (int i = 0; i < times; ++i) {
      const int status = AskAs(id, fmt::format("wrong {}", i)).status;
      EXPECT_TRUE(status == 429 || limited == 0);
      refused += status == 401;
      limited += status == 429;
    }
    EXPECT_EQ(refused + limited, times);
    return refused;
  }

  DataPlane plane_;
};

TEST_F(FailureLimitTest, BeyondItNothingIsVerified) {
  EXPECT_EQ(Fail(kGateway, 20), 10);
  EXPECT_EQ(plane_.verified, 10);
  const support::Response response = AskAs(kGateway, kGatewaySecret);
  EXPECT_EQ(response.status, 429) << "good, but nobody knows yet";
  EXPECT_EQ(response.Header("retry-after"), "1");
  EXPECT_EQ(response.body, R"({"error":"too_many_requests",)"
                           R"("error_description":"too many failed authentications"})");
  EXPECT_EQ(plane_.counters.Get(Count::kRateLimited), 11u);
  plane_.now.boot_ms += 1000;
  EXPECT_EQ(AskAs(kGateway, kGatewaySecret).status, 200);
}

// Nobody can lock a gateway out by knowing its name.
TEST_F(FailureLimitTest, WhatIsKnownToBeGoodIsNotLimited) {
  ASSERT_EQ(AskAs(kGateway, kGatewaySecret).status, 200);
  Fail(kGateway, 100);
  EXPECT_EQ(AskAs(kGateway, kGatewaySecret).status, 200);
  EXPECT_EQ(AskAs(kGateway, "wrong").status, 429);
  From(2);
  EXPECT_EQ(AskAs(kGateway, "wrong").status, 401) << "another address";
}

TEST_F(FailureLimitTest, AnUnknownClientIsLimitedLikeAKnownOne) {
  EXPECT_EQ(Fail("nobody", 20), 10);
  EXPECT_EQ(Fail(kGateway, 20), 10);
  EXPECT_EQ(Fail("made up", 20), 10);
  EXPECT_EQ(Fail("made up too", 20), 0) << "an address has its own limit";
  From(2);
  EXPECT_EQ(Fail(kGateway, 20), 10);
}

// The escapes of Basic make no clients of one client.
TEST_F(FailureLimitTest, AClientIsOneHoweverItIsWritten) {
  int refused = 0;
  for (const std::string_view id : {"gatewa%79", "gatew%61y", "gate%77ay", "gat%65way"}) {
    refused += Fail(id, 5);
  }
  EXPECT_EQ(refused, 10);
}

TEST_F(FailureLimitTest, FailuresThatCostNothingCount) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(plane_.AskAnew(Request{.authorization = ""}.Bytes()).status, 401);
    EXPECT_EQ(plane_.AskAnew(Request{.authorization = "Authorization: Basic !\r\n"}.Bytes()).status,
              401);
    EXPECT_EQ(
        plane_.AskAnew(Request{.authorization = "Authorization: Bearer x\r\n"}.Bytes()).status,
        401);
  }
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = ""}.Bytes()).status, 429);
  EXPECT_EQ(
      plane_
          .AskAnew(Request{.authorization = "", .body = "client_id=tls&" + Request{}.body}.Bytes())
          .status,
      429);
}

// What a verification was waited for is said of it, whoever else has failed meanwhile.
TEST_F(FailureLimitTest, WhatWasVerifiedIsToldTheTruth) {
  plane_.verify_later = true;
  plane_.Reconnect();
  plane_.Say(Request{.authorization = Basic(kGateway, "wrong")}.Bytes());
  ASSERT_EQ(plane_.verifications.size(), 1u);
  EXPECT_EQ(plane_.verifications.front().address, 1u);
  plane_.Verify();
  EXPECT_TRUE(plane_.Take().starts_with("HTTP/1.1 401 "));
}

}  // namespace
}  // namespace introspectd::api
