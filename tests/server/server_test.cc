// The whole server, in this process. What it answers to every kind of request is tests/conformance;
// here it is about starting, reloading, stopping, and connections that come and go.

#include "server/server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "server/server_rig.h"
#include "support/request.h"
#include "support/wait_until.h"

namespace introspectd::server {
namespace {

using support::Basic;
using support::ConfigText;
using support::GatewayLike;
using support::kExampleToken;
using support::kInactive;
using support::Request;
using support::Upsert;
using support::WaitUntil;
using testing::HasSubstr;

ConfigText Text() { return {.server = "workers = 2"}; }

TEST(ServerTest, AnswersPushesAndRevocationsOnEveryWorker) {
  ServerRig rig;
  EXPECT_EQ(rig.admin().Push(Upsert(kExampleToken, support::ExampleClaims())).applied, 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(rig.Connect().Ask(Request{}.Bytes()).body, support::ExampleAnswer());
  }
  EXPECT_EQ(rig.admin().Push(support::Revoke(kExampleToken)).applied, 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(rig.Connect().Ask(Request{}.Bytes()).body, kInactive);
  }
}

TEST(ServerTest, ServesUnixSockets) {
  const ConfigText text{.listen = R"("unix:@DIR@/data?mode=0600")",
                        .admin_listen = R"("127.0.0.1:0", "unix:@DIR@/admin")",
                        .server = "workers = 3"};
  ServerRig rig(text.Text());
  const std::string path = (rig.directory().path() / "data").string();
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(support::Connection::ToUnix(path).Ask(Request{}.Bytes()).body, kInactive);
  }
  EXPECT_TRUE(support::WaitUntil([&] { return rig.DataConnections() == 0; }));
}

TEST(ServerTest, IsNotStartedOnAPortThatIsServed) {
  const ServerRig rig;
  const support::TempDir other;
  const std::string address = "127.0.0.1:" + std::to_string(rig.data_port());
  const ConfigText text{.listen = "\"" + address + "\""};
  const auto server = Server::Create(ConfigIn(other, text.Text()), "");
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("listen " + address + ": bind: "));
}

TEST(ServerTest, StartsAndStopsAgainAndAgain) {
  for (int i = 0; i < 5; ++i) {
    const ServerRig rig;
    EXPECT_EQ(rig.Connect().Ask(Request{}.Bytes()).status, 200);
  }
}

TEST(ServerTest, MayBeStoppedBeforeItRuns) {
  const support::TempDir directory;
  auto server = Server::Create(ConfigIn(directory, Text().Text()), "");
  ASSERT_TRUE(server.ok());
  (*server)->Stop();
  EXPECT_TRUE((*server)->Run().ok());
}

TEST(ServerTest, WaitsToBeWarm) {
  ConfigText text = Text();
  text.storage = "start = \"warm\"";
  ServerRig rig(text.Text());
  support::Connection client = rig.Connect();
  EXPECT_EQ(client.Ask(Request{}.Bytes()).status, 503);
  EXPECT_EQ(rig.admin().Get("/readyz").status, 503);
  rig.admin().Push("{\"op\":\"complete\"}\n");
  EXPECT_EQ(client.Ask(Request{}.Bytes()).status, 200);
  EXPECT_EQ(rig.admin().Get("/readyz").status, 200);
}

TEST(ServerReloadTest, WhoIsRemovedIsOutAndWhoIsAddedIsIn) {
  ServerRig rig;
  const Request added{.authorization = Basic("added", "secret-of-added")};
  std::vector<support::Connection> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(rig.Connect());
    EXPECT_EQ(clients.back().Ask(Request{}.Bytes()).status, 200);
    EXPECT_EQ(clients.back().Ask(added.Bytes()).status, 401);
  }
  ConfigText next = Text();
  next.with_gateway = false;
  next.tables = GatewayLike("added", "secret-of-added");
  rig.Reload(next.Text());
  for (support::Connection& client : clients) {
    EXPECT_EQ(client.Ask(Request{}.Bytes()).status, 401);
    EXPECT_EQ(client.Ask(added.Bytes()).status, 200) << "on the connection that was open";
  }
}

