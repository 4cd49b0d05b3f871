// Table L: clients that send slowly, read slowly, or say nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::milliseconds;
using support::SteadyClock;
using support::WireError;

constexpr milliseconds kHead{400};
constexpr milliseconds kBody{400};
constexpr milliseconds kIdle{600};
constexpr milliseconds kStall{500};
constexpr milliseconds kLate{1500};  // by how much a busy machine may be late

ConfigText Config() {
  ConfigText config;
  config.limits =
      "head_ms_max = 400\nbody_ms_max = 400\nidle_ms_max = 600\nwrite_stall_ms_max = 500";
  return config;
}

class SlowClientTest : public testing::Test {
 protected:
  SlowClientTest() { request_ = Request{.body = "token=x"}.Bytes(); }

  // The connection is answered 408 and ended, not before `limit` and soon after it.
  void ExpectTimeout(Connection& connection, milliseconds limit, SteadyClock::time_point begin) {
    const Response response = connection.Read();
    const auto took = SteadyClock::now() - begin;
    EXPECT_EQ(response.status, 408);
    EXPECT_THAT(response.Header("connection"), testing::Optional(std::string("close")));
    EXPECT_GE(took, limit - milliseconds(20));
    EXPECT_LT(took, limit + kLate);
    EXPECT_TRUE(connection.EndsSilently());
  }

  Node node_{Config()};
  std::string request_;
};

TEST_F(SlowClientTest, HalfAHeadIs408) {
  const auto begin = SteadyClock::now();
  Connection connection = node_.Connect();
  connection.Send("POST /introspect HTTP/1.1\r\nHost:");
  ExpectTimeout(connection, kHead, begin);
}

// L05: the time is for the whole head; one byte now and then buys none.
TEST_F(SlowClientTest, AHeadByteByByteIs408) {
  const auto begin = SteadyClock::now();
  Connection connection = node_.Connect();
  std::size_t sent = 0;
  while (SteadyClock::now() - begin < kHead - milliseconds(50)) {
    connection.Send(request_.substr(sent++, 1));
    std::this_thread::sleep_for(milliseconds(20));
  }
  ExpectTimeout(connection, kHead, begin);
}

TEST_F(SlowClientTest, HalfABodyIs408) {
  const auto begin = SteadyClock::now();
  Connection connection = node_.Connect();
  connection.Send(request_.substr(0, request_.size() - 1));
  ExpectTimeout(connection, kBody, begin);
}

TEST_F(SlowClientTest, HalfAChunkedBodyIs408) {
  const auto begin = SteadyClock::now();
  Connection connection = node_.Connect();
  connection.Send(Request{.length = std::string(support::kChunked), .body = "7\r\ntok"}.Bytes());
  ExpectTimeout(connection, kBody, begin);
}

TEST_F(SlowClientTest, ASecondRequestIsTimedFromItsFirstByte) {
  Connection connection = node_.Connect();
  EXPECT_EQ(connection.Ask(request_).body, kInactive);
  std::this_thread::sleep_for(kIdle / 2);
  const auto begin = SteadyClock::now();
  connection.Send("POST /intro");
  ExpectTimeout(connection, kHead, begin);
}

TEST_F(SlowClientTest, AMissingBodyThatWasAskedForIs408) {
  Connection connection = node_.Connect();
  const auto begin = SteadyClock::now();
  connection.Send(
      Request{.extra = "Expect: 100-continue\r\n", .length = support::ContentLength(7), .body = ""}
          .Bytes());
  const std::string all = connection.ReadToEnd();
  EXPECT_TRUE(all.starts_with(std::string(support::kContinue) + "HTTP/1.1 408 ")) << all;
  EXPECT_GE(SteadyClock::now() - begin, kBody - milliseconds(20));
}

// L08
TEST_F(SlowClientTest, SayingNothingEndsSilently) {
  const auto begin = SteadyClock::now();
  Connection connection = node_.Connect();
  EXPECT_TRUE(connection.EndsSilently());
  EXPECT_GE(SteadyClock::now() - begin, kHead - milliseconds(20));
  EXPECT_LT(SteadyClock::now() - begin, kHead + kLate);
}

// L09
TEST_F(SlowClientTest, AnIdleConnectionEndsSilently) {
  Connection connection = node_.Connect();
  EXPECT_EQ(connection.Ask(request_).body, kInactive);
  const auto begin = SteadyClock::now();
  EXPECT_TRUE(connection.EndsSilently());
  EXPECT_GE(SteadyClock::now() - begin, kIdle - milliseconds(20));
  EXPECT_LT(SteadyClock::now() - begin, kIdle + kLate);
}

TEST_F(SlowClientTest, ABusyConnectionIsNeverIdle) {
  Connection connection = node_.Connect();
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(connection.Ask(request_).body, kInactive) << i;
    std::this_thread::sleep_for(kIdle / 3);
  }
}

// L05: many of them, and nobody else notices.
TEST_F(SlowClientTest, ManySlowHeadsDelayNobody) {
  std::vector<Connection> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(node_.Connect());
    slow.back().Send("POST ");
  }
  const auto begin = SteadyClock::now();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(node_.Ask({.body = "token=x"}).body, kInactive);
  EXPECT_LT(SteadyClock::now() - begin, kHead + kLate);
  for (Connection& connection : slow) {
    EXPECT_EQ(connection.Read().status, 408);
    EXPECT_TRUE(connection.EndsSilently());
  }
}

// L07: who asks and never reads is not read from any more, and then dropped.
TEST_F(SlowClientTest, AClientThatNeverReadsIsDropped) {
  Connection connection = node_.Connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += request_;
  const auto begin = SteadyClock::now();
  std::size_t sent = 0;
  const auto dropped = [&] {
    try {
      sent += connection.SendSome(requests);
      return false;
    } catch (const WireError&) {
      return true;
    }
  };
  ASSERT_TRUE(support::WaitUntil(dropped, support::seconds(20)));
  EXPECT_GE(SteadyClock::now() - begin, kStall - milliseconds(20));
  EXPECT_LT(sent, 64u << 20) << "the server went on reading";
  EXPECT_EQ(node_.Ask({.body = "token=x"}).body, kInactive);
}

}  // namespace
}  // namespace introspectd::system_test
