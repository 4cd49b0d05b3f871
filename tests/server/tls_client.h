// A client of TLS with a socket, and what a pool needs to talk to it.
//
// Threads: one owner.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "support/wire.h"
#include "tls/client.h"
#include "tls/context.h"

namespace introspectd::server {

// For any client, with a certificate that nobody else knows.
std::shared_ptr<const tls::Context> MakeTlsContext();

class TlsClient {
 public:
  explicit TlsClient(support::Connection connection) : connection_(std::move(connection)) {}

  void Greet() { Send(""); }  // the first thing that is said
  void ShakeHands();          // from there to the end
  void Send(std::string_view plain);
  // What was said until it ends in `end`.
  std::string ReadUntil(std::string_view end);
  // The server has closed the connection.
  bool Ends() { return connection_.EndsSilently(); }
  support::Connection& connection() { return connection_; }

 private:
  void Hear();

  support::Connection connection_;
  tls::Client client_;
};

}  // namespace introspectd::server
