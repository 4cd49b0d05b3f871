// More than there is room for: connections, addresses, file descriptors; and nothing left behind.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/child.h"
#include "support/wait_until.h"
#include "system/node.h"
#include "system/overload_figures.h"
#include "text/ascii.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::WaitUntil;
using support::WireError;

const std::string kRequest = Request{.body = "token=x"}.Bytes();

// An answer, as against an end or a reset.
bool IsServed(Connection& connection) {
  try {
    return connection.Ask(kRequest).body == kInactive;
  } catch (const WireError&) {
    return false;
  }
}

TEST(OverloadTest, OneAddressHasItsShareOfConnections) {
  ConfigText config;
  config.server = "workers = 1";
  config.limits = "connections_per_address_max = 5";
  Node node(config);
  std::vector<Connection> held;
  for (int i = 0; i < 5; ++i) {
    held.push_back(node.Connect("127.0.0.2"));
    ASSERT_TRUE(IsServed(held.back())) << i;
  }
  Connection sixth = node.Connect("127.0.0.2");
  EXPECT_FALSE(IsServed(sixth));
  Connection other = node.Connect("127.0.0.3");
  EXPECT_TRUE(IsServed(other));
  held.pop_back();
  EXPECT_TRUE(WaitUntil([&] {
    Connection next = node.Connect("127.0.0.2");
    return IsServed(next);
  }));
  for (Connection& connection : held) EXPECT_TRUE(IsServed(connection));
}

TEST(OverloadTest, ConnectionsAreLimited) {
  ConfigText config;
  config.server = "workers = 1";
  config.limits = "connections_max = 10\nconnections_per_address_max = 10";
  Node node(config);
  std::vector<Connection> held;
  for (int i = 0; i < 10; ++i) {
    held.push_back(node.Connect());
    ASSERT_TRUE(IsServed(held.back())) << i;
  }
  {
    Connection eleventh = node.Connect();
    eleventh.SetDeadline(support::milliseconds(300));
    EXPECT_FALSE(IsServed(eleventh));  // ended, or left waiting
  }
  EXPECT_EQ(node.admin().Get("/v1/status").status, 200) << "the control plane has room of its own";
  held.clear();
  EXPECT_TRUE(WaitUntil([&] {
    Connection next = node.Connect();
    return IsServed(next);
  }));
}

// L11
TEST(OverloadTest, OutOfFileDescriptorsTheServerWaitsQuietlyAndRecovers) {
#ifdef __SANITIZE_ADDRESS__
  // It takes descriptors to look at an object's type, and calls it invalid when there are none.
  GTEST_SKIP() << "the sanitizer cannot do without descriptors";
#endif
  constexpr std::uint64_t kOpenFilesMax = 96;
  Node node(ConfigText{}.Text(), kOpenFilesMax);
  {
    std::vector<Connection> many;
    for (int i = 0; i < 150; ++i) many.push_back(node.Connect());
    std::this_thread::sleep_for(support::milliseconds(200));
    const std::int64_t before = CpuTicks(node.process().pid());
    std::this_thread::sleep_for(support::seconds(1));
    EXPECT_LT(CpuTicks(node.process().pid()) - before, 50) << "spins on accept";
    EXPECT_TRUE(node.process().Running());
  }
  EXPECT_TRUE(WaitUntil([&] {
    Connection next = node.Connect();
    return IsServed(next);
  }));
}

