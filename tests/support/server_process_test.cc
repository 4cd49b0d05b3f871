#include "support/server_process.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/loopback_listener.h"
#include "support/world.h"

namespace introspectd::support {
namespace {

// A stand-in that says what the server says, so that the harness is known to read it.
std::string ScriptedServer(const TempDir& directory, std::string_view script) {
  const std::filesystem::path path = directory.Write("server", "#!/bin/sh\n" + std::string(script));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

class ServerProcessTest : public testing::Test {
 protected:
  void TearDown() override { unsetenv("INTROSPECTD_BINARY"); }
  void Pretend(std::string_view script) {
    setenv("INTROSPECTD_BINARY", ScriptedServer(directory_, script).c_str(), 1);
  }
  TempDir directory_;
};

TEST_F(ServerProcessTest, WaitsForBothPlanesAndKnowsTheirPorts) {
  const LoopbackListener admin;
  const LoopbackListener data;
  Pretend(
      fmt::format("grep -q issuer $2 || exit 9\n"
                  "echo 'info listening plane=admin address=127.0.0.1:{}'\n"
                  "sleep 0.05\n"
                  "echo 'info listening plane=data address=127.0.0.1:{} workers=2'\n"
                  "trap 'exit 5' TERM\n"
                  "while :; do sleep 0.01; done\n",
                  admin.port(), data.port()));
  ConfigText config;
  config.server = "path = \"@DIR@/x\"";
  ServerProcess server(config.Text());
  EXPECT_EQ(server.port(Plane::kAdmin), admin.port());
  EXPECT_EQ(server.port(Plane::kData), data.port());
  const std::string written = ReadFile(server.directory().path() / kConfigFile);
  EXPECT_NE(written.find(server.directory().path().string() + "/x"), std::string::npos);
  EXPECT_EQ(server.Stop(), 5);
}

TEST_F(ServerProcessTest, ReadsTheAddressesOfALog) {
  constexpr std::string_view kLog =
      "info listening plane=data address=unix:/run/x.sock\n"
      "info listening plane=data address=127.0.0.1:4712 workers=2\n"
      "info listening plane=admin address=[::1]:8081\n"
      "info listening plane=data address=127.0.0.1:47";
  EXPECT_EQ(ListeningAddresses(kLog, Plane::kData),
            (std::vector<std::string>{"unix:/run/x.sock", "127.0.0.1:4712"}));
  EXPECT_EQ(ListeningAddresses(kLog, Plane::kAdmin), (std::vector<std::string>{"[::1]:8081"}));
  EXPECT_FALSE(TakesConnections("unix:/no/such/socket"));
}

TEST_F(ServerProcessTest, SaysWhatTheLogSaysWhenTheServerDoesNotStart) {
  Pretend("echo 'issuer is missing'; exit 2\n");
  try {
    const ServerProcess server(ConfigText{}.Text());
    FAIL() << "a server that has ended was taken for a running one";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("issuer is missing"), std::string::npos);
  }
}

}  // namespace
}  // namespace introspectd::support
