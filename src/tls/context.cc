#include "tls/context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "tls/engine.h"
#include "tls/openssl_ptr.h"

namespace introspectd::tls {

// OSSL_LIB_CTX as a value that is shared.
struct Library::Impl {
  crypto::LibCtxPtr library{OSSL_LIB_CTX_new()};
};

Library::Library() : impl_(std::make_unique<Impl>()) { CHECK(impl_->library != nullptr); }
Library::~Library() = default;

struct Context::Impl {
  explicit Impl(const crypto::ProcessKey& ticket_secret) : tickets(ticket_secret) {}

  static int OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int sealing);
  static bool UseKey(const TicketKeys::Key& key, const Impl& impl, const unsigned char* iv,
                     EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool sealing);

  SslCtxPtr ssl;
  CipherPtr ticket_cipher;
  TicketKeys tickets;
};

namespace {

constexpr unsigned char kAlpn[] = "\x08http/1.1";
// Forward secrecy and authenticated encryption only; those of TLS 1.3 are all like that.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

// What OpenSSL says last, without its numbers.
std::string Reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(error);
  return reason == nullptr ? "no reason given" : reason;
}

// A passphrase cannot be asked for.
int NoPassphrase(char*, int, int, void*) { return -1; }

BioPtr BioOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Every certificate of a file; empty when one of them, or all of it, cannot be read.
std::vector<X509Ptr> ReadCertificates(OSSL_LIB_CTX* library, const std::string& pem) {
  std::vector<X509Ptr> certificates;
  const BioPtr bio = BioOf(pem);
  while (true) {
    X509* certificate = X509_new_ex(library, nullptr);
    CHECK(certificate != nullptr);
    if (PEM_read_bio_X509(bio.get(), &certificate, NoPassphrase, nullptr) == nullptr) {
      X509_free(certificate);
      break;
    }
    certificates.emplace_back(certificate);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) certificates.clear();
  ERR_clear_error();
  return certificates;
}

std::optional<Problem> UseCertificate(SSL_CTX* ssl, OSSL_LIB_CTX* library,
                                      const TlsConfig& config) {
  std::vector<X509Ptr> chain = ReadCertificates(library, config.pem.certificate);
  if (chain.empty()) return Problem{"certificate", "is no file of certificates (PEM)"};
  if (SSL_CTX_use_certificate(ssl, chain.front().get()) != 1) {
    return Problem{"certificate", "cannot be used: " + Reason()};
  }
  for (auto it = chain.begin() + 1; it != chain.end(); ++it) {
    if (SSL_CTX_add0_chain_cert(ssl, it->get()) != 1) {
      return Problem{"certificate", "has one behind the first that cannot be used: " + Reason()};
    }
    it->release();  // the context's now
  }
  return std::nullopt;
}

std::optional<Problem> UseKey(SSL_CTX* ssl, OSSL_LIB_CTX* library, const TlsConfig& config) {
  const crypto::PkeyPtr key(PEM_read_bio_PrivateKey_ex(BioOf(config.pem.key).get(), nullptr,
                                                       NoPassphrase, nullptr, library, nullptr));
  if (key == nullptr) return Problem{"key", "is no private key (PEM, without a passphrase)"};
  if (SSL_CTX_use_PrivateKey(ssl, key.get()) != 1 || SSL_CTX_check_private_key(ssl) != 1) {
    return Problem{"key", "does not belong to the certificate"};
  }
  return std::nullopt;
}

// Who shows a certificate that cannot be verified goes on without one that counts.
int AcceptAnyway(int /*good*/, X509_STORE_CTX*) { return 1; }

std::optional<Problem> UseClientCa(SSL_CTX* ssl, OSSL_LIB_CTX* library, const TlsConfig& config,
                                   AskClients ask) {
  if (ask != AskClients::kNo) SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, AcceptAnyway);
  if (config.client_ca.empty()) return std::nullopt;
  const std::vector<X509Ptr> authorities = ReadCertificates(library, config.pem.client_ca);
  if (authorities.empty()) return Problem{"client_ca", "is no file of certificates (PEM)"};
  for (const X509Ptr& authority : authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), authority.get());
    // Some clients show nothing else than what these names ask for.
    if (ask != AskClients::kForAny) SSL_CTX_add_client_CA(ssl, authority.get());
  }
  return std::nullopt;
}

int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, kAlpn, sizeof kAlpn - 1, offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void SetRules(SSL_CTX* ssl) {
  CHECK(SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1);
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_CLEANSE_PLAINTEXT |
                               SSL_OP_NO_ANTI_REPLAY);  // of early data, which there is not
  CHECK(SSL_CTX_set_cipher_list(ssl, kCiphers12) == 1);
  CHECK(SSL_CTX_set_ciphersuites(ssl, kCiphers13) == 1);
  CHECK(SSL_CTX_set1_groups_list(ssl, kGroups) == 1);
  SSL_CTX_set_alpn_select_cb(ssl, ChooseProtocol, nullptr);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(ssl, TicketKeys::kHour_s);
  CHECK(SSL_CTX_set_num_tickets(ssl, 1) == 1);
  CHECK(SSL_CTX_set_max_early_data(ssl, 0) == 1);
}