TEST(ServerReloadTest, ABadFileChangesNothing) {
  ServerRig rig;
  support::Connection client = rig.Connect();
  EXPECT_EQ(client.Ask(Request{}.Bytes()).status, 200);
  rig.Reload("[introspection]\nissuer = 7\n");
  EXPECT_THAT(rig.log(), HasSubstr("reload refused: the old configuration stays"));
  EXPECT_EQ(client.Ask(Request{}.Bytes()).status, 200);
  EXPECT_EQ(rig.Connect().Ask(Request{}.Bytes()).status, 200);
  rig.Reload(Text().Text());
  EXPECT_THAT(rig.log(), HasSubstr("reloaded generation=2"));
}

TEST(ServerReloadTest, AnAdminTokenThatIsRemovedIsOut) {
  ServerRig rig;
  support::Connection client = rig.ConnectAdmin();
  const std::string status = rig.admin().Head("GET", "/v1/status", "Content-Length: 0\r\n");
  EXPECT_EQ(client.Ask(status).status, 200);
  EXPECT_EQ(client.Ask(status).status, 200);
  ConfigText next = Text();
  next.with_admin_token = false;
  rig.Reload(next.Text());
  EXPECT_EQ(client.Ask(status).status, 401);
}

TEST(ServerMetricsTest, SayWhatTheStatusSays) {
  ConfigText text = Text();
  text.with_admin_token = false;
  text.tables = fmt::format(
      "[[admin.tokens]]\nname = \"all\"\ntoken = \"{}\"\n"
      "scopes = [\"push\", \"status\", \"metrics\"]\nissuers = [\"*\"]\n",
      support::kAdminToken);
  ServerRig rig(text.Text());
  ASSERT_EQ(rig.Connect().Ask(Request{}.Bytes()).status, 200);
  const support::Response response = rig.admin().Get("/metrics");
  EXPECT_EQ(response.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("\nintrospectd_ready 1\n"));
  EXPECT_THAT(response.body, HasSubstr("\nintrospectd_requests_total{result=\"inactive\"} 1\n"));
  const std::string status = rig.admin().Get("/v1/status").body;
  for (const char* kind : {"records", "templates", "index", "rules"}) {
    const std::string line = fmt::format("\nintrospectd_memory_bytes{{kind=\"{}\"}} ", kind);
    const std::size_t at = response.body.find(line);
    ASSERT_NE(at, std::string::npos) << kind;
    const std::size_t begin = at + line.size();
    const std::string bytes = response.body.substr(begin, response.body.find('\n', begin) - begin);
    EXPECT_THAT(status, HasSubstr(fmt::format("\"{}\":{}", kind, bytes)));
  }
}

// Requests in flight while the registry that let them in goes.
TEST(ServerReloadTest, NobodyIsRefusedWhileSecretsAreReloaded) {
  ServerRig rig;
  std::atomic<bool> stop{false};
  std::atomic<int> refused{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      support::Connection client = rig.Connect();
      std::string pipeline;
      for (int j = 0; j < 16; ++j) pipeline += Request{}.Bytes();
      while (!stop) {
        client.Send(pipeline);
        for (int j = 0; j < 16; ++j) refused += client.Read().status == 200 ? 0 : 1;
      }
    });
  }
  for (int i = 0; i < 20; ++i) rig.Reload(Text().Text());
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(refused, 0);
}

