#include "support/tls_relay.h"

#include <fmt/core.h>

#include <stdexcept>

#include "support/loopback_listener.h"
#include "support/wait_until.h"
#include "support/wire.h"

namespace introspectd::support {

namespace {

// It may be taken by somebody else before stunnel takes it.
constexpr int kTries = 5;

std::uint16_t FreePort() { return LoopbackListener().port(); }

bool Listens(std::uint16_t port) {
  try {
    Connection::ToPort(port);
    return true;
  } catch (const WireError&) {
    return false;
  }
}

}  // namespace

TlsRelay::TlsRelay(std::uint16_t server_port, const std::string& ca_pem) {
  const std::string ca_file = directory_.Write("ca.crt", ca_pem);
  for (int i = 0; i < kTries; ++i) {
    if (Start(ca_file, server_port)) return;
  }
  throw std::runtime_error("stunnel does not start:\n" + ReadFile(directory_.path() / "log"));
}

bool TlsRelay::Start(const std::string& ca_file, std::uint16_t server_port) {
  port_ = FreePort();
  const std::string config = directory_.Write(
      "stunnel.conf",
      fmt::format("foreground = yes\npid =\ndebug = warning\nsyslog = no\n"
                  "[relay]\nclient = yes\naccept = 127.0.0.1:{}\nconnect = 127.0.0.1:{}\n"
                  "CAfile = {}\nverifyChain = yes\ncheckIP = 127.0.0.1\n"
                  "TIMEOUTclose = 60\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n",
                  port_, server_port, ca_file));
  stunnel_ = std::make_unique<Child>(std::vector<std::string>{"/usr/bin/stunnel4", config},
                                     Child::Options{.output = directory_.path() / "log"});
  WaitUntil([this] { return Listens(port_) || !stunnel_->Running(); }, seconds(10));
  return stunnel_->Running() && Listens(port_);
}

}  // namespace introspectd::support
