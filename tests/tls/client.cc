#include "tls/client.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace introspectd::tls {

namespace {

void Must(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

BioPtr BioOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void UseCertificate(SSL_CTX* context, const support::Certified& certified) {
  const X509Ptr certificate(
      PEM_read_bio_X509(BioOf(certified.certificate).get(), nullptr, nullptr, nullptr));
  const crypto::PkeyPtr key(
      PEM_read_bio_PrivateKey(BioOf(certified.key).get(), nullptr, nullptr, nullptr));
  Must(SSL_CTX_use_certificate(context, certificate.get()) == 1, "client certificate");
  Must(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "client key");
}

}  // namespace

Client::Client(const ClientOptions& options) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, options.version ? options.version : options.version_min);
  SSL_CTX_set_max_proto_version(context, options.version);
  if (!options.ciphers12.empty()) {
    Must(SSL_CTX_set_cipher_list(context, options.ciphers12.c_str()) == 1, "ciphers");
  }
  if (!options.ca.empty()) {
    const X509Ptr ca(PEM_read_bio_X509(BioOf(options.ca).get(), nullptr, nullptr, nullptr));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certified.key.empty()) UseCertificate(context, options.certified);
  if (!options.alpn.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                            static_cast<unsigned>(options.alpn.size()));
  }
  ssl_.reset(SSL_new(context));
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), in_, out_);
  if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
  SSL_set_connect_state(ssl_.get());
}

// OpenSSL would take a session that did not end for one that went wrong, and never resume it.
Client::~Client() { SSL_shutdown(ssl_.get()); }

void Client::Say(std::string_view plain) { to_say_.append(plain); }

void Client::Turn() {
  ERR_clear_error();
  if (!done()) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) failed_ |= SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL;
  }
  if (done() && !to_say_.empty()) {
    std::size_t written = 0;
    Must(SSL_write_ex(ssl_.get(), to_say_.data(), to_say_.size(), &written) == 1, "writing");
    to_say_.clear();
  }
  std::vector<char> buffer(1 << 16);
  std::size_t got = 0;
  while (done()) {
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got);
    if (result != 1) {
      failed_ |= SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL;
      break;
    }
    heard_.append(buffer.data(), got);
  }
}

std::string Client::Next() {
  Turn();
  std::string bytes(BIO_ctrl_pending(out_), '\0');
  if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void Client::Feed(std::string_view bytes) {
  if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
}

void Client::Talk(Engine& server, Now now, std::size_t piece) {
  std::vector<char> plain;
  while (true) {
    const std::string to_server = Next();
    for (std::size_t at = 0; at < to_server.size(); at += std::min(piece, to_server.size() - at)) {
      const std::string_view part = std::string_view(to_server).substr(at, piece);
      plain.resize(Engine::PlainRoom(part.size()));
      const std::size_t size = server.Receive(part, now, plain);
      server_heard_.append(plain.data(), size);
    }
    std::string to_client;
    server.Send({}, to_client);
    if (to_client.empty() && to_server.empty()) return;
    for (std::size_t at = 0; at < to_client.size(); at += std::min(piece, to_client.size() - at)) {
      Feed(std::string_view(to_client).substr(at, piece));
      if (piece != SIZE_MAX) Turn();
    }
  }
}

}  // namespace introspectd::tls
