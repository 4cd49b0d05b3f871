// Whoever starts the server and keeps its listening sockets: what systemd is to it, for tests.
//
// Threads: one owner. The sockets stay open between servers, so that connections wait in their
// queue.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/child.h"
#include "support/loopback_listener.h"
#include "support/temp_dir.h"

namespace introspectd::system_test {

class Supervisor {
 public:
  // Writes the configuration ("@DIR@" in it becomes a directory of its own).
  explicit Supervisor(std::string_view config) { Configure(config); }

  void Configure(std::string_view config);
  // Another server with the sockets "data" and "admin"; the log goes on.
  std::unique_ptr<support::Child> Start();
  // Also with these, or with no others.
  std::unique_ptr<support::Child> StartWith(const std::vector<support::PassedOn>& sockets);

  std::uint16_t data_port() const { return data_.port(); }
  std::uint16_t admin_port() const { return admin_.port(); }
  const support::TempDir& directory() const { return directory_; }
  std::string log() const { return support::ReadFile(directory_.path() / "log"); }

 private:
  const support::TempDir directory_;
  const support::LoopbackListener data_;
  const support::LoopbackListener admin_;
};

}  // namespace introspectd::system_test
