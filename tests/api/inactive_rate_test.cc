// limits.inactive_per_client_per_s: how fast a client may learn that tokens are not active.

#include <gtest/gtest.h>

#include <string>

#include "api/data_plane.h"
#include "support/request.h"

namespace introspectd::api {
namespace {

using support::Basic;
using support::Request;

constexpr std::string_view kOtherSecret = "other-secret-Kx81";

std::string Text(std::string_view limits) {
  return support::ConfigText{
      .limits = std::string(limits),
      .tables = support::ClientTable("other", "secret = \"" + std::string(kOtherSecret) + "\"",
                                     "audiences = [\"*\"]\nissuers = [\"*\"]\n"
                                     "unknown_token = \"error\"")}
      .Text();
}

class InactiveRateTest : public testing::Test {
 protected:
  explicit InactiveRateTest(std::string_view limits = "inactive_per_client_per_s = 2")
      : plane_(Text(limits)) {
    plane_.Push(support::Upsert(support::kExampleToken, support::ExampleClaims()));
  }

  support::Response AskFor(std::string_view token, std::string_view more = "") {
    return plane_.Ask(Request{.body = "token=" + std::string(token) + std::string(more)}.Bytes());
  }
  // How many of `count` questions for tokens that nobody knows are answered.
  int Scan(int count) {
    int answered = 0;
    for (int i = 0; i < count; ++i) answered += AskFor("guess").status == 200;
    return answered;
  }

  DataPlane plane_;
};

TEST_F(InactiveRateTest, ABurstAndThenTheRate) {
  EXPECT_EQ(Scan(100), 20);
  plane_.now.boot_ms += 3000;
  EXPECT_EQ(Scan(100), 6);
}

TEST_F(InactiveRateTest, ActiveTokensCostNothing) {
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(AskFor(support::kExampleToken).status, 200);
  EXPECT_EQ(Scan(100), 20);
}

// Whoever is told 429 must learn nothing of the token from that.
TEST_F(InactiveRateTest, BeyondItNothingIsSaidOfAnyToken) {
  Scan(20);
  const std::string refused = plane_.Say(Request{.body = "token=guess"}.Bytes());
  EXPECT_EQ(plane_.Say(Request{}.Bytes()), refused) << "of an active token";
  const support::Response response = AskFor("guess");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.Header("retry-after"), "1");
  EXPECT_EQ(response.Header("cache-control"), "no-store");
  EXPECT_EQ(AskFor("", "&token_type_hint=refresh_token").status, 429) << "before the parameters";
  plane_.readiness.SetReady(false);
  EXPECT_EQ(AskFor("guess").status, 503) << "and behind the readiness";
}

TEST_F(InactiveRateTest, OneClientsScanIsNobodyElses) {
  Scan(100);
  const std::string other = Basic("other", kOtherSecret);
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = other}.Bytes()).status, 200);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(plane_.AskAnew(Request{.authorization = other, .body = "token=x"}.Bytes()).status,
              400)
        << "an unknown token is one more";
  }
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = other}.Bytes()).status, 429);
}

// What came in one turn is answered, and paid for afterwards.
TEST_F(InactiveRateTest, PipelinedQuestionsAreOwed) {
  std::string read;
  for (int i = 0; i < 30; ++i) read += Request{.body = "token=guess"}.Bytes();
  std::string said = plane_.Say(read);
  EXPECT_EQ(plane_.AccountOf("gateway").Get(Count::kInactive), 30u);
  const support::Response response = AskFor("guess");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.Header("retry-after"), "6") << "10 too many and the next, at 2 a second";
  plane_.now.boot_ms += 5499;
  EXPECT_EQ(Scan(1), 0);
  plane_.now.boot_ms += 1;
  EXPECT_EQ(Scan(2), 1);
}

TEST_F(InactiveRateTest, IsCounted) {
  Scan(100);
  EXPECT_EQ(plane_.counters.Get(Count::kRateLimited), 80u);
  EXPECT_EQ(plane_.AccountOf("gateway").Get(Count::kRateLimited), 80u);
}

TEST_F(InactiveRateTest, AReloadDoesNotForgetIt) {
  Scan(100);
  plane_.Reload(Text("inactive_per_client_per_s = 2"));
  plane_.AskAnew(Request{}.Bytes());
  EXPECT_EQ(AskFor("guess").status, 429);
}

class NoInactiveRateTest : public InactiveRateTest {
 protected:
  NoInactiveRateTest() : InactiveRateTest("") {}
};

TEST_F(NoInactiveRateTest, ThereIsNoneUnlessItIsAskedFor) { EXPECT_EQ(Scan(5000), 5000); }

}  // namespace
}  // namespace introspectd::api
