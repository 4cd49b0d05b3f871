// A client of TLS with a socket, and what a pool needs to talk to it.
//
// Threads: one owner.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "support/wire.h"
#include "tls/client.h"
#include "tls/context.h"

namespace introspectd::server {

// For any client, with a certificate that nobody else knows.
std::shared_ptr<const tls::Context> MakeTlsContext();

class PoolRig;

class TlsClient {
 public:
  explicit TlsClient(support::Connection connection) : connection_(std::move(connection)) {}

  void Greet() { Send(""); }  // the first thing that is said
  void ShakeHands();          // from there to the end
  void Send(std::string_view plain);
  void ReadUntil(std::string_view end);  // of what was said
  // The server has closed the connection.
  bool Ends() { return connection_.EndsSilently(); }

 private:
  void Hear();

  support::Connection connection_;
  tls::Client client_;
};

std::vector<std::unique_ptr<TlsClient>> ConnectTls(PoolRig& rig, int count);

}  // namespace introspectd::server
