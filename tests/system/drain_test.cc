// SIGTERM: server.drain_delay_s and server.drain_max_s (contract 2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::milliseconds;
using support::seconds;
using support::WaitUntil;
using Clock = std::chrono::steady_clock;

ConfigText With(std::string server) {
  ConfigText config;
  config.server = std::move(server);
  return config;
}

bool Ended(Node& node, seconds longest) {
  return WaitUntil([&] { return !node.process().Running(); }, longest);
}

TEST(DrainTest, DuringTheDelayItAnswersAndIsNotReady) {
  Node node(With("drain_delay_s = 2"));
  const auto began = Clock::now();
  node.process().Signal(SIGTERM);
  EXPECT_TRUE(WaitUntil([&] { return node.StatusOf(Plane::kData, "/readyz") == 503; }, seconds(5)));
  EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/readyz"), 503);
  EXPECT_EQ(node.StatusOf(Plane::kData, "/healthz"), 200);
  EXPECT_EQ(node.Introspect("nothing"), kInactive) << "on a connection that came after the signal";
  EXPECT_TRUE(Ended(node, seconds(20)));
  EXPECT_GE(Clock::now() - began, seconds(2));
}

TEST(DrainTest, ASecondSignalEndsTheDelay) {
  Node node(With("drain_delay_s = 600"));
  node.process().Signal(SIGTERM);
  ASSERT_TRUE(WaitUntil([&] { return node.StatusOf(Plane::kData, "/readyz") == 503; }, seconds(5)));
  node.process().Signal(SIGTERM);
  EXPECT_TRUE(Ended(node, seconds(20)));
}

TEST(DrainTest, AConnectionThatDoesNotEndIsCutInTheEnd) {
  Node node(With("drain_max_s = 1"));
  Connection slow = node.Connect();
  slow.Send("POST /introspect HTTP/1.1\r\n");  // and no more
  std::this_thread::sleep_for(milliseconds(100));
  const auto began = Clock::now();
  node.process().Signal(SIGTERM);
  EXPECT_TRUE(Ended(node, seconds(8))) << "before the head's own deadline";
  EXPECT_GE(Clock::now() - began, milliseconds(900));
}

}  // namespace
}  // namespace introspectd::system_test
