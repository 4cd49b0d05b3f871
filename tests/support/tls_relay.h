// stunnel before a server with TLS: what speaks plain HTTP to it speaks TLS to the server. So every
// test of plain HTTP can be one of TLS, with a peer that is not ours.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "support/child.h"
#include "support/temp_dir.h"

namespace introspectd::support {

class TlsRelay {
 public:
  // To 127.0.0.1; `ca_pem`: what its certificate is checked against. Throws when it does not start.
  TlsRelay(std::uint16_t server_port, const std::string& ca_pem);

  std::uint16_t port() const { return port_; }

 private:
  bool Start(const std::string& ca_file, std::uint16_t server_port);

  TempDir directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Child> stunnel_;
};

}  // namespace introspectd::support
