#include "conformance/known_world.h"

#include <algorithm>
#include <stdexcept>

#include "crypto/digest.h"
#include "fmt/format.h"
#include "support/world.h"
#include "text/base64.h"

namespace introspectd::conformance {

namespace {

using support::ClientTable;
using support::GatewayLike;
using support::Upsert;

// All tokens, and `lines` beyond.
std::string Seeing(std::string_view lines) {
  return "audiences = [\"*\"]\nissuers = [\"*\"]\n" + std::string(lines);
}

std::string Client(std::string_view id, std::string_view secret, std::string_view lines) {
  return ClientTable(id, fmt::format("secret = \"{}\"", secret), lines);
}

// A client that may authenticate in one way only.
std::string ClientWith(std::string_view id, std::string_view secret, std::string_view method) {
  return fmt::format("[[clients]]\nid = \"{}\"\nsecret = \"{}\"\nauth = [\"{}\"]\n{}\n", id, secret,
                     method, Seeing(""));
}

std::string DigestOf(std::string_view token, std::size_t bytes) {
  const crypto::Sha256 digest = crypto::Sha256Of(token);
  return text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), bytes});
}

std::string TokenNamed(std::string_view name) { return KnownTokenNamed(name).token; }

}  // namespace

const KnownToken& KnownTokenNamed(std::string_view name) {
  const auto found = std::ranges::find(KnownTokens(), name, &KnownToken::name);
  if (found == KnownTokens().end()) throw std::logic_error("no such token: " + std::string(name));
  return *found;
}

std::string Configuration() {
  support::ConfigText config;
  config.server = "workers = 2";
  config.introspection = fmt::format("endpoint = \"{}\"", kEndpoint);
  // Every wrong credential is tried in many ways, and none of them is a flood.
  // A body of 100 kB, byte by byte, takes longer under sanitizers than any client may.
  config.limits =
      "auth_failures_per_s = 0\nauth_failures_per_address_per_s = 0\nbody_ms_max = 60000";
  config.tables =
      GatewayLike(kRfcClient, kRfcClientSecret) +
      Client("limited", kLimitedSecret, fmt::format("audiences = [\"{}\"]", support::kResource)) +
      Client("own", kOwnSecret, "audiences = [\"https://other.example.net/\"]\nown_tokens = true") +
      Client("members", kMembersSecret, Seeing("members = [\"scope\", \"sub\"]")) +
      ClientWith("basic-only", kBasicOnlySecret, "client_secret_basic") +
      ClientWith("post-only", kPostOnlySecret, "client_secret_post") +
      Client("lenient", kLenientSecret, Seeing("unsupported_hint = \"ignore\"")) +
      Client("refuses-refresh", kRefusesRefreshSecret,
             Seeing("unsupported_hint = \"reject_refresh\"")) +
      Client("tells-unknown", kTellsUnknownSecret, Seeing("unknown_token = \"error\"")) +
      GatewayLike("percent", kPercentSecret) + GatewayLike("plus", kPlusSecret) +
      GatewayLike("colon", kColonSecret) + GatewayLike("utf8", kUtf8Secret) +
      GatewayLike("long", kLongSecret) + GatewayLike(kUrlClient, kUrlClientSecret) +
      "[[clients]]\nid = \"bearer\"\nauth = [\"bearer\"]\n" + Seeing("");
  return config.Text();
}

std::string Updates() {
  std::string lines = support::Revoke(TokenNamed("revoked before its push"));
  lines += Upsert(TokenNamed("pushed twice"), support::WithTimes(R"({"sub":"first","exp":@+800})"));
  lines += Upsert(TokenNamed("revoked, then pushed again"), support::WithTimes(R"({"exp":@+60})"));
  lines += support::Revoke(TokenNamed("revoked, then pushed again"));
  for (const KnownToken& known : KnownTokens()) lines += Upsert(known.token, known.claims);
  lines += support::Revoke(TokenNamed("revoked"));
  lines += fmt::format("{{\"op\":\"revoke\",\"token_sha256\":\"{}\"}}\n",
                       DigestOf(TokenNamed("revoked by digest"), 32));
  lines += fmt::format("{{\"op\":\"revoke\",\"token_sha256\":\"{}\"}}\n",
                       DigestOf(TokenNamed("revoked by half a digest"), 16));
  lines +=
      support::WithTimes(R"({"op":"revoke","iss":"https://server.example.com/","jti":"j-revoked"})"
                         "\n"
                         R"({"op":"revoke","sub":"mallory","issued_before":@-100})"
                         "\n"
                         R"({"op":"revoke","client_id":"app","sid":"s1"})"
                         "\n"
                         R"({"op":"revoke","client_id":"stolen","issued_before":@-100})"
                         "\n"
                         R"({"op":"revoke","sid":"s-gone"})"
                         "\n"
                         R"({"op":"revoke","iss":"https://server.example.com/","sub":"eve"})"
                         "\n");
  return lines;
}

support::LeakScan Secrets() {
  support::LeakScan scan;
  for (const KnownToken& known : KnownTokens()) scan.Add(known.name, known.token);
  for (const std::string_view secret :
       {support::kGatewaySecret, support::kAdminToken, support::kUnknownToken, kLimitedSecret,
        kOwnSecret, kMembersSecret, kBasicOnlySecret, kPostOnlySecret, kLenientSecret,
        kRefusesRefreshSecret, kTellsUnknownSecret, kPercentSecret, kPlusSecret, kColonSecret,
        kUtf8Secret, kLongSecret, kUrlClientSecret, kRfcClientSecret}) {
    scan.Add("a secret that begins with \"" + std::string(secret.substr(0, 4)) + "\"", secret);
  }
  return scan;
}

}  // namespace introspectd::conformance
