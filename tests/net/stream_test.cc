// Streams and their listeners over loopback. The server's side is a loop on a thread of its own;
// the client's side blocks.

#include "net/stream.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/listener.h"
#include "net/socket.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "support/wire.h"

namespace introspectd::net {
namespace {

using support::WaitUntil;

// One connection, told what to do when it hears something.
class Peer final : public StreamOwner {
 public:
  Peer(Loop& loop, std::span<char> buffer) : stream(loop, *this, buffer) {}

  void OnRead(std::string_view bytes) override {
    read += bytes;
    if (on_read) on_read(bytes);
  }
  void OnReadEnd() override {
    read_end = true;
    if (on_read_end) on_read_end();
  }
  void OnWritten() override {
    EXPECT_FALSE(stream.writing());
    written = true;
    if (on_written) on_written();
  }
  void OnBroken() override {
    broken = true;
    stream.Close();
  }
  void OnClosed() override { closed = true; }

  Stream stream;
  std::string read;  // the loop's
  std::function<void(std::string_view)> on_read;
  std::function<void()> on_read_end;
  std::function<void()> on_written;
  std::atomic<bool> read_end{false};
  std::atomic<bool> written{false};
  std::atomic<bool> broken{false};
  std::atomic<bool> closed{false};
};

class StreamTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { signal(SIGPIPE, SIG_IGN); }

  // Listens, and does `accepted` to each peer, on the loop.
  void Serve(ListenAddress address, std::function<void(Peer&)> accepted) {
    auto socket = Bind(address);
    ASSERT_TRUE(socket.ok()) << socket.status();
    address_ = address;
    const bool tcp = address.kind == ListenAddress::Kind::kTcp;
    listener_ = std::make_unique<Listener>(
        loop_, *std::move(socket), tcp, [this, accepted](Listener& listener) {
          peers_.push_back(std::make_unique<Peer>(loop_, buffer_));
          ASSERT_TRUE(peers_.back()->stream.Accept(listener));
          accepted(*peers_.back());
          ++accepted_;
        });
    stop_ = std::make_unique<Waker>(loop_, [this] {
      listener_->Close();
      for (const auto& peer : peers_) peer->stream.Close();
      stop_->Close();
    });
    thread_ = std::thread([this] { loop_.Run(); });
  }
  void ServeTcp(std::function<void(Peer&)> accepted) {
    Serve({.kind = ListenAddress::Kind::kTcp, .host = "127.0.0.1"}, std::move(accepted));
  }

  // The loop ends, which shows that everything on it was closed.
  void Stop() {
    if (!thread_.joinable()) return;
    stop_->Wake();
    thread_.join();
    for (const auto& peer : peers_) EXPECT_TRUE(peer->closed);
  }
  void TearDown() override { Stop(); }

  support::Connection Connect() { return support::Connection::ToPort(address_.port); }

  // The peer of the first connection, once it was accepted.
  Peer& First() {
    EXPECT_TRUE(WaitUntil([this] { return accepted_ > 0; }));
    return *peers_.front();
  }

