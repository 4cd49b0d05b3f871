#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "support/temp_dir.h"

namespace introspectd::net {
namespace {

using support::TempDir;
using testing::HasSubstr;

ListenAddress Tcp(const std::string& host, std::uint16_t port) {
  ListenAddress address{.kind = ListenAddress::Kind::kTcp, .host = host, .port = port};
  address.text = ToString(address);
  return address;
}

ListenAddress Unix(const std::filesystem::path& path, std::uint32_t mode = 0660) {
  return {.kind = ListenAddress::Kind::kUnix,
          .path = path.string(),
          .mode = mode,
          .text = "unix:" + path.string()};
}

// The message of an address that cannot be bound.
std::string Refusal(ListenAddress address) {
  const auto socket = Bind(address);
  EXPECT_FALSE(socket.ok());
  return std::string(socket.status().message());
}

bool CanConnect(const std::string& path) {
  const Socket client(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  return connect(client.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

TEST(SocketTest, PortZeroBecomesThePortThatWasFound) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    ListenAddress address = Tcp(host, 0);
    const auto socket = Bind(address);
    ASSERT_TRUE(socket.ok()) << socket.status();
    EXPECT_NE(address.port, 0);
  }
}

TEST(SocketTest, EveryWorkerMayHaveItsOwnSocketOfOnePort) {
  ListenAddress address = Tcp("127.0.0.1", 0);
  std::vector<Socket> sockets;
  for (int worker = 0; worker < 3; ++worker) {
    auto socket = Bind(address);
    ASSERT_TRUE(socket.ok()) << socket.status();
    sockets.push_back(*std::move(socket));
  }
  for (const Socket& socket : sockets) EXPECT_EQ(listen(socket.fd(), 8), 0);
}

// Two servers on one port would share its requests: half of them would find an empty store.
TEST(SocketTest, APortThatIsServedIsRefused) {
  ListenAddress address = Tcp("127.0.0.1", 0);
  std::vector<Socket> first;
  for (int worker = 0; worker < 2; ++worker) {
    auto socket = Bind(address);
    ASSERT_TRUE(socket.ok()) << socket.status();
    first.push_back(*std::move(socket));
  }
  for (const Socket& socket : first) ASSERT_EQ(listen(socket.fd(), 8), 0);
  EXPECT_THAT(Refusal(Tcp("127.0.0.1", address.port)), HasSubstr("Address already in use"));
  first.clear();
  EXPECT_TRUE(Bind(address).ok()) << "it is free again";
}

TEST(SocketTest, ErrorsNameTheAddress) {
  EXPECT_THAT(Refusal(Tcp("192.0.2.1", 8080)), HasSubstr("listen 192.0.2.1:8080: bind:"));
  EXPECT_THAT(Refusal(Tcp("localhost", 8080)), HasSubstr("must be an IPv4 or IPv6 address"));
  EXPECT_THAT(Refusal(Unix("/nowhere/at/all.sock")),
              HasSubstr("listen unix:/nowhere/at/all.sock: bind: No such file or directory"));
  EXPECT_THAT(Refusal(Unix("/tmp/" + std::string(200, 'x'))), HasSubstr("longer than 107 bytes"));
}

TEST(SocketTest, AUnixSocketHasTheModeThatIsConfiguredWhateverTheUmask) {
  const TempDir directory;
  for (const std::uint32_t mode : {0600u, 0660u, 0666u}) {
    for (const mode_t mask : {0u, 077u}) {
      const mode_t before = umask(mask);
      ListenAddress address = Unix(directory.path() / "s", mode);
      const auto socket = Bind(address);
      EXPECT_EQ(umask(before), mask) << "the process keeps its own";
      ASSERT_TRUE(socket.ok()) << socket.status();
      struct stat found {};
      ASSERT_EQ(stat(address.path.c_str(), &found), 0);
      EXPECT_EQ(found.st_mode & 0777, mode);
    }
  }
}

TEST(SocketTest, ALeftOverFileIsReplaced) {
  const TempDir directory;
  ListenAddress address = Unix(directory.path() / "s");
  {
    const auto gone = Bind(address);
    ASSERT_TRUE(gone.ok());
    ASSERT_EQ(listen(gone->fd(), 8), 0);
  }
  ASSERT_FALSE(CanConnect(address.path));
  const auto socket = Bind(address);
  ASSERT_TRUE(socket.ok()) << socket.status();
  ASSERT_EQ(listen(socket->fd(), 8), 0);
  EXPECT_TRUE(CanConnect(address.path));
}

TEST(SocketTest, AFileThatIsServedIsNot) {
  const TempDir directory;
  ListenAddress address = Unix(directory.path() / "s");
  const auto live = Bind(address);
  ASSERT_TRUE(live.ok());
  ASSERT_EQ(listen(live->fd(), 1), 0);
  EXPECT_THAT(Refusal(address), HasSubstr("Address already in use"));
  EXPECT_TRUE(CanConnect(address.path)) << "the first one is still there";
}

// Nobody accepts, and the queue is full: it is served, if slowly.
TEST(SocketTest, AFileWhoseQueueIsFullIsServed) {
  const TempDir directory;
  ListenAddress address = Unix(directory.path() / "s");
  const auto live = Bind(address);
  ASSERT_TRUE(live.ok());
  ASSERT_EQ(listen(live->fd(), 0), 0);
  std::vector<Socket> waiting;
  sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(at.sun_path, address.path.c_str(), sizeof at.sun_path - 1);
  do {
    waiting.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ASSERT_LT(waiting.size(), 100u);
  } while (connect(waiting.back().fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  EXPECT_THAT(Refusal(address), HasSubstr("Address already in use"));
  EXPECT_TRUE(std::filesystem::exists(address.path));
}

// One that may not be connected to may well be served. Root may connect to all, so it is nobody who
// tries.
TEST(SocketTest, AFileThatCannotBeTriedIsLeftAlone) {
  constexpr uid_t kNobody = 65534;
  const TempDir directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  ListenAddress address = Unix(directory.path() / "s", 0);
  const auto live = Bind(address);
  ASSERT_TRUE(live.ok());
  ASSERT_EQ(listen(live->fd(), 8), 0);
  const uid_t self = geteuid();
  if (self == 0) {
    ASSERT_EQ(seteuid(kNobody), 0);
  }
  const std::string refusal = Refusal(address);
  ASSERT_EQ(seteuid(self), 0);
  EXPECT_THAT(refusal, HasSubstr("Address already in use"));
  EXPECT_TRUE(std::filesystem::exists(address.path));
}

TEST(SocketTest, WhatIsNoSocketIsNeverReplaced) {
  const TempDir directory;
  const auto file = directory.Write("s", "precious");
  EXPECT_THAT(Refusal(Unix(file)), HasSubstr("Address already in use"));
  EXPECT_EQ(support::ReadFile(file), "precious");
  const auto link = directory.path() / "link";
  std::filesystem::create_symlink(file, link);
  EXPECT_THAT(Refusal(Unix(link)), HasSubstr("Address already in use"));
}

TEST(SocketTest, IsNotInheritedByPrograms) {
  const TempDir directory;
  for (ListenAddress address : {Tcp("127.0.0.1", 0), Unix(directory.path() / "s")}) {
    const auto socket = Bind(address);
    ASSERT_TRUE(socket.ok());
    const auto copy = Duplicate(*socket);
    ASSERT_TRUE(copy.ok());
    EXPECT_NE(copy->fd(), socket->fd());
    for (const int fd : {socket->fd(), copy->fd()}) {
      EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    }
  }
}

TEST(SocketTest, OwnsItsDescriptor) {
  int fd = -1;
  {
    ListenAddress address = Tcp("127.0.0.1", 0);
    auto bound = Bind(address);
    ASSERT_TRUE(bound.ok());
    Socket moved = *std::move(bound);
    Socket assigned;
    assigned = std::move(moved);
    fd = assigned.fd();
    EXPECT_NE(fcntl(fd, F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST(SocketTest, AddressesAreWrittenAsTheyAreConfigured) {
  EXPECT_EQ(ToString(Tcp("127.0.0.1", 80)), "127.0.0.1:80");
  EXPECT_EQ(ToString(Tcp("::1", 80)), "[::1]:80");
  EXPECT_EQ(ToString(Unix("/run/s")), "unix:/run/s");
}

}  // namespace
}  // namespace introspectd::net
