// The rows of the option table.
#include <sched.h>

#include <algorithm>
#include <array>

#include "config/limit_options.h"
#include "config/options.h"
#include "config/text_checks.h"
#include "fetch/fetcher.h"
#include "postgres/url.h"

namespace introspectd::config {

namespace {

constexpr std::int64_t kSecretBytesMax = 4096;
constexpr std::int64_t kYearS = 31'536'000;
constexpr std::int64_t kCpuMax = CPU_SETSIZE - 1;

// Its absence is an empty text.
template <absl::Status (*Check)(std::string_view)>
absl::Status UnlessEmpty(std::string_view text) {
  return text.empty() ? absl::OkStatus() : Check(text);
}

constexpr Option kServer[] = {
    {.name = "listen",
     .member = kMember<&Config::server, &ServerConfig::listen>,
     .default_toml = R"(["127.0.0.1:8080"])",
     .count = {1, 64},
     .check = CheckListenAddress,
     .help = "`host:port`, `[v6]:port`, `unix:/path?mode=0660` or `fd:NAME`, a socket that is "
             "passed on; port 0 = any free port"},
    {.name = "workers",
     .member = kMember<&Config::server, &ServerConfig::workers>,
     .default_toml = "0",
     .range = {0, 1024},
     .help = "event loops; 0 = one per usable core"},
    {.name = "cpus",
     .member = kMember<&Config::server, &ServerConfig::cpus>,
     .default_toml = "[]",
     .range = {0, kCpuMax},
     .help = "CPUs that workers are pinned to, in turn"},
    {.name = "control_cpu",
     .member = kMember<&Config::server, &ServerConfig::control_cpu>,
     .default_toml = "[]",
     .range = {0, kCpuMax},
     .count = {0, 1},
     .single = true,
     .help = "the CPU that the control loop is pinned to"},
    {.name = "path",
     .member = kMember<&Config::server, &ServerConfig::path>,
     .default_toml = R"("/introspect")",
     .check = CheckRequestPath,
     .help = "path of the introspection endpoint"},
    {.name = "health",
     .member = kMember<&Config::server, &ServerConfig::health>,
     .default_toml = "true",
     .help = "`GET /healthz` and `/readyz` on these listeners too"},
    {.name = "plaintext",
     .member = kMember<&Config::server, &ServerConfig::plaintext>,
     .default_toml = "false",
     .help = "allow a listener without TLS, here or in `[admin]`, that is neither loopback nor "
             "unix"},
    {.name = "proxy_protocol_from",
     .member = kMember<&Config::server, &ServerConfig::proxy_protocol_from>,
     .default_toml = "[]",
     .count = {0, 1024},
     .check = CheckNetwork,
     .help = "networks (`10.0.0.0/8`, `fd00::/8`) whose connections begin with a PROXY v1 or v2 "
             "header that says who is behind them"},
    {.name = "drain_delay_s",
     .member = kMember<&Config::server, &ServerConfig::drain_delay_s>,
     .default_toml = "0",
     .unit = "s",
     .range = {0, 3600},
     .help = "told to stop, it goes on for so long with `/readyz` at 503, so that balancers send "
             "nothing more"},
    {.name = "drain_max_s",
     .member = kMember<&Config::server, &ServerConfig::drain_max_s>,
     .default_toml = "30",
     .unit = "s",
     .range = {0, 3600},
     .help = "then connections have so long to end by themselves"},
};

template <auto... Owner>
constexpr std::array<Option, 3> TlsOptions() {
  constexpr Range kPath = {0, 4096};
  return {{{.name = "certificate",
            .member = kMember<Owner..., &TlsConfig::certificate>,
            .default_toml = R"("")",
            .range = kPath,
            .reload = Reload::kAtSighup,
            .help = "the server's certificate and those between it and a root (PEM), relative to "
                    "this file; `\"\"` = plain HTTP"},
           {.name = "key",
            .member = kMember<Owner..., &TlsConfig::key>,
            .default_toml = R"("")",
            .range = kPath,
            .reload = Reload::kAtSighup,
            .help = "its private key (PEM)"},
           {.name = "client_ca",
            .member = kMember<Owner..., &TlsConfig::client_ca>,
            .default_toml = R"("")",
            .range = kPath,
            .reload = Reload::kAtSighup,
            .help = "who issues client certificates (PEM); they are asked for, never required"}}};
}

constexpr auto kServerTls = TlsOptions<&Config::server, &ServerConfig::tls>();
constexpr auto kAdminTls = TlsOptions<&Config::admin, &AdminConfig::tls>();

constexpr Option kAdmin[] = {
    {.name = "listen",
     .member = kMember<&Config::admin, &AdminConfig::listen>,
     .default_toml = R"(["127.0.0.1:8081"])",
     .count = {1, 64},
     .check = CheckListenAddress,
     .help = "listeners of the control plane, as `server.listen`"},
};

struct SecretNames {
  std::string_view hash, file, plain;
};

// The three ways to give a secret; `Owner` leads to a SecretConfig.
template <auto... Owner>
constexpr std::array<Option, 3> SecretOptions(const SecretNames& names) {
  return {{{.name = names.hash,
            .member = kMember<Owner..., &SecretConfig::hashes>,
            .count = {1, 2},
            .check = CheckSecretHash,
            .single = true,
            .secrecy = Secrecy::kSecret,
            .help = "its hash, from `introspect-cli hash-secret`; two while it is rotated"},
           {.name = names.file,
            .member = kMember<Owner..., &SecretConfig::plain>,
            .range = {1, kSecretBytesMax},
            .check = CheckSecret,
            .secrecy = Secrecy::kSecretFile,
            .help = "a file that holds it, relative to this file; one trailing newline is removed"},
           {.name = names.plain,
            .member = kMember<Owner..., &SecretConfig::plain>,
            .range = {1, kSecretBytesMax},
            .check = CheckSecret,
            .secrecy = Secrecy::kSecret,
            .help = "itself, for trying things out"}}};
}

// One section of several parts.
template <std::size_t... Sizes>
constexpr auto Joined(const std::array<Option, Sizes>&... parts) {
  std::array<Option, (Sizes + ...)> all{};
  auto to = all.begin();
  ((to = std::ranges::copy(parts, to).out), ...);
  return all;
}

template <std::size_t Size>
constexpr std::array<Option, Size> AtSighup(std::array<Option, Size> options) {
  for (Option& option : options) option.reload = Reload::kAtSighup;
  return options;
}

constexpr auto kAdminTokens = AtSighup(Joined(
    std::array<Option, 1>{{
        {.name = "name",
         .member = kMember<&Config::admin, &AdminConfig::tokens, &AdminTokenConfig::name>,
         .presence = Presence::kRequired,
         .help = "what logs call it"},
    }},
    SecretOptions<&Config::admin, &AdminConfig::tokens, &AdminTokenConfig::secret>(
        {.hash = "token_hash", .file = "token_file", .plain = "token"}),
    std::array<Option, 2>{{
        {.name = "scopes",
         .member = kMember<&Config::admin, &AdminConfig::tokens, &AdminTokenConfig::scopes>,
         .count = {1, 16},
         .presence = Presence::kRequired,
         .help = "what it may do; `push` is `upsert` and `revoke`"},
        {.name = "issuers",
         .member = kMember<&Config::admin, &AdminConfig::tokens, &AdminTokenConfig::issuers>,
         .default_toml = "[]",
         .help = "whose tokens it may change; `[]` = `introspection.issuer` only; `[\"*\"]` = any"},
    }}));

constexpr Option kIntrospection[] = {
    {.name = "issuer",
     .member = kMember<&Config::introspection, &IntrospectionConfig::issuer>,
     .presence = Presence::kRequired,
     .help = "the issuer whose tokens are kept here"},
    {.name = "endpoint",
     .member = kMember<&Config::introspection, &IntrospectionConfig::endpoint>,
     .default_toml = R"("")",
     .range = {0, 2048},
     .check = UnlessEmpty<fetch::CheckPublicUrl>,
     .help = "the public URL of the introspection endpoint, which assertions and access tokens of "
             "clients may be meant for; `Host` is never trusted"},
    {.name = "unknown_token",
     .member = kMember<&Config::introspection, &IntrospectionConfig::unknown_token>,
     .default_toml = R"("inactive")",
     .reload = Reload::kAtSighup,
     .help = "answer for a token that is not known; `error` never applies to clients whose "
             "audiences or issuers are limited"},
    {.name = "unsupported_hint",
     .member = kMember<&Config::introspection, &IntrospectionConfig::unsupported_hint>,
     .default_toml = R"("reject")",
     .reload = Reload::kAtSighup,
     .help = "what becomes of a `token_type_hint` that is not supported"},
};

constexpr Option kStorage[] = {
    {.name = "directory",
     .member = kMember<&Config::storage, &StorageConfig::directory>,
     .default_toml = R"("data")",
     .range = {0, 4096},
     .help = "embedded durable store, mode 0700, relative to this file; `\"\"` = memory only"},
    {.name = "start",
     .member = kMember<&Config::storage, &StorageConfig::start>,
     .default_toml = R"("ready")",
     .help = "`warm`: a node that starts without tokens answers 503 until `{\"op\":\"complete\"}`"},
    {.name = "token_lifetime_max_s",
     .member = kMember<&Config::storage, &StorageConfig::token_lifetime_max_s>,
     .default_toml = "2592000",
     .unit = "s",
     .range = {1, 10 * kYearS},
     .help = "no token lives longer; bounds how long revocations are remembered"},
    {.name = "feed_staleness_max_s",
     .member = kMember<&Config::storage, &StorageConfig::feed_staleness_max_s>,
     .default_toml = "0",
     .unit = "s",
     .range = {0, kYearS},
     .help = "unknown tokens are 503 when no push or heartbeat came for so long; 0 = off"},
    {.name = "reserve_bytes",
     .member = kMember<&Config::storage, &StorageConfig::reserve_bytes>,
     .default_toml = "268435456",
     .unit = "bytes",
     .range = {0, INT64_MAX},
     .help = "disk kept free for revocations: below it, upserts get 503"},
};

constexpr Option kReplication[] = {
    {.name = "url",
     .member = kMember<&Config::replication, &ReplicationConfig::url>,
     .default_toml = R"("")",
     .range = {0, 4096},
     .check = UnlessEmpty<postgres::CheckUrl>,
     .secrecy = Secrecy::kUrl,
     .help = "PostgreSQL that carries the log, as libpq takes it; a host that is not local needs "
             "an explicit sslmode; `\"\"` = this node alone"},
    {.name = "create_schema",
     .member = kMember<&Config::replication, &ReplicationConfig::create_schema>,
     .default_toml = "false",
     .help = "create its schema if absent; otherwise `introspect-cli schema` prints it"},
    {.name = "staleness_max_s",
     .member = kMember<&Config::replication, &ReplicationConfig::staleness_max_s>,
     .default_toml = "30",
     .unit = "s",
     .range = {1, 86'400},
     .help = "how old the newest state known to be complete may be"},
    {.name = "fail_closed",
     .member = kMember<&Config::replication, &ReplicationConfig::fail_closed>,
     .default_toml = "true",
     .help = "beyond it: `true` = not ready and 503; `false` = goes on answering"},
    {.name = "poll_ms",
     .member = kMember<&Config::replication, &ReplicationConfig::poll_ms>,
     .default_toml = "10",
     .unit = "ms",
     .range = {1, 10'000},
     .help = "how often the log is asked for what is new"},
    {.name = "keep_s",
     .member = kMember<&Config::replication, &ReplicationConfig::keep_s>,
     .default_toml = "3600",
     .unit = "s",
     .range = {60, 30 * 86'400},
     .help = "rows read or put back again after a failover"},
};

constexpr auto kClients = AtSighup(Joined(
    std::array<Option, 1>{{
        {.name = "id",
         .member = kMember<&Config::clients, &ClientConfig::id>,
         .range = {1, 1024},
         .presence = Presence::kRequired,
         .help = "client_id of a protected resource that may introspect"},
    }},
    SecretOptions<&Config::clients, &ClientConfig::secret>(
        {.hash = "secret_hash", .file = "secret_file", .plain = "secret"}),
    std::array<Option, 18>{{
        {.name = "auth",
         .member = kMember<&Config::clients, &ClientConfig::auth>,
         .default_toml = R"(["client_secret_basic", "client_secret_post"])",
         .count = {1, 16},
         .help = "how it may authenticate"},
        {.name = "audiences",
         .member = kMember<&Config::clients, &ClientConfig::audiences>,
         .count = {1, 65536},
         .presence = Presence::kRequired,
         .help = "it may know tokens with one of these in `aud`; `[\"*\"]` = all"},
        {.name = "issuers",
         .member = kMember<&Config::clients, &ClientConfig::issuers>,
         .default_toml = "[]",
         .help = "and of these issuers; `[]` = `introspection.issuer` only; `[\"*\"]` = all"},
        {.name = "own_tokens",
         .member = kMember<&Config::clients, &ClientConfig::own_tokens>,
         .default_toml = "false",
         .help = "also tokens whose `client_id` is this client"},
        {.name = "members",
         .member = kMember<&Config::clients, &ClientConfig::members>,
         .default_toml = "[]",
         .help = "members it may see besides `active`; `[]` = all"},
        {.name = "unknown_token",
         .member = kMember<&Config::clients, &ClientConfig::unknown_token>,
         .help = "overrides `introspection.unknown_token`"},
        {.name = "unsupported_hint",
         .member = kMember<&Config::clients, &ClientConfig::unsupported_hint>,
         .help = "overrides `introspection.unsupported_hint`"},
        {.name = "jwks",
         .member = kMember<&Config::clients, &ClientConfig::jwks>,
         .default_toml = R"("")",
         .range = {0, 262'144},
         .check = UnlessEmpty<CheckJwkSet>,
         .lines = true,
         .help = "`private_key_jwt`: its keys, a JWK set as JSON"},
        {.name = "jwks_file",
         .member = kMember<&Config::clients, &ClientConfig::jwks_file>,
         .default_toml = R"("")",
         .range = {0, 4096},
         .help = "or a file with them, relative to this file; read again when it changes"},
        {.name = "jwks_uri",
         .member = kMember<&Config::clients, &ClientConfig::jwks_uri>,
         .default_toml = R"("")",
         .range = {0, 2048},
         .check = UnlessEmpty<fetch::CheckUrl>,
         .help = "or where they are, over HTTPS (plain HTTP only to loopback)"},
        {.name = "assertion_algorithms",
         .member = kMember<&Config::clients, &ClientConfig::assertion_algorithms>,
         .default_toml = R"(["RS256", "ES256", "EdDSA"])",
         .count = {1, 10},
         .check = CheckAlgorithm,
         .help = "what its assertions may be signed with"},
        {.name = "assertion_audiences",
         .member = kMember<&Config::clients, &ClientConfig::assertion_audiences>,
         .default_toml = "[]",
         .help = "what `aud` of its assertions may be besides `introspection.issuer` and "
                 "`introspection.endpoint`"},
        {.name = "tls_subject_dn",
         .member = kMember<&Config::clients, &ClientConfig::tls_subject_dn>,
         .default_toml = R"("")",
         .range = {0, 4096},
         .check = UnlessEmpty<CheckDistinguishedName>,
         .help = "`tls_client_auth`: the subject of its certificate (RFC 4514)"},
        {.name = "tls_san_dns",
         .member = kMember<&Config::clients, &ClientConfig::tls_san_dns>,
         .default_toml = R"("")",
         .range = {0, 4096},
         .help = "or a DNS name among its alternative names"},
        {.name = "tls_san_uri",
         .member = kMember<&Config::clients, &ClientConfig::tls_san_uri>,
         .default_toml = R"("")",
         .range = {0, 4096},
         .help = "or a URI among them"},
        {.name = "tls_san_ip",
         .member = kMember<&Config::clients, &ClientConfig::tls_san_ip>,
         .default_toml = R"("")",
         .range = {0, 4096},
         .check = UnlessEmpty<CheckIpAddress>,
         .help = "or an address among them"},
        {.name = "tls_san_email",
         .member = kMember<&Config::clients, &ClientConfig::tls_san_email>,
         .default_toml = R"("")",
         .range = {0, 4096},
         .help = "or a mailbox among them"},
        {.name = "tls_certificates_sha256",
         .member = kMember<&Config::clients, &ClientConfig::tls_certificates_sha256>,
         .default_toml = "[]",
         .count = {0, 64},
         .check = CheckThumbprint,
         .help = "`self_signed_tls_client_auth`: SHA-256 of its certificates (DER), base64url"},
    }}));

constexpr auto kIssuers = AtSighup(std::array<Option, 12>{{
    {.name = "issuer",
     .member = kMember<&Config::issuers, &IssuerConfig::issuer>,
     .presence = Presence::kRequired,
     .help = "`iss` of the JWTs that are verified here, byte for byte"},
    {.name = "jwks_uri",
     .member = kMember<&Config::issuers, &IssuerConfig::jwks_uri>,
     .default_toml = R"("")",
     .range = {0, 2048},
     .check = UnlessEmpty<fetch::CheckUrl>,
     .help = "its keys, over HTTPS (plain HTTP only to loopback); without it and without a file "
             "they are found by the issuer's metadata (RFC 8414, OpenID Connect Discovery)"},
    {.name = "jwks_file",
     .member = kMember<&Config::issuers, &IssuerConfig::jwks_file>,
     .default_toml = R"("")",
     .range = {0, 4096},
     .help = "a file with its keys, relative to this file; read again when it changes"},
    {.name = "algorithms",
     .member = kMember<&Config::issuers, &IssuerConfig::algorithms>,
     .default_toml = R"(["RS256", "ES256", "EdDSA"])",
     .count = {1, 10},
     .check = CheckAlgorithm,
     .help = "what its tokens may be signed with"},
    {.name = "audiences",
     .member = kMember<&Config::issuers, &IssuerConfig::audiences>,
     .count = {1, 65536},
     .presence = Presence::kRequired,
     .help = "its tokens are taken when `aud` has one of these; `[\"*\"]` = any"},
    {.name = "types",
     .member = kMember<&Config::issuers, &IssuerConfig::types>,
     .default_toml = R"(["at+jwt"])",
     .range = {0, 255},
     .count = {1, 16},
     .check = CheckTokenType,
     .help = "accepted `typ`; `\"JWT\"`, or `\"\"` for a missing one, for issuers that cannot do "
             "better"},
    {.name = "leeway_s",
     .member = kMember<&Config::issuers, &IssuerConfig::leeway_s>,
     .default_toml = "30",
     .unit = "s",
     .range = {0, 60},
     .help = "how far its clock may be ahead, for `nbf` and `iat`; never for `exp`"},
    {.name = "ca_file",
     .member = kMember<&Config::issuers, &IssuerConfig::ca_file>,
     .default_toml = R"("")",
     .range = {0, 4096},
     .help = "certificates that its servers are checked against (PEM), relative to this file; "
             "`\"\"` = the system's"},
    {.name = "proxy",
     .member = kMember<&Config::issuers, &IssuerConfig::proxy>,
     .default_toml = R"("")",
     .range = {0, 2048},
     .check = CheckProxy,
     .help = "`http://host:port` that its keys are fetched through; `\"\"` = none"},
    {.name = "jwks_max_stale_s",
     .member = kMember<&Config::issuers, &IssuerConfig::jwks_max_stale_s>,
     .default_toml = "86400",
     .unit = "s",
     .range = {1, 30 * 86'400},
     .help = "how long its keys are believed when they cannot be fetched again; then 503"},
    {.name = "jwks_wait_ms",
     .member = kMember<&Config::issuers, &IssuerConfig::jwks_wait_ms>,
     .default_toml = "1000",
     .unit = "ms",
     .range = {1, 60'000},
     .help = "how long a token of an unknown key waits for the keys to be fetched; then 503"},
    {.name = "jwks_cooldown_s",
     .member = kMember<&Config::issuers, &IssuerConfig::jwks_cooldown_s>,
     .default_toml = "5",
     .unit = "s",
     .range = {1, 3600},
     .help = "unknown keys make for one fetch in so long"},
}});

constexpr Option kLog[] = {
    {.name = "level",
     .member = kMember<&Config::log, &LogConfig::level>,
     .default_toml = R"("info")",
     .help = "the least important lines that are written"},
    {.name = "format",
     .member = kMember<&Config::log, &LogConfig::format>,
     .default_toml = R"("text")",
     .help = "lines for people or for machines"},
    {.name = "target",
     .member = kMember<&Config::log, &LogConfig::target>,
     .default_toml = R"("stderr")",
     .help = "`stderr`, `stdout` or a file"},
};

constexpr auto kLimits = Joined(HttpLimitOptions<&Limits::data>(), OtherLimitOptions());
constexpr auto kAdminLimits = HttpLimitOptions<&Limits::admin>();

std::size_t CountAdminTokens(const Config& config) { return config.admin.tokens.size(); }
void AppendAdminToken(Config& config) { config.admin.tokens.emplace_back(); }

std::size_t CountClients(const Config& config) { return config.clients.size(); }
void AppendClient(Config& config) {
  ClientConfig& client = config.clients.emplace_back();
  client.unknown_token = config.introspection.unknown_token;
  client.unsupported_hint = config.introspection.unsupported_hint;
}

std::size_t CountIssuers(const Config& config) { return config.issuers.size(); }
void AppendIssuer(Config& config) { config.issuers.emplace_back(); }

constexpr Section kSections[] = {
    {.name = "server", .options = kServer},
    {.name = "server.tls", .options = kServerTls},
    {.name = "admin", .options = kAdmin},
    {.name = "admin.tls", .options = kAdminTls},
    {.name = "admin.tokens",
     .options = kAdminTokens,
     .count = CountAdminTokens,
     .append = AppendAdminToken},
    {.name = "introspection", .options = kIntrospection},
    {.name = "storage", .options = kStorage},
    {.name = "replication", .options = kReplication},
    {.name = "clients",
     .options = kClients,
     .count = CountClients,
     .append = AppendClient,
     .secret_optional = true},
    {.name = "issuers", .options = kIssuers, .count = CountIssuers, .append = AppendIssuer},
    {.name = "log", .options = kLog},
    {.name = "limits", .options = kLimits},
    {.name = "limits.admin", .options = kAdminLimits},
};

}  // namespace

std::span<const Section> Sections() { return kSections; }

}  // namespace introspectd::config
