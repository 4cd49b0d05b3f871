// The configuration, as values: what a TOML file says, after every default and check.
//
// Threads: immutable once loaded. Every member's meaning, unit, default and range stand in the
// option table (src/config/options.cc), from which the file is parsed, printed and documented.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace introspectd {

// A secret as configured: exactly one of the three. Two hashes while a secret is being rotated.
struct SecretConfig {
  std::vector<std::string> hashes;  // PHC strings, at most two
  std::string plain;  // from `secret`/`token`, or read from `secret_file`/`token_file`
};

struct ListenAddress {
  enum class Kind : std::uint8_t { kTcp, kUnix, kFd };
  Kind kind = Kind::kTcp;
  std::string host;           // kTcp: a literal IPv4 or IPv6 address
  std::uint16_t port = 0;     // kTcp: 0 = any free port
  std::string path;           // kUnix
  std::string name;           // kFd: of a socket that is passed on (LISTEN_FDNAMES)
  std::uint32_t mode = 0660;  // kUnix: permission bits
  std::string text;           // as configured, for messages
};

// Files (PEM), and what is in them.
struct TlsConfig {
  struct Pem {
    std::string certificate;
    std::string key;
    std::string client_ca;
  };

  std::string certificate;  // and those that lead to a root, in order; "": plain HTTP
  std::string key;
  std::string client_ca;  // whom client certificates may be issued by; "": anybody, or none
  Pem pem;                // read with the configuration

  bool enabled() const { return !certificate.empty(); }
};

struct ServerConfig {
  std::vector<ListenAddress> listen;
  std::uint32_t workers = 0;
  std::vector<std::uint32_t> cpus;
  std::vector<std::uint32_t> control_cpu;  // none or one
  std::string path = "/introspect";
  bool health = true;
  bool plaintext = false;
  std::vector<std::string> proxy_protocol_from;  // networks: address/bits
  std::int64_t drain_delay_s = 0;
  std::int64_t drain_max_s = 30;
  TlsConfig tls;
};

enum class AdminScope : std::uint8_t {
  kUpsert,
  kRevoke,
  kExport,
  kSync,
  kExplain,
  kStatus,
  kMetrics
};

struct AdminTokenConfig {
  std::string name;
  SecretConfig secret;
  std::vector<AdminScope> scopes;    // `push` is written as upsert and revoke
  std::vector<std::string> issuers;  // [] = introspection.issuer only; ["*"] = any
};

struct AdminConfig {
  std::vector<ListenAddress> listen;
  std::vector<AdminTokenConfig> tokens;
  TlsConfig tls;
};

enum class UnknownToken : std::uint8_t { kInactive, kError };
enum class UnsupportedHint : std::uint8_t { kReject, kRejectRefresh, kIgnore };

struct IntrospectionConfig {
  std::string issuer;
  std::string endpoint;  // its public URL; "": not known, and nobody authenticates by it
  UnknownToken unknown_token = UnknownToken::kInactive;
  UnsupportedHint unsupported_hint = UnsupportedHint::kReject;
};

enum class StartMode : std::uint8_t { kReady, kWarm };

struct StorageConfig {
  std::string directory = "data";  // "" = memory only
  StartMode start = StartMode::kReady;
  std::int64_t token_lifetime_max_s = 2'592'000;
  std::int64_t feed_staleness_max_s = 0;
  std::int64_t reserve_bytes = 268'435'456;
};

struct ReplicationConfig {
  std::string url;  // as libpq takes it; "": this node alone
  bool create_schema = false;
  std::int64_t staleness_max_s = 30;
  bool fail_closed = true;
  std::int64_t poll_ms = 10;
  std::int64_t keep_s = 3600;
};

// RFC 6749 2.3.1; RFC 7523 2.2; RFC 8705 2; an access token, as RFC 7662 2.1 allows.
enum class AuthMethod : std::uint8_t {
  kClientSecretBasic,
  kClientSecretPost,
  kPrivateKeyJwt,
  kTlsClientAuth,
  kSelfSignedTlsClientAuth,
  kBearer,
};

