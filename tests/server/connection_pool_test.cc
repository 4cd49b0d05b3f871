#include "server/connection_pool.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "fmt/format.h"
#include "http/requests.h"
#include "server/pool_rig.h"
#include "support/wait_until.h"

namespace introspectd::server {
namespace {

using http::Get;
using http::Post;
using support::WaitUntil;

TEST(PeersTest, CountsAllAndEachAddress) {
  Peers peers(3, 2);
  EXPECT_TRUE(peers.Enter(7));
  EXPECT_TRUE(peers.Enter(7));
  EXPECT_FALSE(peers.Enter(7)) << "a third of one address";
  EXPECT_EQ(peers.total(), 2u);
  EXPECT_TRUE(peers.Enter(8));
  EXPECT_FALSE(peers.Enter(9)) << "a fourth in all";
  EXPECT_EQ(peers.total(), 3u);
  peers.Leave(7);
  EXPECT_TRUE(peers.Enter(7));
  EXPECT_EQ(peers.total(), 3u);
}

TEST(PeersTest, UnixSocketsCountInTheTotalOnly) {
  Peers peers(3, 1);
  EXPECT_TRUE(peers.Enter(0));
  EXPECT_TRUE(peers.Enter(0));
  EXPECT_TRUE(peers.Enter(0));
  EXPECT_FALSE(peers.Enter(0));
  peers.Leave(0);
  EXPECT_TRUE(peers.Enter(5));
}

TEST(PeersTest, AddressesHavePlacesOfTheirOwn) {
  Peers peers(100'000, 1);
  int refused = 0;
  for (std::uint64_t peer = 1; peer <= 1000; ++peer) refused += peers.Enter(peer << 24) ? 0 : 1;
  EXPECT_LT(refused, 50) << "of 65,536 places";
}

TEST(PeersTest, LosesNobodyAmongThreads) {
  Peers peers(50, 20);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t peer = 1 + i % 2;
        if (!peers.Enter(peer)) continue;
        if (peers.total() > 50) over = true;
        peers.Leave(peer);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(over);
  EXPECT_EQ(peers.total(), 0u);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(peers.Enter(1));
  EXPECT_FALSE(peers.Enter(1));
}

TEST(PeersTest, AnAddressMayBecomeKnownLater) {
  Peers peers(3, 1);
  EXPECT_TRUE(peers.Enter(0));
  EXPECT_TRUE(peers.EnterAddress(7));
  EXPECT_TRUE(peers.Enter(0));
  EXPECT_FALSE(peers.EnterAddress(7));
  EXPECT_EQ(peers.total(), 2u) << "it stays in as nobody";
  peers.Leave(0);
  peers.Leave(7);
  EXPECT_EQ(peers.total(), 0u);
  EXPECT_TRUE(peers.Enter(7));
}

TEST(PeersTest, OtherLimitsHoldForThoseWhoCome) {
  Peers peers(2, 1);
  EXPECT_TRUE(peers.Enter(7));
  EXPECT_FALSE(peers.Enter(7));
  peers.SetMax(3, 2);
  EXPECT_TRUE(peers.Enter(7));
  EXPECT_TRUE(peers.Enter(8));
  EXPECT_FALSE(peers.Enter(9));
  peers.SetMax(1, 1);
  EXPECT_FALSE(peers.Enter(9));
  EXPECT_EQ(peers.total(), 3u) << "nobody is put out";
}

TEST(ConnectionPoolTest, LimitsChangeForConnectionsThatAreOpen) {
  PoolRig rig;
  support::Connection client = rig.Connect();
  const std::string body(500, 'x');
  EXPECT_EQ(client.Ask(Post("/again", body)).status, 200);
  EXPECT_EQ(client.Ask(Post("/again", body)).status, 200);  // a head that is known
  HttpLimits limits = WideLimits();
  limits.body_bytes_max = 400;
  rig.OnLoop([&] { rig.pool.SetLimits(limits); });
  support::Connection other = rig.Connect();
  EXPECT_EQ(other.Ask(Post("/again", body)).status, 413);
  EXPECT_EQ(client.Ask(Post("/again", body)).status, 413);
}

// In the middle of requests, each with more of something than it may have had.
TEST(ConnectionPoolTest, SmallerLimitsMeetRequestsThatHaveBegun) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string pad(2000, 'x');
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n", pad.size(), pad);
  for (const auto& [begun, rest, status] : std::vector<std::tuple<std::string, std::string, int>>{
           {"GET /now HTTP/1.1\r\nHost: a\r\nX: " + pad, "\r\n\r\n", 431},
           {"GET /now HTTP/1.1\r\nHost: a\r\nX: " + pad + "\r\n", "\r\n", 431},
           {Get("/echo", chunked, "POST") + chunk, chunk + "0\r\n\r\n", 413},
           {Get("/echo", "Content-Length: 2000\r\n", "POST") + pad.substr(1), "x", 200}}) {
    SCOPED_TRACE(begun);
    PoolRig rig;
    support::Connection client = rig.Connect();
    EXPECT_EQ(client.Ask(Get("/now")).status, 200);
    const auto bytes = [&rig] {
      std::size_t now = 0;
      rig.OnLoop([&] {
        rig.pool.Tick();
        now = rig.pool.bytes();
      });
      return now;
    };
    const std::size_t before = bytes();
    client.Send(begun);
    ASSERT_TRUE(WaitUntil([&] { return bytes() > before + 1000; })) << "it has come";
    HttpLimits limits = WideLimits();
    limits.head_bytes_max = 1000;
    limits.body_bytes_max = 1000;
    rig.OnLoop([&] { rig.pool.SetLimits(limits); });
    client.Send(rest);
    EXPECT_EQ(client.Read().status, status);
  }
}

const std::string kProxied = "127.0.0.9";  // the balancer

PoolRig BehindProxy(const HttpLimits& limits = WideLimits()) {
  return PoolRig(limits, {*net::Network::Parse(kProxied)});
}

std::string HeaderOf(std::string_view source) {
  return fmt::format("PROXY TCP4 {} 192.0.2.9 5000 443\r\n", source);
}

TEST(ProxyProtocolTest, WhoIsNamedIsWhoAsks) {
  PoolRig rig = BehindProxy();
  support::Connection named = rig.Connect(kProxied);
  EXPECT_EQ(named.Ask(HeaderOf("192.0.2.1") + Get("/now")).status, 200);
  EXPECT_EQ(named.Ask(Get("/now")).status, 200) << "there is one header a connection";
  support::Connection unnamed = rig.Connect(kProxied);
  EXPECT_EQ(unnamed.Ask("PROXY UNKNOWN\r\n" + Get("/now")).status, 200);
  support::Connection direct = rig.Connect("127.0.0.8");
  EXPECT_EQ(direct.Ask(Get("/now")).status, 200);
  std::vector<std::uint64_t> peers;
  rig.OnLoop([&] { peers = rig.handler.peers; });
  const auto number = [](const char* address) {
    in_addr v4;
    inet_pton(AF_INET, address, &v4);
    return net::NumberOf(net::BytesOf(v4));
  };
  EXPECT_EQ(peers, (std::vector{number("192.0.2.1"), number("192.0.2.1"), number("127.0.0.9"),
                                number("127.0.0.8")}));
}

TEST(ProxyProtocolTest, TheHeaderEndsWhereItEndsHoweverTheBytesCome) {
  PoolRig rig = BehindProxy();
  const std::string bytes = HeaderOf("192.0.2.1") + Post("/echo", "x");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    support::Connection client = rig.Connect(kProxied);
    client.Send(bytes.substr(0, cut));
    rig.OnLoop([] {});
    client.Send(bytes.substr(cut));
    EXPECT_EQ(client.Read().body, "POST /echo x") << cut;
  }
}

TEST(ProxyProtocolTest, WithoutAHeaderTheBalancerGetsNoAnswer) {
  PoolRig rig = BehindProxy();
  for (const std::string& bytes : {Get("/now"), std::string("PROXY TCP4 nobody\r\n") + Get("/now"),
                                   std::string("\r\n\r\n") + Get("/now")}) {
    support::Connection client = rig.Connect(kProxied);
    client.Send(bytes);
    try {
      EXPECT_EQ(client.ReadToEnd(), "");
    } catch (const support::WireError&) {  // a reset: it had not read everything
    }
  }
  support::Connection half = rig.Connect(kProxied);
  half.Send("PROXY TCP4 192.0.2.1 ");
  half.ShutdownSending();
  EXPECT_TRUE(half.EndsSilently());
}

TEST(ProxyProtocolTest, AHeaderOfSomebodyElseIsNoHttp) {
  PoolRig rig = BehindProxy();
  EXPECT_EQ(rig.Connect().Ask(HeaderOf("192.0.2.1") + Get("/now")).status, 400);
}

TEST(ProxyProtocolTest, AHeaderHasTheTimeOfAHead) {
  HttpLimits limits = WideLimits();
  limits.head_ms_max = 100;
  PoolRig rig = BehindProxy(limits);
  support::Connection client = rig.Connect(kProxied);
  client.Send("PROXY TCP4 192.0.2.1 ");
  EXPECT_TRUE(client.EndsSilently());
}

TEST(ProxyProtocolTest, ConnectionsCountForWhoIsNamed) {
  HttpLimits limits = WideLimits();
  limits.connections_max = 6;
  limits.connections_per_address_max = 1;
  PoolRig rig = BehindProxy(limits);
  std::vector<support::Connection> held;
  const auto admitted = [&](const std::string& header) {
    support::Connection client = rig.Connect(kProxied);
    try {
      if (client.Ask(header + Get("/now")).status != 200) return false;
    } catch (const support::WireError&) {
      return false;
    }
    held.push_back(std::move(client));
    return true;
  };
  EXPECT_TRUE(admitted(HeaderOf("192.0.2.1")));
  EXPECT_FALSE(admitted(HeaderOf("192.0.2.1")));
  EXPECT_TRUE(admitted(HeaderOf("192.0.2.2")));
  EXPECT_TRUE(admitted("PROXY UNKNOWN\r\n"));
  EXPECT_TRUE(admitted("PROXY UNKNOWN\r\n")) << "the balancer itself has no share";
  EXPECT_TRUE(admitted(HeaderOf("192.0.2.3")));
  EXPECT_TRUE(admitted(HeaderOf("192.0.2.4")));
  EXPECT_FALSE(admitted(HeaderOf("192.0.2.5"))) << "a seventh in all";
  held.clear();
  EXPECT_TRUE(WaitUntil([&] { return admitted(HeaderOf("192.0.2.1")); }));
}

TEST(ConnectionPoolTest, AnswersInOneWriteWhatCameInOneRead) {
  PoolRig rig;
  support::Connection client = rig.Connect();
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += Post("/deferred", std::to_string(i)) + Get("/now");
  client.Send(bytes);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Read().body, "POST /deferred " + std::to_string(i));
    EXPECT_EQ(client.Read().body, "now");
  }
}

