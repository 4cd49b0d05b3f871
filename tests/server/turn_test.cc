#include "server/turn.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/requests.h"
#include "server/pool_rig.h"
#include "server/tls_client.h"

namespace introspectd::server {
namespace {

using http::Get;
using http::Post;
using support::Connection;

// Of connections, more than two turns look at.
constexpr int kMany = 2 * Turn::kVisitsMax + 100;

std::vector<Connection> ConnectMany(PoolRig& rig, const std::string& from = "127.0.0.1") {
  std::vector<Connection> clients;
  for (int i = 0; i < kMany; ++i) clients.push_back(rig.Connect(from));
  return clients;
}

std::string HeadOfSize(std::size_t size) {
  return Get("/now", "X: " + std::string(size, 'x') + "\r\n");
}

TEST(TurnTest, LooksAtSoManyConnectionsAndNoMore) {
  PoolRig rig;
  std::vector<Connection> clients = ConnectMany(rig);
  for (Connection& client : clients) EXPECT_EQ(client.Ask(Get("/now")).status, 200);
  rig.OnLoop([&] { rig.most_asked_together = 0; });
  {
    const Blocked blocked(rig);
    for (Connection& client : clients) client.Send(Get("/now"));
  }
  for (Connection& client : clients) EXPECT_EQ(client.Read().body, "now");
  int most = 0;
  rig.OnLoop([&] { most = rig.most_asked_together; });
  EXPECT_LE(most, Turn::kVisitsMax);
  EXPECT_GT(most, Turn::kVisitsMax / 2) << "they did not come together";
}

TEST(TurnTest, AcceptsSoManyConnectionsAndNoMore) {
  PoolRig rig;
  std::vector<Connection> clients;
  {
    const Blocked blocked(rig);
    clients = ConnectMany(rig);
  }
  for (Connection& client : clients) EXPECT_EQ(client.Ask(Get("/now")).status, 200);
  int most = 0;
  rig.OnLoop([&] { most = rig.most_accepted_together; });
  EXPECT_LE(most, Turn::kAcceptedMax);
  EXPECT_GT(most, Turn::kAcceptedMax / 2) << "they did not come together";
}

TEST(TurnTest, WhoDrainsAcceptsAllThatHaveConnected) {
  PoolRig rig;
  std::vector<Connection> clients;
  rig.OnLoop([&] { rig.pool.Drain(); });
  {
    const Blocked blocked(rig);
    clients = ConnectMany(rig);
  }
  for (Connection& client : clients) EXPECT_EQ(client.Ask(Get("/now")).status, 200);
  int most = 0;
  rig.OnLoop([&] { most = rig.most_accepted_together; });
  EXPECT_EQ(most, kMany);
}

// Whatever a connection was about to do is done when it has waited: requests in parts, several at
// once, more than is held, and ends of what is sent.
TEST(TurnTest, WhoWaitsIsServedAsIfThereHadBeenTime) {
  constexpr int kPipelined = 100;
  PoolRig rig;
  std::vector<Connection> clients = ConnectMany(rig);
  {
    const Blocked blocked(rig);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      std::string bytes;
      switch (i % 5) {
        case 0:
          clients[i].Send(Post("/deferred", std::to_string(i)).substr(0, 30));
          break;
        case 1:
          for (int j = 0; j < kPipelined; ++j) bytes += Post("/deferred", std::to_string(j));
          clients[i].Send(bytes);
          break;
        case 2:
          clients[i].Send(HeadOfSize(6000) + HeadOfSize(6000));
          break;
        case 3:
          clients[i].Send(Post("/deferred", "x"));
          clients[i].ShutdownSending();
          break;
        default:
          clients[i].ShutdownSending();
      }
    }
  }
  for (std::size_t i = 0; i < clients.size(); i += 5) {
    clients[i].Send(Post("/deferred", std::to_string(i)).substr(30));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    SCOPED_TRACE(i);
    switch (i % 5) {
      case 0:
        EXPECT_EQ(clients[i].Read().body, "POST /deferred " + std::to_string(i));
        break;
      case 1:
        for (int j = 0; j < kPipelined; ++j) {
          EXPECT_EQ(clients[i].Read().body, "POST /deferred " + std::to_string(j));
        }
        break;
      case 2:
        EXPECT_EQ(clients[i].Read().body, "now");
        EXPECT_EQ(clients[i].Read().body, "now");
        break;
      case 3:
        EXPECT_EQ(clients[i].Read().body, "POST /deferred x");
        [[fallthrough]];
      default:
        EXPECT_TRUE(clients[i].EndsSilently());
    }
  }
}

TEST(TurnTest, HeadersOfProxiesWait) {
  PoolRig rig(WideLimits(), {*net::Network::Parse("127.0.0.9")});
  std::vector<Connection> clients = ConnectMany(rig, "127.0.0.9");
  for (int i = 0; i < 2; ++i) {
    const Blocked blocked(rig);
    for (Connection& client : clients) {
      client.Send(i == 0 ? "PROXY TCP4 192.0.2.1 " : "192.0.2.9 5000 443\r\n" + Get("/now"));
    }
  }
  for (Connection& client : clients) EXPECT_EQ(client.Read().body, "now");
}

TEST(TurnTest, SealedRequestsWait) {
  PoolRig rig;
  rig.OnLoop([&] { rig.pool.SetTls(MakeTlsContext()); });
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < kMany; ++i) clients.push_back(std::make_unique<TlsClient>(rig.Connect()));
  for (const auto& client : clients) {
    client->Greet();
    client->ShakeHands();
  }
  {
    const Blocked blocked(rig);
    for (const auto& client : clients) client->Send(Post("/deferred", "x"));
  }
  for (const auto& client : clients) client->ReadUntil("POST /deferred x");
}

}  // namespace
}  // namespace introspectd::server