TEST(ServerStopTest, IdleConnectionsEndAndBusyOnesAreAnswered) {
  ServerRig rig;
  support::Connection idle = rig.Connect();
  EXPECT_EQ(idle.Ask(Request{}.Bytes()).status, 200);
  support::Connection fresh = rig.Connect();
  support::Connection busy = rig.Connect();
  const std::string request = Request{}.Bytes();
  busy.Send(request.substr(0, request.size() - 3));
  ASSERT_TRUE(WaitUntil([&] { return rig.DataConnections() == 3; }));
  rig.Stop();
  EXPECT_TRUE(idle.EndsSilently());
  EXPECT_TRUE(fresh.EndsSilently());
  EXPECT_TRUE(busy.StaysOpen());
  EXPECT_TRUE(WaitUntil([&] {
    try {
      return rig.Connect().EndsSilently();
    } catch (const support::WireError&) {
      return true;
    }
  })) << "nobody new is let in";
  busy.Send(request.substr(request.size() - 3) + request);
  EXPECT_EQ(busy.Read().status, 200);
  const support::Response last = busy.Read();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.Header("connection"), "close");
  EXPECT_TRUE(busy.EndsSilently());
  rig.Wait();
}

// A request may be on its way while the server is told to stop.
TEST(ServerStopTest, ConnectionsThatAreIdleAreToldOfTheEndWithTheirNextAnswer) {
  ServerRig rig;
  std::vector<support::Connection> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(rig.Connect());
    EXPECT_EQ(clients.back().Ask(Request{}.Bytes()).status, 200);
  }
  rig.Stop();
  for (support::Connection& client : clients) {
    std::this_thread::sleep_for(support::milliseconds(20));
    const support::Response last = client.Ask(Request{}.Bytes());
    EXPECT_EQ(last.status, 200);
    EXPECT_EQ(last.Header("connection"), "close");
  }
  clients.clear();
  rig.Wait();
}

TEST(ServerStopTest, WhoComesWhileOthersAreWaitedForIsServed) {
  ServerRig rig;
  support::Connection idle = rig.Connect();
  EXPECT_EQ(idle.Ask(Request{}.Bytes()).status, 200);
  rig.Stop();
  ASSERT_TRUE(WaitUntil([&] { return rig.log().find(" stopping") != std::string::npos; }));
  support::Connection newcomer = rig.Connect();
  const support::Response only = newcomer.Ask(Request{}.Bytes());
  EXPECT_EQ(only.status, 200);
  EXPECT_EQ(only.Header("connection"), "close");
}

// Even on connections that the server has not accepted yet.
TEST(ServerStopTest, WhatHasArrivedIsAnswered) {
  for (int round = 0; round < 5; ++round) {
    ServerRig rig;
    std::vector<support::Connection> clients;
    for (int i = 0; i < 50; ++i) {
      clients.push_back(rig.Connect());
      clients.back().Send(Request{}.Bytes());
    }
    rig.Stop();
    for (support::Connection& client : clients) EXPECT_EQ(client.Read().status, 200);
    clients.clear();
    rig.Wait();
  }
}

TEST(ServerStopTest, TheSecondTimeEndsItAtOnce) {
  ServerRig rig;
  support::Connection busy = rig.Connect();
  busy.Send("POST /introspect HTTP/1.1\r\n");
  support::Connection admin = rig.ConnectAdmin();
  admin.Send("GET /v1/tokens HTTP/1.1\r\n");
  ASSERT_TRUE(WaitUntil([&] { return rig.DataConnections() == 1; }));
  rig.Stop();
  EXPECT_TRUE(WaitUntil([&] { return rig.log().find(" stopping") != std::string::npos; }));
  rig.Stop();
  rig.Wait();
  EXPECT_TRUE(busy.EndsSilently());
  EXPECT_TRUE(admin.EndsSilently());
}

TEST(ServerStopTest, NothingIsLeftOpenUnderLoad) {
  for (int round = 0; round < 5; ++round) {
    ServerRig rig;
    std::vector<support::Connection> clients;
    std::string pipeline;
    for (int i = 0; i < 200; ++i) pipeline += Request{}.Bytes();
    for (int i = 0; i < 20; ++i) {
      clients.push_back(rig.Connect());
      clients.back().SendSome(pipeline);
    }
    rig.Stop();
    EXPECT_TRUE(WaitUntil([&] { return rig.log().find(" stopping") != std::string::npos; }));
    rig.Stop();
    rig.Wait();
  }
}

}  // namespace
}  // namespace introspectd::server
