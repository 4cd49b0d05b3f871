#include "support/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "support/loopback_listener.h"

namespace introspectd::support {
namespace {

// One connection of a peer that reads `wanted` bytes, sends `answer` and ends (or waits for the
// end).
class Peer {
 public:
  Peer(std::size_t wanted, std::string answer, bool ends)
      : thread_([this, wanted, answer = std::move(answer), ends] {
          const int fd = accept(listener_.fd(), nullptr, nullptr);
          std::string received(wanted, '\0');
          recv(fd, received.data(), wanted, MSG_WAITALL);
          send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
          char more;
          if (!ends) recv(fd, &more, 1, 0);
          close(fd);
        }) {}
  ~Peer() { thread_.join(); }

  std::uint16_t port() const { return listener_.port(); }

 private:
  LoopbackListener listener_;
  std::thread thread_;
};

constexpr std::string_view kTwoAnswers =
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nAHTTP/1.1 401 No\r\nContent-Length: 1\r\n\r\nB";

TEST(ConnectionTest, ReadsPipelinedAnswersOneByOneAndSeesTheEnd) {
  const Peer peer(8, std::string(kTwoAnswers), true);
  Connection connection = Connection::ToPort(peer.port(), "127.0.0.9");
  connection.SendInPieces("requests", 3);
  EXPECT_EQ(connection.Read().body, "A");
  EXPECT_EQ(connection.Read().status, 401);
  EXPECT_TRUE(connection.EndsSilently());
}

TEST(ConnectionTest, ReadsAsManyBytesAsAskedFor) {
  const Peer peer(1, std::string(kContinue) + std::string(kTwoAnswers), true);
  Connection connection = Connection::ToPort(peer.port());
  connection.Send("r");
  EXPECT_EQ(connection.ReadExactly(kContinue.size()), kContinue);
  EXPECT_EQ(connection.Read().body, "A");
  EXPECT_THROW(connection.ReadExactly(1000), WireError);
}

TEST(ConnectionTest, NoticesWhatComesBeforeTheEnd) {
  const Peer peer(1, "x", true);
  Connection connection = Connection::ToPort(peer.port());
  connection.Send("r");
  EXPECT_FALSE(connection.EndsSilently());
}

TEST(ConnectionTest, ThrowsAtTheDeadlineAndTellsAnOpenConnection) {
  const Peer peer(1, "", false);
  Connection connection = Connection::ToPort(peer.port());
  connection.Send("r");
  EXPECT_TRUE(connection.StaysOpen(milliseconds(10)));
  connection.SetDeadline(milliseconds(10));
  EXPECT_THROW(connection.Read(), WireError);
  EXPECT_THROW(connection.ReadToEnd(), WireError);
}

TEST(ConnectionTest, ThrowsWhenTheEndComesInsteadOfAnAnswer) {
  const Peer peer(1, "HTTP/1.1 200 OK\r\n", true);
  Connection connection = Connection::ToPort(peer.port());
  connection.Send("r");
  EXPECT_THROW(connection.Read(), WireError);
}

}  // namespace
}  // namespace introspectd::support
