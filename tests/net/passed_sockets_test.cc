#include "net/passed_sockets.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace introspectd::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kSelf = 42;

std::vector<std::string> Names(const PassedVariables& variables) {
  const auto names = NamesOfPassed(variables, kSelf);
  EXPECT_TRUE(names.ok()) << names.status();
  return names.ok() ? *names : std::vector<std::string>{};
}

std::string Refusal(const PassedVariables& variables) {
  return std::string(NamesOfPassed(variables, kSelf).status().message());
}

Socket Listening(ListenAddress address) {
  auto socket = Bind(address);
  EXPECT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(listen(socket->fd(), 8), 0);
  return *std::move(socket);
}

Socket OnLoopback(const std::string& host = "127.0.0.1") {
  return Listening({.kind = ListenAddress::Kind::kTcp, .host = host});
}

TEST(PassedSocketsTest, TheEnvironmentNamesThem) {
  EXPECT_THAT(Names({}), IsEmpty());
  EXPECT_THAT(Names({.pid = "42", .fds = "2", .names = "data:admin"}),
              ElementsAre("data", "admin"));
  EXPECT_THAT(Names({.pid = "42", .fds = "3", .names = "data:admin:data"}),
              ElementsAre("data", "admin", "data"));
  EXPECT_THAT(Names({.pid = "42", .fds = "2", .names = {}}), ElementsAre("unknown", "unknown"));
  EXPECT_THAT(Names({.pid = "42", .fds = "0", .names = ""}), IsEmpty());
}

TEST(PassedSocketsTest, ThoseOfAnotherProcessAreNotOurs) {
  EXPECT_THAT(Names({.pid = "43", .fds = "2", .names = "data:admin"}), IsEmpty());
  EXPECT_THAT(Names({.pid = "x", .fds = "2", .names = "data:admin"}), IsEmpty());
  EXPECT_THAT(Names({.pid = {}, .fds = "2", .names = "data:admin"}), IsEmpty());
}

TEST(PassedSocketsTest, AnEnvironmentThatContradictsItselfIsAnError) {
  for (const char* fds : {"", "-1", "x", "2x", "100000"}) {
    EXPECT_THAT(Refusal({.pid = "42", .fds = fds, .names = {}}), HasSubstr("LISTEN_FDS is"));
  }
  for (const char* names : {"", "a", "a:b:c"}) {
    EXPECT_THAT(Refusal({.pid = "42", .fds = "2", .names = names}), HasSubstr("LISTEN_FDNAMES"));
  }
}

// In a process of its own: descriptor 3 may be anybody's here.
TEST(PassedSocketsTest, AreTakenOutOfTheEnvironment) {
  const auto in_child = [] {
    const Socket one = OnLoopback();
    const Socket two = OnLoopback();
    if (one.fd() != 3) dup2(one.fd(), 3);
    if (two.fd() != 4) dup2(two.fd(), 4);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "a:b", 1);
    auto passed = PassedSockets::FromEnvironment();
    const bool unset = std::getenv("LISTEN_PID") == nullptr &&
                       std::getenv("LISTEN_FDS") == nullptr &&
                       std::getenv("LISTEN_FDNAMES") == nullptr;
    const bool taken = passed.ok() && passed->Names() == std::vector<std::string>{"a", "b"};
    const bool kept = (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(4, F_GETFD) & FD_CLOEXEC);
    _exit(unset && taken && kept ? 0 : 1);
  };
  EXPECT_EXIT(in_child(), testing::ExitedWithCode(0), "");
}

TEST(PassedSocketsTest, ADescriptorThatIsNotThereIsAnError) {
  const auto in_child = [] {
    close_range(3, ~0u, 0);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "1", 1);
    const auto passed = PassedSockets::FromEnvironment();
    _exit(passed.ok() ||
          passed.status().message().find("descriptor 3 is not open") == std::string::npos);
  };
  EXPECT_EXIT(in_child(), testing::ExitedWithCode(0), "");
}

TEST(PassedSocketsTest, AllOfOneNameAreTakenAtOnce) {
  std::vector<PassedSockets::Named> named;
  for (const char* name : {"data", "admin", "data"}) named.emplace_back(name, OnLoopback());
  PassedSockets passed(std::move(named));
  EXPECT_EQ(passed.Take("data")->size(), 2u);
  EXPECT_THAT(passed.Names(), ElementsAre("admin"));
  EXPECT_THAT(std::string(passed.Take("data").status().message()),
              "no socket of that name was passed on; there are: admin");
  EXPECT_EQ(passed.Take("admin")->size(), 1u);
  EXPECT_THAT(std::string(passed.Take("admin").status().message()),
              "no socket of that name was passed on; there are: none (LISTEN_FDS)");
}

TEST(WhereItListensTest, IsTheSocketsOwnAddress) {
  const auto v4 = WhereItListens(OnLoopback());
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_NE(v4->port, 0);
  const auto v6 = WhereItListens(OnLoopback("::1"));
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_EQ(v6->host, "::1");
  const support::TempDir directory;
  const std::string path = (directory.path() / "s").string();
  const auto local = WhereItListens(Listening({.kind = ListenAddress::Kind::kUnix, .path = path}));
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ(local->kind, ListenAddress::Kind::kUnix);
  EXPECT_EQ(local->path, path);
}

TEST(WhereItListensTest, AnAbstractNameIsWrittenWithAnAtSign) {
  const Socket socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  const std::string name = "introspectd-test-" + std::to_string(getpid());
  sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
  name.copy(at.sun_path + 1, name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  ASSERT_EQ(bind(socket.fd(), reinterpret_cast<const sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(socket.fd(), 1), 0);
  EXPECT_EQ(WhereItListens(socket)->path, "@" + name);
}

TEST(WhereItListensTest, RefusesWhatCannotBeListenedTo) {
  const auto refusal = [](const Socket& socket) {
    return std::string(WhereItListens(socket).status().message());
  };
  EXPECT_EQ(refusal(Socket(open("/dev/null", O_RDONLY))), "what was passed on is no socket");
  EXPECT_EQ(refusal(Socket(socket(AF_INET, SOCK_DGRAM, 0))),
            "the socket that was passed on is no stream socket");
  EXPECT_EQ(refusal(Socket(socket(AF_INET, SOCK_STREAM, 0))),
            "the socket that was passed on does not listen");
}

}  // namespace
}  // namespace introspectd::net
