#include "server/handshakes.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "http/requests.h"
#include "server/pool_rig.h"
#include "server/tls_client.h"

namespace introspectd::server {
namespace {

using http::Get;

std::unique_ptr<PoolRig> WithTls(std::uint32_t handshakes_max = 1000) {
  HttpLimits limits = WideLimits();
  limits.handshakes_max = handshakes_max;
  auto rig = std::make_unique<PoolRig>(limits);
  rig->OnLoop([&] { rig->pool.SetTls(MakeTlsContext()); });
  return rig;
}

std::uint64_t Count(PoolRig& rig, Handshakes::End end) {
  std::uint64_t count = 0;
  rig.OnLoop([&] { count = rig.pool.handshakes().counts().Get(end); });
  return count;
}

void AskAndHear(TlsClient& client) {
  client.Send(Get("/now"));
  client.ReadUntil("now");
}

void OpenAndAsk(TlsClient& client) {
  client.Greet();
  client.ShakeHands();
  AskAndHear(client);
}

// Far more than a turn has time for, all at once; and requests of somebody who is through.
TEST(HandshakesTest, ThoseThatWaitHaveTheirTurn) {
  constexpr int kClients = 100;
  const auto rig = WithTls();
  TlsClient early(rig->Connect());
  OpenAndAsk(early);
  const auto clients = ConnectTls(*rig, kClients);
  {
    const Blocked blocked(*rig);
    for (const auto& client : clients) client->Greet();
    early.Send(Get("/now"));
  }
  early.ReadUntil("now");
  for (const auto& client : clients) client->ShakeHands();
  for (const auto& client : clients) client->Send(Get("/now"));
  for (const auto& client : clients) client->ReadUntil("now");
  EXPECT_EQ(Count(*rig, Handshakes::End::kFull), std::uint64_t{kClients + 1});
  EXPECT_EQ(Count(*rig, Handshakes::End::kFailed), 0u);
}

TEST(HandshakesTest, TheOldestThatKeepsItsServerWaitingGivesWay) {
  const auto rig = WithTls(2);
  TlsClient silent(rig->Connect());
  TlsClient second(rig->Connect());
  TlsClient third(rig->Connect());
  EXPECT_TRUE(silent.Ends());
  OpenAndAsk(second);
  OpenAndAsk(third);
  EXPECT_EQ(Count(*rig, Handshakes::End::kFailed), 1u);
}

TEST(HandshakesTest, WhoIsThroughCountsNoMore) {
  const auto rig = WithTls(1);
  std::vector<std::unique_ptr<TlsClient>> through;
  for (int i = 0; i < 5; ++i) {
    through.push_back(std::make_unique<TlsClient>(rig->Connect()));
    OpenAndAsk(*through.back());
  }
  for (const auto& client : through) AskAndHear(*client);
  EXPECT_EQ(Count(*rig, Handshakes::End::kFailed), 0u);
}

TEST(HandshakesTest, WhatIsNoTlsFails) {
  const auto rig = WithTls();
  support::Connection client = rig->Connect();
  client.Send(Get("/now"));
  client.ReadToEnd();
  EXPECT_EQ(Count(*rig, Handshakes::End::kFailed), 1u);
}

}  // namespace
}  // namespace introspectd::server