TEST(ConnectionPoolTest, ASlotIsUsedAgain) {
  PoolRig rig;
  for (int i = 0; i < 30; ++i) {
    support::Connection client = rig.Connect();
    EXPECT_EQ(client.Ask(Post("/deferred", "x", "Connection: close\r\n")).status, 200);
    EXPECT_TRUE(client.EndsSilently());
  }
  EXPECT_TRUE(WaitUntil([&] {
    std::size_t open = 1;
    rig.OnLoop([&] { open = rig.pool.open_connections(); });
    return open == 0;
  }));
}

TEST(ConnectionPoolTest, WhoIsBeyondTheLimitIsClosedAtOnce) {
  HttpLimits limits = WideLimits();
  limits.connections_max = 2;
  PoolRig rig(limits);
  support::Connection first = rig.Connect();
  EXPECT_EQ(first.Ask(Get("/now")).status, 200);
  {
    support::Connection second = rig.Connect();
    EXPECT_EQ(second.Ask(Get("/now")).status, 200);
    EXPECT_TRUE(rig.Connect().EndsSilently());
  }
  EXPECT_TRUE(WaitUntil([&] {
    support::Connection again = rig.Connect();
    again.SendSome(Get("/now"));
    try {
      return again.Read().status == 200;
    } catch (const support::WireError&) {
      return false;
    }
  })) << "there is room again";
}

