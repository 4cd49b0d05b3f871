// A TLS client without a socket: OpenSSL's own, whose bytes go where the test carries them.
//
// Threads: one thread.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <utility>

#include "support/certificates.h"
#include "tls/engine.h"
#include "tls/openssl_ptr.h"

namespace introspectd::tls {

struct ClientOptions {
  int version = 0;  // TLS1_2_VERSION or TLS1_3_VERSION alone; 0: both
  int version_min = TLS1_2_VERSION;
  std::string alpn = "";  // as on the wire
  std::string ca = "";    // PEM; "": takes any certificate
  support::Certified certified{};
  std::string ciphers12 = "";
  SSL_SESSION* session = nullptr;  // to be resumed; borrowed
};

class Client {
 public:
  explicit Client(const ClientOptions& options = {});
  ~Client();

  // Hands over bytes until neither side has any left. `piece`: at most so many at once, each way.
  void Talk(Engine& server, Now now, std::size_t piece = SIZE_MAX);
  // What it sends when it may; Talk carries it.
  void Say(std::string_view plain);
  bool done() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  bool failed() const { return failed_; }
  std::string Take() { return std::exchange(heard_, {}); }
  // What the server said, decrypted by it, since the last TakeServer.
  std::string TakeServer() { return std::exchange(server_heard_, {}); }
  SSL* raw() { return ssl_.get(); }
  // The newest ticket, for another client.
  OpensslPtr<SSL_SESSION, SSL_SESSION_free> session() const {
    return OpensslPtr<SSL_SESSION, SSL_SESSION_free>(SSL_get1_session(ssl_.get()));
  }
  // What it would send next; for tests that change it on the way.
  std::string Next();
  void Feed(std::string_view bytes);

 private:
  void Turn();

  SslCtxPtr context_;
  SslPtr ssl_;
  BIO* in_;   // the SSL's
  BIO* out_;  // the SSL's
  std::string to_say_;
  std::string heard_;
  std::string server_heard_;
  bool failed_ = false;
};

}  // namespace introspectd::tls
