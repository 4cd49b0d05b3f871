// Connections: how they begin and end, where they listen, how many requests they carry.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "support/child.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::milliseconds;

std::string Named(std::size_t i) { return fmt::format("pipelined-token-{}", i); }

TEST(ConnectionTest, AClientThatHasSaidEverythingGetsAllAnswers) {
  Node node;
  Connection connection = node.Connect();
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += Request{.body = "token=x"}.Bytes();
  connection.Send(requests);
  connection.ShutdownSending();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(connection.Read().body, kInactive) << i;
  EXPECT_TRUE(connection.EndsSilently());
}

TEST(ConnectionTest, AnEndInTheMiddleOfARequestExecutesNothing) {
  Node node;
  Connection connection = node.Connect();
  const std::string good = Request{.body = "token=x"}.Bytes();
  connection.Send(good + good.substr(0, good.size() - 1));
  connection.ShutdownSending();
  EXPECT_EQ(connection.Read().body, kInactive);
  const std::string rest = connection.ReadToEnd();
  EXPECT_TRUE(rest.empty() || rest.starts_with("HTTP/1.1 400 ")) << rest;
}

// H38: more than the server will hold at once, so that it must stop reading and go on.
TEST(ConnectionTest, TenThousandPipelinedRequestsAreAnsweredInOrder) {
  Node node;
  constexpr std::size_t kRequests = 10'000;
  constexpr std::size_t kTokens = 100;
  std::string lines;
  for (std::size_t i = 0; i < kTokens; ++i) {
    lines += Upsert(Named(i), GoodClaims(fmt::format("\"sub\":\"{}\",", i)));
  }
  ASSERT_EQ(node.Push(lines).status, 200);
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i) {
    requests += Request{.body = "token=" + Named(i * 37 % kTokens)}.Bytes();
  }
  Connection connection = node.Connect();
  connection.SetDeadline(support::seconds(60));
  std::thread sender([&] { connection.Send(requests); });
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kRequests; ++i) {
    wrong += connection.Read().body != GoodAnswer(fmt::format("\"sub\":\"{}\",", i * 37 % kTokens));
  }
  sender.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(connection.StaysOpen());
}

// Small ones, so that a single read brings more of them than one turn of the server takes.
TEST(ConnectionTest, ThousandsOfTinyRequestsInOneWriteAreAllAnswered) {
  Node node;
  constexpr std::size_t kRequests = 5000;
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i) requests += "GET / HTTP/1.1\r\nHost:\r\n\r\n";
  Connection connection = node.Connect();
  connection.Send(requests + Request{.body = "token=x"}.Bytes());
  for (std::size_t i = 0; i < kRequests; ++i) ASSERT_EQ(connection.Read().status, 404) << i;
  EXPECT_EQ(connection.Read().body, kInactive);
  EXPECT_TRUE(connection.StaysOpen());
}

TEST(ConnectionTest, ManyRequestsOneAfterTheOther) {
  Node node;
  Connection connection = node.Connect();
  const std::string request = Request{.body = "token=x"}.Bytes();
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(connection.Ask(request).body, kInactive) << i;
}

TEST(ConnectionTest, HttpOneZeroIsKeptWhenAskedFor) {
  Node node;
  Connection connection = node.Connect();
  const std::string kept = Request{.line = "POST /introspect HTTP/1.0",
                                   .extra = "Connection: keep-alive\r\n",
                                   .body = "token=x"}
                               .Bytes();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(connection.Ask(kept).body, kInactive);
  const std::string last = Request{.line = "POST /introspect HTTP/1.0", .body = "token=x"}.Bytes();
  EXPECT_EQ(connection.Ask(last).body, kInactive);
  EXPECT_TRUE(connection.EndsSilently());
}

