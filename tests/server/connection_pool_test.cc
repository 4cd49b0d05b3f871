#include "server/connection_pool.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
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

// Keeps the loop from turning for as long as it lives.
class Blocked {
 public:
  explicit Blocked(PoolRig& rig) {
    std::promise<void> blocked;
    thread_ = std::thread([this, &rig, &blocked] {
      rig.OnLoop([this, &blocked] {
        blocked.set_value();
        go_on_.get_future().wait();
      });
    });
    blocked.get_future().wait();
  }
  ~Blocked() {
    go_on_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> go_on_;
  std::thread thread_;
};

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