// Long answers to a client that reads slowly, so that writes are cut short while more answers are
// owed, and other connections in between: every answer must be the one that was asked for.
TEST(ConnectionPoolTest, NoConnectionGetsTheAnswerOfAnother) {
  PoolRig rig;
  constexpr int kRounds = 60;
  const std::string pad(3000, 'p');
  support::Connection slow = rig.ConnectNarrow();
  std::thread sender([&] {
    for (int i = 0; i < kRounds; ++i) {
      std::string bytes;
      for (int j = 0; j < 10; ++j) {
        bytes += Post("/deferred", fmt::format("slow {} {} {}", i, j, pad)) + Get("/now") +
                 Post("/deferred", fmt::format("slow {} {} second {}", i, j, pad));
      }
      slow.Send(bytes);
    }
  });
  std::atomic<bool> stop{false};
  std::thread other([&] {
    support::Connection quick = rig.Connect();
    for (int i = 0; !stop; ++i) {
      const std::string body = fmt::format("quick {}", i);
      EXPECT_EQ(quick.Ask(Post("/deferred", body)).body, "POST /deferred " + body);
    }
  });
  std::this_thread::sleep_for(support::milliseconds(100));  // it fills up
  for (int i = 0; i < kRounds; ++i) {
    for (int j = 0; j < 10; ++j) {
      EXPECT_EQ(slow.Read().body, fmt::format("POST /deferred slow {} {} {}", i, j, pad));
      EXPECT_EQ(slow.Read().body, "now");
      EXPECT_EQ(slow.Read().body, fmt::format("POST /deferred slow {} {} second {}", i, j, pad));
    }
  }
  stop = true;
  sender.join();
  other.join();
}

