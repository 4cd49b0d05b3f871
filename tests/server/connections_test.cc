// Connections of the whole server that are slow, too many, too long, cut off, or flooding.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "crypto/secret_hash.h"
#include "fmt/format.h"
#include "server/server_rig.h"
#include "support/request.h"
#include "support/wait_until.h"

namespace introspectd::server {
namespace {

using support::Basic;
using support::ConfigText;
using support::kInactive;
using support::Request;
using support::WaitUntil;
using testing::HasSubstr;

std::string WithLimits(const std::string& limits) {
  return ConfigText{.server = "workers = 1", .limits = limits}.Text();
}

// Whether the peer has ended the connection, in whatever way.
bool Ends(support::Connection& client) {
  try {
    client.ReadToEnd();
    return true;
  } catch (const support::WireError& error) {
    return std::string(error.what()).find("in time") == std::string::npos;  // a reset
  }
}

TEST(ConnectionsTest, WhatTakesTooLongIs408) {
  ServerRig rig(WithLimits("head_ms_max = 100\nbody_ms_max = 100\n"));
  const std::string request = Request{}.Bytes();
  for (const std::size_t size : {std::size_t{1}, std::size_t{60}, request.size() - 1}) {
    support::Connection client = rig.Connect();
    client.Send(request.substr(0, size));
    const support::Response response = client.Read();
    EXPECT_EQ(response.status, 408) << size;
    EXPECT_EQ(response.Header("connection"), "close");
    EXPECT_TRUE(client.EndsSilently());
  }
}

TEST(ConnectionsTest, WhoSaysNothingIsClosedSilently) {
  ServerRig rig(WithLimits("head_ms_max = 100\nidle_ms_max = 100\n"));
  support::Connection silent = rig.Connect();
  EXPECT_TRUE(silent.EndsSilently());
  support::Connection idle = rig.Connect();
  EXPECT_EQ(idle.Ask(Request{}.Bytes()).status, 200);
  EXPECT_TRUE(idle.EndsSilently());
  support::Connection blank = rig.Connect();
  EXPECT_EQ(blank.Ask(Request{}.Bytes()).status, 200);
  blank.Send("\r\n");
  EXPECT_TRUE(blank.EndsSilently()) << "an empty line is no request";
}

TEST(ConnectionsTest, AnAnswerThatIsNotReadIsGivenUp) {
  ServerRig rig(WithLimits("write_stall_ms_max = 1000\n"));
  std::string pipeline;
  for (int i = 0; i < 1000; ++i) pipeline += Request{}.Bytes();
  support::Connection client = rig.Connect();
  std::size_t sent = 0;
  const auto flood = [&] {
    while (const std::size_t some = client.SendSome(std::string_view(pipeline).substr(sent))) {
      sent = (sent + some) % pipeline.size();
    }
  };
  flood();
  EXPECT_EQ(rig.DataConnections(), 1) << "it is still given time";
  EXPECT_TRUE(WaitUntil([&] {
    try {
      flood();
      return rig.DataConnections() == 0;
    } catch (const support::WireError&) {
      return true;  // it was reset
    }
  }));
  EXPECT_TRUE(Ends(client));
  EXPECT_EQ(rig.Connect().Ask(Request{}.Bytes()).body, kInactive);
}

TEST(ConnectionsTest, FiveHundredComeAndGo) {
  ServerRig rig;
  for (int round = 0; round < 3; ++round) {
    std::vector<support::Connection> clients;
    for (int i = 0; i < 500; ++i) clients.push_back(rig.Connect());
    EXPECT_TRUE(WaitUntil([&] { return rig.DataConnections() == 500; }));
    for (support::Connection& client : clients) client.Send(Request{}.Bytes());
    for (support::Connection& client : clients) EXPECT_EQ(client.Read().body, kInactive);
    clients.clear();
    EXPECT_TRUE(WaitUntil([&] { return rig.DataConnections() == 0; }));
  }
}

// Gone in the middle of anything, and without a word.
TEST(ConnectionsTest, ResetsLeaveNothingBehind) {
  ServerRig rig;
  const std::string request = Request{}.Bytes();
  const linger now{.l_onoff = 1, .l_linger = 0};
  for (int i = 0; i < 600; ++i) {
    support::Connection client = rig.Connect();
    client.Send((request + request).substr(0, static_cast<std::size_t>(i) % (2 * request.size())));
    if (i % 3 == 0) continue;  // an orderly end
    ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
  }
  EXPECT_TRUE(WaitUntil([&] { return rig.DataConnections() == 0; }));
  EXPECT_EQ(rig.Connect().Ask(request).body, kInactive);
}

TEST(ConnectionsTest, AnAddressHasOnlySoMany) {
  ServerRig rig(WithLimits("connections_per_address_max = 3\nconnections_max = 5\n"));
  std::vector<support::Connection> clients;
  const auto admitted = [&](const std::string& from) {
    support::Connection client = rig.Connect(from);
    try {
      if (client.Ask(Request{}.Bytes()).status != 200) return false;
    } catch (const support::WireError&) {
      return false;
    }
    clients.push_back(std::move(client));
    return true;
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(admitted("127.0.0.1"));
  EXPECT_FALSE(admitted("127.0.0.1"));
  EXPECT_TRUE(admitted("127.0.0.2"));
  EXPECT_TRUE(admitted("127.0.0.3"));
  EXPECT_FALSE(admitted("127.0.0.4")) << "a sixth in all";
  clients.erase(clients.begin());
  EXPECT_TRUE(WaitUntil([&] { return admitted("127.0.0.1"); }));
}

TEST(ConnectionsTest, ARefusalIsReadEvenByOneThatGoesOnSending) {
  ServerRig rig;
  support::Connection client = rig.Connect();
  client.Send(Request{.length = "Content-Length: 10000000\r\n", .body = ""}.Bytes());
  client.Send(std::string(30'000, 'x'));
  EXPECT_EQ(client.Read().status, 413);
  EXPECT_TRUE(client.EndsSilently());
}

TEST(ConnectionsTest, AClientThatShutsDownItsSideGetsEveryAnswer) {
  ServerRig rig;
  support::Connection client = rig.Connect();
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += Request{}.Bytes();
  client.Send(bytes);
  client.ShutdownSending();
  for (int i = 0; i < 300; ++i) EXPECT_EQ(client.Read().body, kInactive);
  EXPECT_TRUE(client.EndsSilently());
}

// As slow as hashes get in a test, so that a verification is under way for a while.
std::string SlowHash(std::string_view secret) {
  return crypto::SecretHash::Make(secret, {.kdf = crypto::SecretHashCost::Kdf::kPbkdf2Sha256,
                                           .pbkdf2_iterations = 200'000})
      .ToString();
}

TEST(SlowSecretsTest, AreWaitedForByRequestsAndByTheEndOfTheServer) {
  ConfigText text{.server = "workers = 2", .with_gateway = false};
  text.tables = support::ClientTable("gateway", "secret_hash = \"" + SlowHash("slow") + "\"",
                                     "audiences = [\"*\"]\n");
  ServerRig rig(text.Text());
  const std::string request = Request{.authorization = Basic("gateway", "slow")}.Bytes();
  std::vector<support::Connection> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(rig.Connect());
    clients.back().Send(request + request);
    if (i % 2 == 0) clients.back().ShutdownSending();
  }
  ASSERT_TRUE(WaitUntil([&] { return rig.DataConnections() == 10; }));
  rig.Stop();
  for (support::Connection& client : clients) EXPECT_EQ(client.Read().status, 200);
  rig.Wait();
}

TEST(SlowSecretsTest, ThatDoNotFitAre503) {
  ConfigText text{.server = "workers = 1",
                  .limits = "secret_verifications_max = 1\nsecret_queue_max = 0\n",
                  .with_gateway = false};
  text.tables = support::ClientTable("gateway", "secret_hash = \"" + SlowHash("slow") + "\"",
                                     "audiences = [\"*\"]\n");
  ServerRig rig(text.Text());
  std::vector<support::Connection> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(rig.Connect());
    clients.back().Send(
        Request{.authorization = Basic("gateway", fmt::format("guess {}", i))}.Bytes());
  }
  int refused = 0;
  int unavailable = 0;
  for (support::Connection& client : clients) {
    const int status = client.Read().status;
    refused += status == 401 ? 1 : 0;
    unavailable += status == 503 ? 1 : 0;
  }
  EXPECT_GE(refused, 1);
  EXPECT_GE(unavailable, 1);
  EXPECT_EQ(refused + unavailable, 8);
}

// The answer before the one that cannot be given is not lost over it.
TEST(SlowSecretsTest, OfAdminsThatDoNotFitAre503InTheirTurn) {
  ConfigText text{.server = "workers = 1",
                  .limits = "secret_verifications_max = 1\nsecret_queue_max = 0\n",
                  .with_admin_token = false};
  text.tables = "[[admin.tokens]]\nname = \"a\"\ntoken_hash = \"" + SlowHash("slow") +
                "\"\nscopes = [\"status\"]\n";
  ServerRig rig(text.Text());
  const auto request = [](int i) {
    return fmt::format(
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /v1/status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer guess{}\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        i);
  };
  std::vector<support::Connection> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(rig.ConnectAdmin());
    clients.back().Send(request(i));
  }
  int unavailable = 0;
  for (support::Connection& client : clients) {
    EXPECT_THAT(client.Read().body, HasSubstr("\"status\":\"ok\""));
    const int status = client.Read().status;
    EXPECT_THAT(status, testing::AnyOf(401, 503));
    unavailable += status == 503 ? 1 : 0;
    EXPECT_THAT(client.Read().body, HasSubstr("\"status\":\"ok\""));
  }
  EXPECT_GE(unavailable, 1);
}

TEST(ExportTest, IsWhole) {
  ServerRig rig;
  constexpr int kTokens = 20'000;
  std::string lines;
  for (int i = 0; i < kTokens; ++i) {
    lines += support::Upsert(fmt::format("token-{}", i),
                             support::WithTimes(R"({"sub":"somebody","exp":@+600})"));
  }
  ASSERT_EQ(rig.admin().Push(lines).applied, kTokens);
  support::Connection client = rig.ConnectAdmin();
  client.Send(rig.admin().Head("GET", "/v1/tokens", ""));
  const std::string body = client.Read({.chunks = true}).body;
  EXPECT_TRUE(body.ends_with(fmt::format("{{\"op\":\"end\",\"lines\":{}}}\n", kTokens)));
  EXPECT_EQ(std::ranges::count(body, '\n'), kTokens + 2);
}

}  // namespace
}  // namespace introspectd::server
