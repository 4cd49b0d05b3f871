// "fd:NAME": sockets that whoever starts the server opened for it (contract 2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "fmt/format.h"
#include "support/admin_client.h"
#include "support/request.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "support/wire.h"
#include "support/world.h"
#include "system/supervisor.h"

namespace introspectd::system_test {
namespace {

using support::Child;
using support::ConfigText;
using support::Connection;
using support::kInactive;
using support::LoopbackListener;
using support::Request;
using testing::HasSubstr;
using testing::Optional;

constexpr const char* kFile = "introspectd.toml";

ConfigText Config() {
  ConfigText config;
  config.listen = R"("fd:data")";
  config.admin_listen = R"("fd:admin")";
  return config;
}

int StatusOf(Connection connection) { return connection.Ask(Request{}.Bytes()).status; }

void Stop(Child& server) {
  server.Signal(SIGTERM);
  EXPECT_THAT(server.Wait(support::seconds(30)), Optional(0));
}

// Another address than loopback's, or a unix socket.
class Listener {
 public:
  explicit Listener(std::uint32_t address) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(address);
    Bind(AF_INET, &at, sizeof at);
    socklen_t size = sizeof at;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  explicit Listener(const std::string& path) {
    sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    Bind(AF_UNIX, &at, sizeof at);
  }
  ~Listener() { close(fd_); }

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }

