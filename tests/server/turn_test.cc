#include "server/turn.h"

#include <gtest/gtest.h>

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

// How many one turn accepts of many that have connected.
int MostAcceptedTogether(PoolRig& rig) {
  std::vector<Connection> clients;
  {
    const Blocked blocked(rig);
    clients = ConnectMany(rig);
  }
  for (Connection& client : clients) EXPECT_EQ(client.Ask(Get("/now")).status, 200);
  int most = 0;
  rig.OnLoop([&] { most = rig.most_accepted_together; });
  return most;
}

TEST(TurnTest, AcceptsSoManyConnectionsAndNoMore) {
  PoolRig rig;
  const int most = MostAcceptedTogether(rig);
  EXPECT_LE(most, Turn::kAcceptedMax);
  EXPECT_GT(most, Turn::kAcceptedMax / 2) << "they did not come together";
}

TEST(TurnTest, WhoDrainsAcceptsAllThatHaveConnected) {
  PoolRig rig;
  rig.OnLoop([&] { rig.pool.Drain(); });
  EXPECT_EQ(MostAcceptedTogether(rig), kMany);
}

// What a client says while there is no time for it, and afterwards, and what it hears.
struct Talk {
  std::string begin;
  std::string rest;
  bool ends = false;  // behind `begin`
  std::vector<std::string> bodies;
};

// Requests in parts, several at once, more than is held, and ends of what is sent.
Talk TalkOf(std::size_t client) {
  const std::string name = std::to_string(client);
  const std::string request = Post("/deferred", name);
  const std::string body = "POST /deferred " + name;
  Talk talk;
  switch (client % 5) {
    case 0:
      return {.begin = request.substr(0, 30), .rest = request.substr(30), .bodies = {body}};
    case 1:
      for (int i = 0; i < 100; ++i) {
        talk.begin += Post("/deferred", std::to_string(i));
        talk.bodies.push_back("POST /deferred " + std::to_string(i));
      }
      return talk;
    case 2:
      return {.begin = HeadOfSize(6000) + HeadOfSize(6000), .bodies = {"now", "now"}};
    case 3:
      return {.begin = request, .ends = true, .bodies = {body}};
    default:
      return {.ends = true};
  }
}

// Whatever a connection was about to do is done when it has waited.
TEST(TurnTest, WhoWaitsIsServedAsIfThereHadBeenTime) {
  PoolRig rig;
  std::vector<Connection> clients = ConnectMany(rig);
  {
    const Blocked blocked(rig);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const Talk talk = TalkOf(i);
      clients[i].Send(talk.begin);
      if (talk.ends) clients[i].ShutdownSending();
    }
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const Talk talk = TalkOf(i);
    if (!talk.rest.empty()) clients[i].Send(talk.rest);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    SCOPED_TRACE(i);
    const Talk talk = TalkOf(i);
    for (const std::string& body : talk.bodies) EXPECT_EQ(clients[i].Read().body, body);
    if (talk.ends) {
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
  const auto clients = ConnectTls(rig, kMany);
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
