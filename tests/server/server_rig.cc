#include "server/server_rig.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "config/load.h"
#include "log/log.h"
#include "support/wait_until.h"
#include "text/ascii.h"

namespace introspectd::server {

namespace {

constexpr const char* kConfigFile = "introspectd.toml";

std::filesystem::path WriteConfig(const support::TempDir& directory, std::string_view text) {
  constexpr std::string_view kPlaceholder = "@DIR@";
  std::string config(text);
  for (std::size_t at; (at = config.find(kPlaceholder)) != std::string::npos;) {
    config.replace(at, kPlaceholder.size(), directory.path().string());
  }
  return directory.Write(kConfigFile, config);
}

std::uint16_t PortIn(const std::string& log, support::Plane plane) {
  for (const std::string& address : support::ListeningAddresses(log, plane)) {
    if (address.starts_with("unix:")) continue;
    return text::ParseInteger<std::uint16_t>(address.substr(address.rfind(':') + 1)).value_or(0);
  }
  return 0;
}

std::size_t Count(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++count;
  return count;
}

}  // namespace

Config ConfigIn(const support::TempDir& directory, std::string_view text) {
  auto config = config::LoadFile(WriteConfig(directory, text));
  if (!config.ok()) throw std::runtime_error(std::string(config.status().message()));
  config->log.target = (directory.path() / "log").string();
  return *std::move(config);
}

ServerRig::ServerRig(std::string_view text) {
  signal(SIGPIPE, SIG_IGN);
  const Config config = ConfigIn(directory_, text);
  EXPECT_TRUE(log::Open(config.log).ok());
  auto server = Server::Create(config, (directory_.path() / kConfigFile).string());
  if (!server.ok()) throw std::runtime_error(std::string(server.status().message()));
  server_ = *std::move(server);
  thread_ = std::thread([this] { EXPECT_TRUE(server_->Run().ok()); });
  support::WaitUntil([this] { return log().find(" started ") != std::string::npos; });
  data_port_ = PortIn(log(), support::Plane::kData);
  admin_port_ = PortIn(log(), support::Plane::kAdmin);
}

ServerRig::~ServerRig() {
  if (thread_.joinable()) {
    server_->Stop();
    Wait();
  }
  server_.reset();
  EXPECT_TRUE(log::Open({}).ok());
}

void ServerRig::Wait() {
  thread_.join();
  EXPECT_NE(log().find(" stopped"), std::string::npos);
}

void ServerRig::Reload(std::string_view config) {
  const auto reloads = [this] {
    const std::string text = log();
    return Count(text, " reloaded ") + Count(text, " reload refused");
  };
  const std::size_t before = reloads();
  WriteConfig(directory_, config);
  kill(getpid(), SIGHUP);
  EXPECT_TRUE(support::WaitUntil([&] { return reloads() > before; })) << log();
}

support::Connection ServerRig::Connect(const std::string& from) const {
  return support::Connection::ToPort(data_port_, from);
}

support::Connection ServerRig::ConnectAdmin() const {
  return support::Connection::ToPort(admin_port_);
}

std::int64_t ServerRig::DataConnections() const {
  constexpr std::string_view kBefore = "\"connections\":{\"data\":";
  const std::string status = admin().Get("/v1/status").body;
  const std::size_t at = status.find(kBefore);
  if (at == std::string::npos) return -1;
  const std::size_t begin = at + kBefore.size();
  return text::ParseInteger(std::string_view(status).substr(begin, status.find(',', begin) - begin))
      .value_or(-1);
}

}  // namespace introspectd::server