 private:
  void Bind(int family, const void* at, socklen_t size) {
    fd_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(fd_, static_cast<const sockaddr*>(at), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
  }

  int fd_ = -1;
  std::uint16_t port_ = 0;
};

// How a server ends that cannot start, and what it says.
void ExpectRefused(Supervisor& supervisor, const std::vector<support::PassedOn>& sockets,
                   const std::string& why) {
  const auto server = supervisor.StartWith(sockets);
  EXPECT_THAT(server->Wait(), Optional(1));
  EXPECT_THAT(supervisor.log(), HasSubstr("introspectd: " + why));
}

TEST(PassedSocketTest, BothPlanesServeThem) {
  ConfigText config = Config();
  config.server = "workers = 3";
  Supervisor supervisor(config.Text());
  const auto server = supervisor.Start();
  support::AdminClient admin(supervisor.admin_port(), std::string(support::kAdminToken));
  EXPECT_EQ(admin.Push(support::Upsert(support::kExampleToken, support::ExampleClaims())).status,
            200);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(Connection::ToPort(supervisor.data_port()).Ask(Request{}.Bytes()).body,
              support::ExampleAnswer());
  }
  EXPECT_THAT(supervisor.log(), HasSubstr(fmt::format("listening plane=data address=127.0.0.1:{}\n",
                                                      supervisor.data_port())));
  Stop(*server);
}

TEST(PassedSocketTest, SeveralOfOneNameAreAllServed) {
  Supervisor supervisor(Config().Text());
  const LoopbackListener one, two, admin;
  const auto server =
      supervisor.StartWith({{"data", one.fd()}, {"admin", admin.fd()}, {"data", two.fd()}});
  EXPECT_EQ(StatusOf(Connection::ToPort(one.port())), 200);
  EXPECT_EQ(StatusOf(Connection::ToPort(two.port())), 200);
  Stop(*server);
}

TEST(PassedSocketTest, AUnixSocketStaysWhereItIs) {
  Supervisor supervisor(Config().Text());
  const std::string path = (supervisor.directory().path() / "s").string();
  const Listener data(path);
  const LoopbackListener admin;
  for (int start = 0; start < 2; ++start) {
    Connection before = Connection::ToUnix(path);  // waits in the queue
    const auto server = supervisor.StartWith({{"data", data.fd()}, {"admin", admin.fd()}});
    EXPECT_EQ(StatusOf(std::move(before)), 200);
    Stop(*server);
  }
}

TEST(PassedSocketTest, OneThatIsOnTheNetworkNeedsTlsOrConsent) {
  ConfigText config = Config();
  Supervisor supervisor(config.Text());
  const Listener data(INADDR_ANY);
  const LoopbackListener admin;
  const std::vector<support::PassedOn> sockets{{"data", data.fd()}, {"admin", admin.fd()}};
  ExpectRefused(supervisor, sockets,
                fmt::format("server.listen: \"fd:data\": 0.0.0.0:{} would take secrets and tokens "
                            "from the network without TLS; allowed: a loopback address, a unix "
                            "socket, or anything with server.plaintext = true",
                            data.port()));
  config.server = "plaintext = true";
  supervisor.Configure(config.Text());
  const auto server = supervisor.StartWith(sockets);
  EXPECT_EQ(StatusOf(Connection::ToPort(data.port())), 200);
  Stop(*server);
}

TEST(PassedSocketTest, OneThatIsNotThereIsAnErrorThatNamesThoseThatAre) {
  Supervisor supervisor(Config().Text());
  const LoopbackListener some, more;
  ExpectRefused(supervisor, {},
                "server.listen: \"fd:data\": no socket of that name was passed on; there are: none "
                "(LISTEN_FDS)");
  ExpectRefused(supervisor, {{"data", some.fd()}, {"web", more.fd()}},
                "admin.listen: \"fd:admin\": no socket of that name was passed on; there are: web");
}

TEST(PassedSocketTest, OneThatDoesNotListenIsAnError) {
  Supervisor supervisor(Config().Text());
  const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ExpectRefused(supervisor, {{"data", bound}},
                "server.listen: \"fd:data\": the socket that was passed on does not listen");
  close(bound);
}

TEST(PassedSocketTest, OneThatNobodyAskedForIsSaid) {
  Supervisor supervisor(Config().Text());
  const LoopbackListener data, admin, other;
  const auto server =
      supervisor.StartWith({{"data", data.fd()}, {"admin", admin.fd()}, {"spare", other.fd()}});
  EXPECT_EQ(StatusOf(Connection::ToPort(data.port())), 200);
  EXPECT_THAT(supervisor.log(),
              HasSubstr("warning a socket was passed on that nothing listens to name=spare"));
  Stop(*server);
}

TEST(PassedSocketTest, AConfigurationIsCheckedWithoutThem) {
  const support::TempDir directory;
  const std::string file = directory.Write(kFile, Config().Text());
  const support::Finished finished =
      support::RunToEnd({support::ServerBinary(), "--check-config", "--config", file});
  EXPECT_EQ(finished.code, 0) << finished.output;
}

// Who connects before there is something to answer waits; the control plane says why.
TEST(PassedSocketTest, ConnectionsWaitUntilTheNodeIsReady) {
  ConfigText config = Config();
  config.storage = "start = \"warm\"";
  Supervisor supervisor(config.Text());
  const auto server = supervisor.Start();
  support::AdminClient admin(supervisor.admin_port(), std::string(support::kAdminToken));
  EXPECT_EQ(admin.Get("/readyz").status, 503);
  Connection waiting = Connection::ToPort(supervisor.data_port());
  waiting.Send(Request{.body = "token=x"}.Bytes());
  EXPECT_TRUE(waiting.StaysOpen());
  EXPECT_EQ(admin.Push("{\"op\":\"complete\"}\n").status, 200);
  EXPECT_EQ(waiting.Read().body, kInactive);
  Stop(*server);
}

// … but not for ever.
TEST(PassedSocketTest, ANodeThatDoesNotBecomeReadySaysSoInTheEnd) {
  ConfigText config = Config();
  config.storage = "start = \"warm\"";
  Supervisor supervisor(config.Text());
  const auto server = supervisor.Start();
  Connection waiting = Connection::ToPort(supervisor.data_port());
  waiting.SetDeadline(support::seconds(30));
  EXPECT_EQ(waiting.Ask(Request{}.Bytes()).status, 503);
  Stop(*server);
}

}  // namespace
}  // namespace introspectd::system_test