std::optional<Problem> Build(OSSL_LIB_CTX* library, const TlsConfig& config, AskClients ask,
                             SslCtxPtr& out) {
  out.reset(SSL_CTX_new_ex(library, nullptr, TLS_server_method()));
  CHECK(out != nullptr);
  SetRules(out.get());
  std::optional<Problem> problem = UseCertificate(out.get(), library, config);
  if (!problem) problem = UseKey(out.get(), library, config);
  if (!problem) problem = UseClientCa(out.get(), library, config, ask);
  ERR_clear_error();
  return problem;
}

crypto::Sha256 ClientSettings(const TlsConfig& config, const Context::Options& options) {
  std::string all(options.plane);
  all += '\0';
  all += static_cast<char>(options.ask_clients);
  all += config.pem.client_ca;
  return crypto::Sha256Of(all);
}

std::string_view Bytes(const std::int64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

}  // namespace

std::optional<Problem> Check(const TlsConfig& config, UnixSeconds now) {
  const Library library;
  SslCtxPtr ssl;
  if (auto problem = Build(library.impl().library.get(), config, AskClients::kNo, ssl)) {
    return problem;
  }
  const X509* const certificate = SSL_CTX_get0_certificate(ssl.get());
  time_t at = now;
  if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0) {
    return Problem{"certificate", "has expired"};
  }
  if (X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0) {
    return Problem{"certificate", "is not valid yet"};
  }
  return std::nullopt;
}

const TicketKeys::Key& TicketKeys::Of(std::int64_t hour) {
  Key& key = keys_[static_cast<std::size_t>(hour % 2)];
  if (std::exchange(key.hour, hour) == hour) return key;
  const crypto::Sha256 name = crypto::KeyedDigest(secret_, "ticket name", Bytes(hour));
  std::copy_n(name.begin(), key.name.size(), key.name.begin());
  key.cipher = crypto::KeyedDigest(secret_, "ticket cipher", Bytes(hour));
  key.mac = crypto::KeyedDigest(secret_, "ticket mac", Bytes(hour));
  return key;
}

const TicketKeys::Key* TicketKeys::Find(std::string_view name, UnixSeconds now) {
  const std::int64_t hour = now / kHour_s;
  for (const std::int64_t of : {hour, hour - 1}) {
    const Key& key = Of(of);
    if (std::memcmp(key.name.data(), name.data(), key.name.size()) == 0) return &key;
  }
  return nullptr;
}

bool Context::Impl::UseKey(const TicketKeys::Key& key, const Impl& impl, const unsigned char* iv,
                           EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool sealing) {
  auto* const mac_key = const_cast<std::uint8_t*>(key.mac.data());
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key, key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex2(cipher, impl.ticket_cipher.get(), key.cipher.data(), iv,
                            sealing ? 1 : 0, nullptr) == 1 &&
         EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// 1: done; 0: no such key, and a full handshake; -1: an error.
int Context::Impl::OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv,
                            EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  const auto* const engine = static_cast<const Engine*>(SSL_get_app_data(ssl));
  Impl& impl = *engine->context_->impl_;
  const UnixSeconds now = engine->now_.seconds();
  if (sealing == 0) {
    const TicketKeys::Key* const key =
        impl.tickets.Find({reinterpret_cast<const char*>(name), 16}, now);
    if (key == nullptr) return 0;
    return UseKey(*key, impl, iv, cipher, mac, false) ? 1 : -1;
  }
  const TicketKeys::Key& key = impl.tickets.ForNew(now);
  std::copy(key.name.begin(), key.name.end(), name);
  crypto::RandomBytes({iv, 16});
  return UseKey(key, impl, iv, cipher, mac, true) ? 1 : -1;
}

Context::Context(std::shared_ptr<const Library> library, const TlsConfig& config,
                 const Options& options)
    : library_(std::move(library)),
      client_settings_(ClientSettings(config, options)),
      impl_(std::make_unique<Impl>(options.ticket_secret)) {
  OSSL_LIB_CTX* const in = library_->impl().library.get();
  CHECK(!Build(in, config, options.ask_clients, impl_->ssl));
  SSL_CTX* const ssl = impl_->ssl.get();
  impl_->ticket_cipher.reset(EVP_CIPHER_fetch(in, "AES-256-CBC", nullptr));
  CHECK(impl_->ticket_cipher != nullptr);
  static_assert(sizeof client_settings_ <= SSL_MAX_SID_CTX_LENGTH);
  CHECK(SSL_CTX_set_session_id_context(ssl, client_settings_.data(),
                                       static_cast<unsigned>(client_settings_.size())) == 1);
  CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, Impl::OnTicket) == 1);
}

Context::~Context() = default;

ssl_ctx_st* Context::raw() const { return impl_->ssl.get(); }

}  // namespace introspectd::tls
