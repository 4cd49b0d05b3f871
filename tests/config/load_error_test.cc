#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/sample.h"

namespace introspectd::config {
namespace {

TEST(LoadErrorTest, NotToml) {
  ExpectErrors({
      {"[server\n",
       "gateway.toml:1: this is not TOML: Error while parsing table header: expected ']'"},
      {"[server]\nworkers = \n",
       "gateway.toml:2: this is not TOML: Error while parsing key-value pair: expected value"},
      {Join(kMinimal, "issuer = \"https://other.example/\"\n"),
       "gateway.toml:3: this is not TOML: Error while parsing key-value pair: cannot redefine "
       "existing string 'issuer'"},
  });
}

TEST(LoadErrorTest, UnknownKeys) {
  ExpectErrors({
      {"federation = 1\n",
       "gateway.toml:1: federation: is not a known key; allowed: server, admin, introspection, "
       "storage, replication, clients, issuers, log, limits"},
      {Join(kMinimal, "[server]\nthreads = 1\n"),
       "gateway.toml:4: server.threads: is not a known key; allowed: listen, workers, cpus, "
       "control_cpu, path, health, plaintext, proxy_protocol_from, drain_delay_s, drain_max_s, "
       "tls"},
      {Join(kMinimal, "[server.tls]\ncert = \"a\"\n"),
       "gateway.toml:4: server.tls.cert: is not a known key; allowed: certificate, key, client_ca"},
      {"[admin]\nlisten = [\"127.0.0.1:1\"]\nname = \"a\"\n",
       "gateway.toml:3: admin.name: is not a known key; allowed: listen, tls, tokens"},
      {Join(kMinimal, kClient, "secrets = \"", kSampleSecret, "\"\n"),
       "gateway.toml:7: clients[0].secrets: is not a known key; allowed: id, secret_hash, "
       "secret_file, secret, auth, audiences, issuers, own_tokens, members, unknown_token, "
       "unsupported_hint, jwks, jwks_file, jwks_uri, assertion_algorithms, assertion_audiences, "
       "tls_subject_dn, tls_san_dns, tls_san_uri, tls_san_ip, tls_san_email, "
       "tls_certificates_sha256"},
      {Join(kMinimal, kAdminToken, "scope = \"push\"\n"),
       "gateway.toml:7: admin.tokens[0].scope: is not a known key; allowed: name, token_hash, "
       "token_file, token, scopes, issuers"},
  });
  EXPECT_THAT(
      ErrorOf(Join(kMinimal, "[limits.admin]\n\n[limits.admin.more]\n")),
      testing::StartsWith(
          "gateway.toml:5: limits.admin.more: is not a known key; allowed: head_bytes_max"));
}

TEST(LoadErrorTest, RequiredKeys) {
  ExpectErrors({
      {"",
       "gateway.toml: introspection.issuer: is required: the issuer whose tokens are kept here"},
      {"\n[introspection]\n",
       "gateway.toml:2: introspection.issuer: is required: the issuer whose tokens are kept here"},
      {Join(kMinimal, "[[clients]]\nsecret = \"", kSampleSecret, "\"\naudiences = [\"*\"]\n"),
       "gateway.toml:3: clients[0].id: is required: client_id of a protected resource that may "
       "introspect"},
      {Join(kMinimal, kClient, "[[clients]]\nid = \"b\"\nsecret = \"", kSampleSecret, "\"\n"),
       "gateway.toml:7: clients[1].audiences: is required: it may know tokens with one of these "
       "in `aud`; `[\"*\"]` = all"},
      {Join(kMinimal, "[[admin.tokens]]\nname = \"a\"\ntoken = \"", kToken, "\"\n"),
       "gateway.toml:3: admin.tokens[0].scopes: is required: what it may do; `push` is `upsert` "
       "and `revoke`"},
      {Join(kMinimal, "[[admin.tokens]]\ntoken = \"", kToken, "\"\nscopes = [\"push\"]\n"),
       "gateway.toml:3: admin.tokens[0].name: is required: what logs call it"},
  });
}

TEST(LoadErrorTest, WrongTypes) {
  ExpectErrors({
      {"server = 1\n", "gateway.toml:1: server: must be a table, not an integer"},
      {"[[server]]\n", "gateway.toml:1: server: must be a table, not an array"},
      {"[server]\nworkers = \"4\"\n",
       "gateway.toml:2: server.workers: must be an integer, not a string"},
      {"[server]\nworkers = 4.0\n",
       "gateway.toml:2: server.workers: must be an integer, not a floating-point number"},
      {"[server]\nworkers = true\n",
       "gateway.toml:2: server.workers: must be an integer, not a boolean"},
      {"[server]\nworkers = 2024-01-01\n",
       "gateway.toml:2: server.workers: must be an integer, not a date or time"},
      {"[server]\nhealth = 1\n",
       "gateway.toml:2: server.health: must be a boolean, not an integer"},
      {"[server]\nlisten = \"127.0.0.1:80\"\n",
       "gateway.toml:2: server.listen: must be an array of strings, not a string"},
      {"[server]\nlisten = [\n\"127.0.0.1:80\",\n81]\n",
       "gateway.toml:2: server.listen: must be an array of strings, but has an integer in it"},
      {"[server]\ncontrol_cpu = \"1\"\n",
       "gateway.toml:2: server.control_cpu: must be an integer or an array of integers, not a "
       "string"},
      {"[server]\npath.a = 1\n", "gateway.toml:2: server.path: must be a string, not a table"},
      {Join(kMinimal, "[clients]\n"),
       "gateway.toml:3: clients: must be tables, each as [[clients]], not a table"},
      {Join("clients = [1]\n", kMinimal),
       "gateway.toml:1: clients[0]: must be a table, not an integer"},
      {Join("clients = [{id = 5, secret = \"", kSampleSecret, "\"}]\n", kMinimal),
       "gateway.toml:1: clients[0].id: must be a string, not an integer"},
      {Join("admin = {tokens = 5}\n", kMinimal),
       "gateway.toml:1: admin.tokens: must be tables, each as [[admin.tokens]], not an integer"},
      {Join(kMinimal, "[[clients]]\nid = \"a\"\nsecret = [\"", kSampleSecret, "\"]\n"),
       "gateway.toml:5: clients[0].secret: must be a string, not an array"},
      {Join(kMinimal, "[[clients]]\nid = \"a\"\nsecret_hash = 5\n"),
       "gateway.toml:5: clients[0].secret_hash: must be a string or an array of strings, not an "
       "integer"},
      {Join(kMinimal, "[limits]\nadmin = 1\n"),
       "gateway.toml:4: limits.admin: must be a table, not an integer"},
  });
}

TEST(LoadErrorTest, ValuesOutOfRange) {
  ExpectErrors({
      {"[server]\nworkers = 1025\n",
       "gateway.toml:2: server.workers: 1025 is out of range; allowed: 0 to 1024"},
      {"[server]\nworkers = -1\n",
       "gateway.toml:2: server.workers: -1 is out of range; allowed: 0 to 1024"},
      {"[server]\ncpus = [0,\n1024]\n",
       "gateway.toml:3: server.cpus[1]: 1024 is out of range; allowed: 0 to 1023"},
      {"[server]\ncontrol_cpu = [0, 1]\n",
       "gateway.toml:2: server.control_cpu: has 2 entries; allowed: 0 to 1"},
      {"[server]\nlisten = []\n", "gateway.toml:2: server.listen: has 0 entries; allowed: 1 to 64"},
      {"[admin]\nlisten = []\n", "gateway.toml:2: admin.listen: has 0 entries; allowed: 1 to 64"},
      {Join(kMinimal, "[limits]\nheaders_max = 0\n"),
       "gateway.toml:4: limits.headers_max: 0 is out of range; allowed: 4 to 1024 headers"},
      {Join(kMinimal, "[limits.admin]\nidle_ms_max = 4294967296\n"),
       "gateway.toml:4: limits.admin.idle_ms_max: 4294967296 is out of range; allowed: 10 to "
       "3600000 ms"},
      {Join(kMinimal, "[storage]\ntoken_lifetime_max_s = 0\n"),
       "gateway.toml:4: storage.token_lifetime_max_s: 0 is out of range; allowed: 1 to 315360000 "
       "s"},
      {Join(kMinimal, "[[clients]]\nid = \"a\"\nsecret = \"", kSampleSecret,
            "\"\naudiences = []\n"),
       "gateway.toml:6: clients[0].audiences: has 0 entries; allowed: 1 to 65536"},
      {Join(kMinimal, kClient, "auth = []\n"),
       "gateway.toml:7: clients[0].auth: has 0 entries; allowed: 1 to 16"},
  });
}

TEST(LoadErrorTest, WordsThatDoNotExist) {
  ExpectErrors({
      {Join(kMinimal, "unknown_token = \"active\"\n"),
       "gateway.toml:3: introspection.unknown_token: \"active\" is not supported; allowed: "
       "inactive, error"},
      {Join(kMinimal, "unsupported_hint = \"Reject\"\n"),
       "gateway.toml:3: introspection.unsupported_hint: \"Reject\" is not supported; allowed: "
       "reject, reject_refresh, ignore"},
      {Join(kMinimal, "[storage]\nstart = \"cold\"\n"),
       "gateway.toml:4: storage.start: \"cold\" is not supported; allowed: ready, warm"},
      {Join(kMinimal, "[log]\nlevel = \"trace\"\n"),
       "gateway.toml:4: log.level: \"trace\" is not supported; allowed: debug, info, warning, "
       "error"},
      {Join(kMinimal, "[log]\nformat = \"xml\"\n"),
       "gateway.toml:4: log.format: \"xml\" is not supported; allowed: text, json"},
      {Join(kMinimal, kClient, "auth = [\"client_secret_basic\", \"client_secret_jwt\"]\n"),
       "gateway.toml:7: clients[0].auth[1]: \"client_secret_jwt\" is not supported; allowed: "
       "client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, "
       "self_signed_tls_client_auth, bearer"},
      {Join(kMinimal, "[[admin.tokens]]\nname = \"a\"\ntoken = \"", kToken,
            "\"\nscopes = [\"push\",\n\"explian\"]\n"),
       "gateway.toml:7: admin.tokens[0].scopes[1]: \"explian\" is not supported; allowed: upsert, "
       "revoke, export, sync, explain, status, metrics, push"},
      {Join(kMinimal, "[[admin.tokens]]\nname = \"a\"\ntoken = \"", kToken,
            "\"\nscopes = [\"metric\"]\n"),
       "gateway.toml:6: admin.tokens[0].scopes[0]: \"metric\" is not supported; allowed: upsert, "
       "revoke, export, sync, explain, status, metrics, push"},
  });
}

TEST(LoadErrorTest, Texts) {
  ExpectErrors({
      {"[introspection]\nissuer = \"\"\n",
       "gateway.toml:2: introspection.issuer: must not be empty"},
      {"[introspection]\nissuer = \"a\\nb\"\n",
       "gateway.toml:2: introspection.issuer: must not contain control characters"},
      {Join(kMinimal, "[server]\nlisten = [\"fd:a b\"]\n"),
       "gateway.toml:4: server.listen[0]: \"fd:a b\": the name of a socket that is passed on has 1 "
       "to 255 visible ASCII characters, and no colon; allowed: host:port, [v6]:port, "
       "unix:/path?mode=0660, fd:NAME"},
      {Join(kMinimal, "[server]\npath = \"introspect\"\n"),
       "gateway.toml:4: server.path: \"introspect\" is no path; allowed: \"/\", then characters of "
       "a URL's path, none escaped"},
      {Join(kMinimal, "[server]\npath = \"/a?b\"\n"),
       "gateway.toml:4: server.path: \"/a?b\" is no path; allowed: \"/\", then characters of a "
       "URL's path, none escaped"},
      {Join(kMinimal, "[server]\npath = \"/healthz\"\n"),
       "gateway.toml:4: server.path: \"/healthz\" is taken; allowed: any other path"},
      {Join(kMinimal, "[server]\npath = \"/readyz\"\n"),
       "gateway.toml:4: server.path: \"/readyz\" is taken; allowed: any other path"},
      {Join(kMinimal, "[[clients]]\nid = \"a\\u0000\"\nsecret = \"", kSampleSecret, "\"\n"),
       "gateway.toml:4: clients[0].id: must not contain control characters"},
      {Join(kMinimal, "[[clients]]\nid = \"\"\nsecret = \"", kSampleSecret, "\"\n"),
       "gateway.toml:4: clients[0].id: must not be empty"},
      {Join(kMinimal, kClient, "issuers = [\"\"]\n"),
       "gateway.toml:7: clients[0].issuers[0]: must not be empty"},
  });
}

}  // namespace
}  // namespace introspectd::config
