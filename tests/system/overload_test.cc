// More than there is room for: connections, addresses, file descriptors; and nothing left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/wait_until.h"
#include "system/node.h"
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

std::size_t OpenFiles(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::int64_t ResidentKiB(pid_t pid) {
  std::string text = support::ReadFile("/proc/" + std::to_string(pid) + "/status");
  std::string_view line = std::string_view(text).substr(text.find("VmRSS:") + 6);
  line = text::TrimOws(text::TakeUntil(line, 'k'));
  return text::ParseInteger(line).value_or(-1);
}

std::int64_t CpuTicks(pid_t pid) {
  const std::string text = support::ReadFile("/proc/" + std::to_string(pid) + "/stat");
  std::string_view rest = std::string_view(text).substr(text.rfind(')') + 2);
  for (int field = 3; field < 14; ++field) text::TakeUntil(rest, ' ');
  const std::int64_t user = text::ParseInteger(text::TakeUntil(rest, ' ')).value_or(0);
  return user + text::ParseInteger(text::TakeUntil(rest, ' ')).value_or(0);
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
  const std::size_t files = OpenFiles(pid);
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

}  // namespace
}  // namespace introspectd::system_test