TEST(ListenerTest, UnixSockets) {
  ConfigText config;
  config.listen = R"("unix:@DIR@/data.sock?mode=0600", "127.0.0.1:0")";
  config.admin_listen = R"("unix:@DIR@/admin.sock", "127.0.0.1:0")";
  Node node(config);
  const std::string directory = node.process().directory().path();
  node.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  EXPECT_EQ(Connection::ToUnix(directory + "/data.sock").Ask(Request{}.Bytes()).body,
            support::ExampleAnswer());
  EXPECT_EQ(node.Ask({}).body, support::ExampleAnswer());
  EXPECT_EQ(Connection::ToUnix(directory + "/admin.sock")
                .Ask(node.admin().Head("GET", "/v1/status", ""))
                .status,
            200);
  const auto mode_of = [&](const std::string& name) {
    struct stat status {};
    EXPECT_EQ(stat((directory + "/" + name).c_str(), &status), 0);
    return status.st_mode & 0777;
  };
  EXPECT_EQ(mode_of("data.sock"), 0600u);
  EXPECT_EQ(mode_of("admin.sock"), 0660u);
}

TEST(ListenerTest, SeveralPorts) {
  ConfigText config;
  config.listen = R"("127.0.0.1:0", "127.0.0.1:0")";
  Node node(config);
  const std::vector<std::string> addresses = node.process().addresses(Plane::kData);
  ASSERT_EQ(addresses.size(), 2u);
  EXPECT_NE(addresses[0], addresses[1]);
}

TEST(ListenerTest, AnotherPath) {
  ConfigText config;
  config.server = "path = \"/oauth/introspect\"";
  Node node(config);
  EXPECT_EQ(node.Ask({.line = "POST /oauth/introspect HTTP/1.1", .body = "token=x"}).body,
            kInactive);
  EXPECT_EQ(node.Ask({}).status, 404);
}

TEST(HealthTest, IsThereOnTheDataListenerWithoutDetail) {
  Node node;
  for (const char* target : {"/healthz", "/readyz"}) {
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target);
    const Response response = node.Connect().Ask(request);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_LE(response.body.size(), 64u) << "no detail on this listener: " << response.body;
  }
}

TEST(HealthTest, CanBeTurnedOffOnTheDataListener) {
  ConfigText config;
  config.server = "health = false";
  Node node(config);
  EXPECT_EQ(node.StatusOf(Plane::kData, "/healthz"), 404);
  EXPECT_EQ(node.StatusOf(Plane::kData, "/readyz"), 404);
  EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/healthz"), 200);
}

// Whoever waits for the log before sending requests or signals must not be too early.
TEST(StartTest, WhatTheLogCallsListeningListens) {
  for (int i = 0; i < 10; ++i) {
    const support::TempDir directory;
    const std::string config = directory.Write("introspectd.toml", ConfigText{}.Text());
    const std::filesystem::path log = directory.path() / "log";
    support::Child server({support::ServerBinary(), "--config", config},
                          {.output = log, .open_files_max = {}});
    std::vector<std::string> addresses;
    while (server.Running() && addresses.empty()) {
      addresses = support::ListeningAddresses(support::ReadFile(log), Plane::kData);
    }
    ASSERT_FALSE(addresses.empty());
    EXPECT_TRUE(support::TakesConnections(addresses.front()));
    server.Signal(SIGTERM);
    EXPECT_THAT(server.Wait(), testing::Optional(0));
  }
}

TEST(StopTest, RequestsUnderWayAreAnswered) {
  Node node;
  Connection connection = node.Connect();
  const std::string request = Request{.body = "token=x"}.Bytes();
  EXPECT_EQ(connection.Ask(request).body, kInactive);
  connection.Send(request.substr(0, request.size() - 1));
  std::this_thread::sleep_for(milliseconds(50));
  node.process().Signal(SIGTERM);
  std::this_thread::sleep_for(milliseconds(50));
  connection.Send(request.substr(request.size() - 1));
  EXPECT_EQ(connection.Read().body, kInactive);
  EXPECT_TRUE(connection.EndsSilently());
}

// Its next request may be on its way; but the end does not wait for drain_max_s.
TEST(StopTest, AnIdleConnectionDelaysTheEndForAMomentOnly) {
  Node node;
  Connection idle = node.Connect();
  EXPECT_EQ(idle.Ask(Request{.body = "token=x"}.Bytes()).body, kInactive);
  const auto begin = support::SteadyClock::now();
  EXPECT_EQ(node.process().Stop(), 0);
  EXPECT_LT(support::SteadyClock::now() - begin, support::seconds(15));
  EXPECT_TRUE(idle.EndsSilently());
}

}  // namespace
}  // namespace introspectd::system_test