// More connections than one turn of the loop looks at.
TEST(ConnectionPoolTest, EveryDeadlineIsLookedAt) {
  HttpLimits limits = WideLimits();
  limits.head_ms_max = 300;
  PoolRig rig(limits);
  std::vector<support::Connection> silent;
  for (int i = 0; i < 700; ++i) silent.push_back(rig.Connect());
  for (support::Connection& client : silent) EXPECT_TRUE(client.EndsSilently());
}

TEST(ConnectionPoolTest, CountsWhatConnectionsHoldWhileTheyHoldIt) {
  PoolRig rig;
  const auto bytes = [&rig] {
    std::size_t now = 0;
    rig.OnLoop([&] { now = rig.pool.bytes(); });
    return now;
  };
  constexpr std::size_t kHeld = 300 * 20'000;
  {
    std::vector<support::Connection> slow;
    for (int i = 0; i < 300; ++i) {
      slow.push_back(rig.Connect());
      slow.back().Send(Get("/echo", "Content-Length: 30000\r\n", "POST") +
                       std::string(20'000, 'x'));
    }
    EXPECT_TRUE(WaitUntil([&] { return bytes() >= kHeld; }));
  }
  EXPECT_TRUE(WaitUntil([&] { return bytes() < kHeld / 2; })) << bytes();
}

// More than one read of the loop's buffer at once, while nobody reads the answers.
TEST(ConnectionPoolTest, AFloodThatNobodyReadsTheAnswersOfIsHeldBack) {
  PoolRig rig;
  std::string flood;
  while (flood.size() < 8u << 20) flood += Post("/deferred", std::string(500, 'x'));
  support::Connection client = rig.Connect();
  std::size_t sent = 0;
  EXPECT_TRUE(WaitUntil([&] {
    while (const std::size_t some = client.SendSome(std::string_view(flood).substr(sent))) {
      sent += some;
      if (sent == flood.size()) sent = 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return client.SendSome("P") == 0 || client.SendSome("O") == 0;
  })) << "it reads on and on";
}

// Requests that fill the loop's buffer twice before a turn of it ends, with answers that the socket
// does not take.
TEST(ConnectionPoolTest, SeveralReadsOfOneTurnAreAnsweredOnce) {
  PoolRig rig;
  rig.OnLoop([&] { rig.handler.deferred_pad = 40'000; });
  support::Connection client = rig.ConnectNarrow();
  const std::string pad(5000, 'p');
  const auto body = [&pad](int i) { return std::to_string(i) + pad; };
  constexpr int kBefore = 20;
  constexpr int kBehind = 5;
  {
    const Blocked blocked(rig);
    std::string bytes;
    for (int i = 0; i < kBefore; ++i) bytes += Post("/deferred", body(i));
    client.Send(bytes);
  }
  for (int i = kBefore; i < kBefore + kBehind; ++i) {
    client.Send(Post("/deferred", body(i)));
    rig.OnLoop([] {});  // it has turned
  }
  for (int i = 0; i < kBefore + kBehind; ++i) {
    EXPECT_EQ(client.Read().body, "POST /deferred " + body(i) + std::string(40'000, '.'));
  }
}

class FloodTest : public testing::TestWithParam<std::string> {};

// A client that pipelines faster than it is answered, and reads all of it: what it sends must wait
// in the socket, not here.
TEST_P(FloodTest, WhatIsNotAnsweredYetIsNotHeld) {
  PoolRig rig;
  constexpr int kRequests = 300'000;
  support::Connection client = rig.Connect();
  std::thread sender([&] {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += GetParam();
    for (int i = 0; i < kRequests; i += 1000) client.Send(bytes);
    client.ShutdownSending();
  });
  std::size_t most = 0;
  std::atomic<bool> stop{false};
  std::thread watcher([&] {
    while (!stop) {
      rig.OnLoop([&] {
        rig.handler.asked.clear();  // it writes down everything
        rig.handler.heads.clear();
        most = std::max(most, mallinfo2().uordblks + mallinfo2().hblkhd);
      });
    }
  });
  std::size_t received = 0;
  std::array<char, 65'536> buffer;
  while (const ssize_t size = recv(client.fd(), buffer.data(), buffer.size(), 0)) {
    ASSERT_GT(size, 0);
    received += static_cast<std::size_t>(size);
  }
  sender.join();
  stop = true;
  watcher.join();
  EXPECT_GT(received, std::size_t{kRequests} * 100);
  EXPECT_LT(most, 12u << 20) << "what was sent is " << kRequests * GetParam().size();
}

INSTANTIATE_TEST_SUITE_P(All, FloodTest, testing::Values(Get("/nothing"), Post("/deferred", "x")));

// Answers that are given out of turn leave nothing behind.
TEST(ConnectionPoolTest, EveryTurnEndsWithNothingOwed) {
  PoolRig rig;
  support::Connection client = rig.Connect();
  for (int i = 0; i < 200; ++i) {
    client.Send(Post("/deferred", "x") + Get("/now"));
    EXPECT_EQ(client.Read().status, 200);
    EXPECT_EQ(client.Read().status, 200);
  }
  std::size_t owed = 0;
  rig.OnLoop([&] { owed = rig.handler.deferred_count(); });
  EXPECT_LT(owed, 3u);
}

TEST(ConnectionPoolTest, ALongAnswerIsSentWhole) {
  PoolRig rig;
  rig.OnLoop([&] { rig.handler.source_parts = 150'000; });
  support::Connection client = rig.Connect();  // takes many parts in one turn
  client.SetDeadline(support::seconds(60));
  client.Send(Get("/source") + Get("/now"));
  const std::string body = client.Read({.chunks = true}).body;
  std::size_t at = 0;
  for (int part = 1; part <= 150'000; ++part) {
    const std::string line = fmt::format("part {}\n", part);
    ASSERT_EQ(body.compare(at, line.size(), line), 0) << part;
    at += line.size();
  }
  EXPECT_EQ(at, body.size());
  EXPECT_EQ(client.Read().body, "now");
}

TEST(ConnectionPoolTest, AResumptionFindsItsConnectionOrNobody) {
  PoolRig rig;
  support::Connection client = rig.Connect();
  client.Send(Post("/later", "x") + Get("/now"));
  std::optional<http::Ticket> ticket;
  ASSERT_TRUE(WaitUntil([&] {
    rig.OnLoop([&] { ticket = rig.handler.TakeTicket(); });
    return ticket.has_value();
  }));
  rig.OnLoop([&] {
    http::Ticket other = *ticket;
    other.slot = 500;
    rig.pool.Resume(other, http::Resumption::kRefused);
    other = *ticket;
    ++other.generation;
    rig.pool.Resume(other, http::Resumption::kRefused);
    rig.pool.Resume(*ticket, http::Resumption::kRetry);
    rig.pool.Resume(*ticket, http::Resumption::kRefused);
  });
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().body, "now");
}

TEST(ConnectionPoolTest, AResumptionForAConnectionThatHasGoneIsDropped) {
  PoolRig rig;
  std::optional<http::Ticket> ticket;
  {
    support::Connection client = rig.Connect();
    client.Send(Post("/later", "x"));
    ASSERT_TRUE(WaitUntil([&] {
      rig.OnLoop([&] { ticket = rig.handler.TakeTicket(); });
      return ticket.has_value();
    }));
    rig.OnLoop([&] { rig.pool.CloseAll(); });
  }
  rig.OnLoop([&] { rig.pool.Resume(*ticket, http::Resumption::kRetry); });
  std::vector<std::string> asked;
  rig.OnLoop([&] { asked = rig.handler.asked; });
  EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace introspectd::server