  std::array<char, 4096> buffer_;
  Loop loop_;
  ListenAddress address_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Waker> stop_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

void Echo(Peer& peer) {
  peer.on_read = [&peer](std::string_view bytes) {
    EXPECT_EQ(peer.stream.Write(bytes), Stream::Written::kAll);
  };
  peer.on_read_end = [&peer] { peer.stream.Close(); };
  peer.stream.StartReading();
}

TEST_F(StreamTest, MovesBytesBothWays) {
  ServeTcp(Echo);
  support::Connection client = Connect();
  client.Send("hello");
  EXPECT_EQ(client.ReadExactly(5), "hello");
  client.Send(std::string(3, '\0') + "\xff");
  client.ShutdownSending();
  EXPECT_EQ(client.ReadToEnd(), std::string(3, '\0') + "\xff");
}

TEST_F(StreamTest, UnixSocketsToo) {
  const support::TempDir directory;
  const std::string path = (directory.path() / "s").string();
  Serve({.kind = ListenAddress::Kind::kUnix, .path = path, .text = "unix:" + path}, [](Peer& peer) {
    EXPECT_FALSE(peer.stream.peer());
    Echo(peer);
  });
  support::Connection client = support::Connection::ToUnix(path);
  client.Send("hello");
  client.ShutdownSending();
  EXPECT_EQ(client.ReadToEnd(), "hello");
  Stop();
}

TEST_F(StreamTest, PeersOfOneAddressHaveOneNumber) {
  std::vector<std::uint64_t> numbers;
  ServeTcp([&numbers](Peer& peer) {
    numbers.push_back(NumberOf(*peer.stream.peer()));
    Echo(peer);
  });
  std::vector<support::Connection> clients;
  for (const char* from : {"127.0.0.1", "127.0.0.1", "127.0.0.2"}) {
    clients.push_back(support::Connection::ToPort(address_.port, from));
    clients.back().Send("x");
    clients.back().ReadExactly(1);
  }
  Stop();
  ASSERT_EQ(numbers.size(), 3u);
  EXPECT_NE(numbers[0], 0u);
  EXPECT_EQ(numbers[0], numbers[1]);
  EXPECT_NE(numbers[0], numbers[2]);
}

// What the socket does not take is kept, and written once the peer reads.
TEST_F(StreamTest, WritesTheRestWhenThePeerReads) {
  std::string much(32 << 20, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 2654435761u >> 24);
  ServeTcp([&much](Peer& peer) {
    EXPECT_EQ(peer.stream.Write(much), Stream::Written::kSome);
    EXPECT_TRUE(peer.stream.writing());
    EXPECT_GT(peer.stream.unwritten(), 0u);
    EXPECT_LT(peer.stream.unwritten(), much.size());
    peer.on_written = [&peer] {
      EXPECT_EQ(peer.stream.Write("the end"), Stream::Written::kAll);
      peer.stream.Close();
    };
  });
  support::Connection client = Connect();
  EXPECT_FALSE(First().written) << "nobody has read anything";
  EXPECT_TRUE(client.ReadToEnd() == much + "the end");
}

TEST_F(StreamTest, ReadsNothingWhileItIsStopped) {
  ServeTcp([](Peer& peer) {
    peer.on_read = [&peer](std::string_view) { peer.stream.StopReading(); };
    peer.on_written = [&peer] { peer.stream.StartReading(); };
    peer.stream.StartReading();
  });
  support::Connection client = Connect();
  const std::string much(64 << 20, 'x');
  std::size_t sent = 0;
  EXPECT_TRUE(WaitUntil([&] {
    const std::size_t some = client.SendSome(much);
    sent += some;
    return some == 0;
  })) << "what is not read must fill the socket";
  Stop();
  EXPECT_LE(peers_.front()->read.size(), buffer_.size());
  EXPECT_LT(sent, much.size());
}

TEST_F(StreamTest, APeerThatSendsNoMoreCanStillBeWrittenTo) {
  ServeTcp([](Peer& peer) {
    peer.on_read_end = [&peer] {
      EXPECT_EQ(peer.stream.Write("an answer"), Stream::Written::kAll);
      peer.stream.Close();
    };
    peer.stream.StartReading();
  });
  support::Connection client = Connect();
  client.ShutdownSending();
  EXPECT_EQ(client.ReadToEnd(), "an answer");
}

TEST_F(StreamTest, ShuttingDownEndsWhatThePeerReads) {
  ServeTcp([](Peer& peer) {
    EXPECT_EQ(peer.stream.Write("bye"), Stream::Written::kAll);
    peer.stream.ShutDown();
    peer.stream.StartReading();
  });
  support::Connection client = Connect();
  EXPECT_EQ(client.ReadToEnd(), "bye");
  EXPECT_FALSE(First().closed) << "the other way is still open";
  client.Send("last words");
  client.ShutdownSending();
  EXPECT_TRUE(WaitUntil([this] { return First().read_end.load(); }));
  Stop();
  EXPECT_EQ(peers_.front()->read, "last words");
}

void Reset(const support::Connection& client) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
}

TEST_F(StreamTest, AResetBreaksAStreamThatReads) {
  ServeTcp([](Peer& peer) { peer.stream.StartReading(); });
  {
    const support::Connection client = Connect();
    First();
    Reset(client);
  }
  EXPECT_TRUE(WaitUntil([this] { return First().closed.load(); }));
  EXPECT_TRUE(First().broken);
}

TEST_F(StreamTest, AResetBreaksAStreamThatWrites) {
  const std::string much(32 << 20, 'x');
  ServeTcp([&much](Peer& peer) { EXPECT_EQ(peer.stream.Write(much), Stream::Written::kSome); });
  {
    const support::Connection client = Connect();
    First();
    Reset(client);
  }
  EXPECT_TRUE(WaitUntil([this] { return First().closed.load(); }));
  EXPECT_TRUE(First().broken);
  EXPECT_FALSE(First().written);
}

TEST_F(StreamTest, MayBeClosedInTheMiddleOfAWriteAndOfAShutdown) {
  const std::string much(32 << 20, 'x');
  ServeTcp([&much](Peer& peer) {
    EXPECT_EQ(peer.stream.Write(much), Stream::Written::kSome);
    peer.stream.ShutDown();
    peer.stream.Close();
    peer.stream.Close();
  });
  support::Connection client = Connect();
  EXPECT_TRUE(WaitUntil([this] { return First().closed.load(); }));
  EXPECT_FALSE(First().written);
  EXPECT_FALSE(First().broken) << "it was closed, and nobody needs to be told";
}

// Of peers that read nothing, the kernel is not to hold megabytes each.
TEST_F(StreamTest, LittleIsKeptForAPeerThatReadsNothing) {
  const std::string much(32 << 20, 'x');
  std::atomic<std::size_t> unwritten{0};
  ServeTcp([&](Peer& peer) {
    EXPECT_EQ(peer.stream.Write(much), Stream::Written::kSome);
    unwritten = peer.stream.unwritten();
  });
  support::Connection client = Connect();
  EXPECT_FALSE(First().written);
  EXPECT_GT(unwritten, much.size() - (1 << 20));
}

// What the peer has not taken yet is not offered to it any more.
TEST_F(StreamTest, AResetTellsThePeerThatSomethingIsLost) {
  const std::string much(32 << 20, 'x');
  ServeTcp([&much](Peer& peer) {
    EXPECT_EQ(peer.stream.Write(much), Stream::Written::kSome);
    peer.stream.Reset();
    peer.stream.Reset();
  });
  support::Connection client = Connect();
  EXPECT_TRUE(WaitUntil([this] { return First().closed.load(); }));
  EXPECT_THROW(client.ReadToEnd(), support::WireError);
  EXPECT_FALSE(First().broken) << "it was closed, and nobody needs to be told";
}

TEST_F(StreamTest, WhatCannotBeResetIsClosed) {
  const support::TempDir directory;
  const std::string path = (directory.path() / "s").string();
  Serve({.kind = ListenAddress::Kind::kUnix, .path = path},
        [](Peer& peer) { peer.stream.Reset(); });
  EXPECT_TRUE(support::Connection::ToUnix(path).EndsSilently());
}

// One stream, connection after connection, as a slot of a pool uses it.
TEST_F(StreamTest, IsOpenedAgain) {
  ListenAddress address{.kind = ListenAddress::Kind::kTcp, .host = "127.0.0.1"};
  auto socket = Bind(address);
  ASSERT_TRUE(socket.ok());
  Peer peer(loop_, buffer_);
  Listener listener(loop_, *std::move(socket), true, [&peer](Listener& from) {
    peer.closed = false;
    ASSERT_TRUE(peer.stream.Accept(from));
    Echo(peer);
  });
  Waker stop(loop_, [&] {
    listener.Close();
    stop.Close();
  });
  std::thread thread([this] { loop_.Run(); });
  for (int i = 0; i < 50; ++i) {
    support::Connection client = support::Connection::ToPort(address.port);
    client.Send("x");
    EXPECT_EQ(client.ReadExactly(1), "x");
    client.ShutdownSending();
    EXPECT_EQ(client.ReadToEnd(), "");
    ASSERT_TRUE(WaitUntil([&peer] { return peer.closed.load(); }));
  }
  stop.Wake();
  thread.join();
  EXPECT_EQ(peer.read, std::string(50, 'x'));
}

}  // namespace
}  // namespace introspectd::net