// L12
TEST(OverloadTest, ConnectionsThatAreResetLeaveNothingBehind) {
  Node node;
  const pid_t pid = node.process().pid();
  const std::size_t files = OpenFilesAtRest(node);
  const auto all_gone = [&] { return OpenFiles(pid) <= files; };
  const auto churn = [&](int count) {
    for (int i = 0; i < count; ++i) {
      if (i % 100 == 0 && !WaitUntil(all_gone)) FAIL() << "connections are left open";
      Connection connection = node.Connect("127.0.0." + std::to_string(10 + i % 200));
      if (i % 2 == 0) connection.Send(kRequest.substr(0, static_cast<std::size_t>(i) % 200 + 1));
      const linger reset{.l_onoff = 1, .l_linger = 0};
      setsockopt(connection.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
  };
  churn(2000);
  const std::int64_t resident = ResidentKiB(pid);
  churn(12'000);
  EXPECT_TRUE(WaitUntil(all_gone));
  EXPECT_LT(ResidentKiB(pid) - resident, 2 * 1024);
  EXPECT_EQ(node.Ask({.body = "token=x"}).body, kInactive);
}

// O02: while the workers have all they can do, the control plane and revocations get through.
TEST(OverloadTest, AFloodDelaysNeitherHealthNorRevocations) {
  ConfigText config;
  config.server = "workers = 2";
  Node node(config);
  std::string flood;
  for (int i = 0; i < 200; ++i) flood += kRequest;
  std::atomic<bool> stop{false};
  std::vector<std::thread> flooders;
  for (int i = 0; i < 4; ++i) {
    flooders.emplace_back([&] {
      Connection connection = node.Connect();
      while (!stop) {
        connection.Send(flood);
        for (int answer = 0; answer < 200; ++answer) connection.Read();
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    const std::string token = "flooded-" + std::to_string(i);
    EXPECT_EQ(node.Push(Upsert(token, GoodClaims())).status, 200);
    EXPECT_TRUE(node.IsActive(token));
    EXPECT_EQ(node.Push(support::Revoke(token)).status, 200);
    EXPECT_FALSE(node.IsActive(token));
    EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/healthz"), 200);
    EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/readyz"), 200);
    EXPECT_EQ(node.StatusOf(Plane::kData, "/healthz"), 200);
  }
  stop = true;
  for (std::thread& flooder : flooders) flooder.join();
}

// O10: whoever reads the log has stopped, and its pipe is full.
TEST(OverloadTest, ALogThatNobodyReadsHoldsNothingUp) {
  const support::TempDir directory;
  const std::string pipe = (directory.path() / "log").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ConfigText config;
  config.tables =
      "[[admin.tokens]]\nname = \"scraper\"\ntoken = \"a-scraper-token\"\n"
      "scopes = [\"metrics\"]\n";
  support::Child server(
      {support::ServerBinary(), "--config", directory.Write(support::kConfigFile, config.Text())},
      {.output = pipe});
  std::string log;
  ASSERT_TRUE(WaitUntil([&] {
    char buffer[4096];
    for (ssize_t size; (size = read(reader, buffer, sizeof buffer)) > 0;) {
      log.append(buffer, static_cast<std::size_t>(size));
    }
    return log.find(" started ") != std::string::npos;
  }));
  const auto port = [&](Plane plane) {
    const std::string address = support::ListeningAddresses(log, plane).at(0);
    return *text::ParseInteger<std::uint16_t>(
        std::string_view(address).substr(address.rfind(':') + 1));
  };
  support::AdminClient admin(port(Plane::kAdmin), std::string(support::kAdminToken));
  support::AdminClient scraper(port(Plane::kAdmin), "a-scraper-token");
  Connection gateway = Connection::ToPort(port(Plane::kData));
  const auto dropped = [&] {
    const std::string page = scraper.Get("/metrics").body;
    const std::string name = "\nintrospectd_log_lines_dropped_total ";
    const std::size_t at = page.find(name);
    EXPECT_NE(at, std::string::npos);
    return page.substr(at + name.size(), 1) != "0";
  };
  ASSERT_TRUE(WaitUntil(
      [&] {
        for (int i = 0; i < 100; ++i) EXPECT_EQ(admin.Get("/v1/status").status, 200);
        return dropped();
      },
      support::seconds(60)));
  EXPECT_EQ(gateway.Ask(kRequest).body, kInactive);
  EXPECT_EQ(admin.Push(Upsert("token-of-silence", GoodClaims())).status, 200);
  gateway = Connection::ToPort(port(Plane::kData));  // the old one would be waited for
  EXPECT_EQ(gateway.Ask(kRequest).body, kInactive);
  server.Signal(SIGTERM);
  EXPECT_THAT(server.Wait(support::seconds(30)), testing::Optional(0));
  close(reader);
}

}  // namespace
}  // namespace introspectd::system_test
