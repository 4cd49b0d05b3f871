// A whole server in this process: workers, control loop, sockets; and its clients.
//
// Threads: one owner.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "server/server.h"
#include "support/admin_client.h"
#include "support/server_process.h"
#include "support/temp_dir.h"
#include "support/wire.h"
#include "support/world.h"

namespace introspectd::server {

// The configuration that `text` is, as a file of `directory`; throws when it is none. The log goes
// to a file beside it.
Config ConfigIn(const support::TempDir& directory, std::string_view text);

class ServerRig {
 public:
  // Returns when it listens on both planes. "@DIR@" becomes a directory of its own.
  explicit ServerRig(std::string_view config = support::ConfigText{.server = "workers = 2"}.Text());
  ~ServerRig();  // stops it; everything that it opened must be closed

  // As SIGTERM: stops when connections have ended. Wait() then returns.
  void Stop() { server_->Stop(); }
  void Wait();

  // Writes the configuration and has it read again; waits until the log says how that went.
  void Reload(std::string_view config);

  support::Connection Connect(const std::string& from = "127.0.0.1") const;
  support::Connection ConnectAdmin() const;
  support::AdminClient admin() const { return {admin_port_, std::string(support::kAdminToken)}; }
  std::string log() const { return support::ReadFile(directory_.path() / "log"); }
  const support::TempDir& directory() const { return directory_; }
  std::uint16_t data_port() const { return data_port_; }

  // Open connections of the data plane, as the status says.
  std::int64_t DataConnections() const;

 private:
  support::TempDir directory_;
  std::unique_ptr<Server> server_;
  std::uint16_t data_port_ = 0;
  std::uint16_t admin_port_ = 0;
  std::thread thread_;
};

}  // namespace introspectd::server