struct ClientConfig {
  std::string id;
  SecretConfig secret;
  std::vector<AuthMethod> auth;
  std::vector<std::string> audiences;  // ["*"] = all
  std::vector<std::string> issuers;    // [] = introspection.issuer only; ["*"] = all
  bool own_tokens = false;
  std::vector<std::string> members;                             // [] = all
  UnknownToken unknown_token = UnknownToken::kInactive;         // introspection's unless overridden
  UnsupportedHint unsupported_hint = UnsupportedHint::kReject;  // introspection's unless overridden
  // private_key_jwt: one of the first three.
  std::string jwks;       // a JWK set itself
  std::string jwks_file;  // made absolute by LoadFile
  std::string jwks_uri;
  std::vector<std::string> assertion_algorithms;
  std::vector<std::string> assertion_audiences;  // besides introspection.issuer and .endpoint
  // tls_client_auth: exactly one of these.
  std::string tls_subject_dn;
  std::string tls_san_dns;
  std::string tls_san_uri;
  std::string tls_san_ip;
  std::string tls_san_email;
  // self_signed_tls_client_auth: base64url of SHA-256 of the whole certificate.
  std::vector<std::string> tls_certificates_sha256;
};

// An issuer whose JWTs are verified here.
struct IssuerConfig {
  std::string issuer;
  std::string jwks_uri;                 // "" = jwks_file, or by the issuer's metadata
  std::string jwks_file;                // made absolute by LoadFile
  std::vector<std::string> algorithms;  // of RFC 7518 3.1 and RFC 8037 3.1
  std::vector<std::string> audiences;   // ["*"] = any
  std::vector<std::string> types;       // accepted `typ`; "" = a missing one
  std::int64_t leeway_s = 30;           // for nbf and iat, never for exp
  std::string ca_file;                  // "" = the system's
  std::string proxy;                    // "" = none
  std::int64_t jwks_max_stale_s = 86'400;
  std::int64_t jwks_wait_ms = 1'000;
  std::int64_t jwks_cooldown_s = 5;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::string target = "stderr";  // "stderr", "stdout" or a file
};

// What one HTTP listener allows. The data plane and the control plane each have their own.
struct HttpLimits {
  std::uint32_t head_bytes_max;
  std::uint32_t header_line_bytes_max;
  std::uint32_t target_bytes_max;
  std::uint32_t headers_max;
  std::uint32_t body_bytes_max;
  std::uint32_t parameters_max;
  std::uint32_t connections_max;
  std::uint32_t connections_per_address_max;
  std::uint32_t pipeline_max;      // requests answered before their answers are written
  std::uint32_t output_bytes_max;  // answers waiting to be written; then nothing more is read
  std::uint32_t head_ms_max;
  std::uint32_t body_ms_max;  // data plane: the whole body; control plane: between two reads
  std::uint32_t write_stall_ms_max;
  std::uint32_t idle_ms_max;
  std::uint32_t handshake_ms_max;  // of TLS
  std::uint32_t handshakes_max;    // of TLS, under way at once on one loop
  std::uint32_t pending_ms_max;    // an answer that waits for a slow hash or a signature; then 503
};

// What secret_verifications_max may be at most; there are as many threads.
inline constexpr std::uint32_t kSecretVerificationsMost = 64;

struct Limits {
  HttpLimits data;
  HttpLimits admin;
  std::uint32_t token_bytes_max;  // longer tokens are unknown
  std::uint32_t update_line_bytes_max;
  std::uint32_t update_batch_bytes_max;      // updates read ahead of being visible, per connection
  std::uint32_t secret_verifications_max;    // slow hashes computed at once
  std::uint32_t secret_queue_max;            // verifications waiting; beyond: 503
  std::uint32_t credentials_remembered_max;  // per worker
  // Failed authentications, per worker; beyond: 429. 0 = no limit.
  std::uint32_t auth_failures_per_s;              // of one client from one address
  std::uint32_t auth_failures_per_address_per_s;  // of one address
  std::uint32_t inactive_per_client_per_s;        // inactive answers, per worker; 0 = no limit
  std::uint32_t verdict_bytes_max;                // JWTs found good, per worker
  std::uint32_t jwks_waiting_max;                 // requests waiting for keys, per worker
  std::uint32_t assertions_remembered_max;        // that were used, of all clients; beyond: 503
  std::int64_t memory_max;                        // bytes; 0 = a share of what there is
  std::uint32_t worker_stall_max_ms;
};

struct Config {
  ServerConfig server;
  AdminConfig admin;
  IntrospectionConfig introspection;
  StorageConfig storage;
  ReplicationConfig replication;
  std::vector<ClientConfig> clients;
  std::vector<IssuerConfig> issuers;
  LogConfig log;
  Limits limits;
};

}  // namespace introspectd
