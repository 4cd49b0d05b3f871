#include "config/consistency.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "config/client_auth_checks.h"
#include "config/listen.h"
#include "fetch/fetcher.h"
#include "fmt/core.h"
#include "fmt/ranges.h"
#include "jose/jwk.h"
#include "jose/trust.h"
#include "tls/context.h"

namespace introspectd::config {

namespace {

constexpr std::string_view kAll = "*";

bool IsAll(const std::vector<std::string>& names) { return names.size() == 1 && names[0] == kAll; }

struct Listener {
  std::string path;  // "admin.listen[0]"
  const ListenAddress& address;
  bool tls;
};

std::vector<Listener> ListenersOf(const Config& config) {
  std::vector<Listener> listeners;
  const auto add = [&](std::string_view key, const auto& plane) {
    for (std::size_t i = 0; i < plane.listen.size(); ++i) {
      listeners.push_back({fmt::format("{}[{}]", key, i), plane.listen[i], plane.tls.enabled()});
    }
  };
  add("server.listen", config.server);
  add("admin.listen", config.admin);
  return listeners;
}

// Two sockets of one address would share its connections (SO_REUSEPORT) instead of failing.
bool Collide(const ListenAddress& a, const ListenAddress& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == ListenAddress::Kind::kUnix) return a.path == b.path;
  if (a.kind == ListenAddress::Kind::kFd) return a.name == b.name;
  return a.host == b.host && a.port == b.port && a.port != 0;
}

absl::Status CheckListeners(const Config& config, const Places& places) {
  const std::vector<Listener> listeners = ListenersOf(config);
  for (auto it = listeners.begin(); it != listeners.end(); ++it) {
    const auto same = std::find_if(listeners.begin(), it, [&](const Listener& earlier) {
      return Collide(earlier.address, it->address);
    });
    if (same != it) {
      return places.Error(it->path, fmt::format("\"{}\" is the address of {} already",
                                                it->address.text, same->path));
    }
    // What a socket is that is passed on, only shows when it is there.
    const bool known = it->address.kind != ListenAddress::Kind::kFd;
    if (known && !IsLocal(it->address) && !it->tls && !config.server.plaintext) {
      return places.Error(
          it->path,
          fmt::format("\"{}\" would take secrets and tokens from the network without TLS; "
                      "allowed: a loopback address, a unix socket, or anything with "
                      "server.plaintext = true",
                      it->address.text));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const std::string& section, const TlsConfig& tls, const Places& places) {
  const auto wrong = [&](std::string_view option, std::string_view what) {
    return places.Error(fmt::format("{}.{}", section, option), what);
  };
  if (!tls.enabled()) {
    if (!tls.key.empty()) return wrong("key", "is of no use without a certificate");
    if (!tls.client_ca.empty()) return wrong("client_ca", "is of no use without a certificate");
    return absl::OkStatus();
  }
  if (tls.key.empty()) return wrong("key", "is required beside a certificate");
  const auto problem = tls::Check(tls, base::ReadWallMicros() / kMicrosPerSecond);
  return problem ? wrong(problem->option, problem->sentence) : absl::OkStatus();
}

absl::Status CheckPath(const Config& config, const Places& places) {
  const std::uint32_t target_bytes_max = config.limits.data.target_bytes_max;
  if (config.server.path.size() <= target_bytes_max) return absl::OkStatus();
  return places.Error("server.path", fmt::format("is longer than limits.target_bytes_max, {} bytes",
                                                 target_bytes_max));
}

// No two elements of a repeated section have the same `key`.
template <class Element>
absl::Status CheckUnique(std::string_view section, std::string_view key,
                         const std::vector<Element>& elements, std::string Element::*member,
                         const Places& places) {
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto [earlier, first] = seen.emplace(elements[i].*member, i);
    if (first) continue;
    return places.Error(fmt::format("{}[{}].{}", section, i, key),
                        fmt::format("\"{}\" is the {} of {}[{}] already", elements[i].*member, key,
                                    section, earlier->second));
  }
  return absl::OkStatus();
}

// "*" among other names would leave open what was meant.
absl::Status CheckNames(const std::string& path, const std::vector<std::string>& names,
                        const Places& places) {
  if (IsAll(names) || std::ranges::find(names, kAll) == names.end()) return absl::OkStatus();
  return places.Error(path, R"("*" must stand alone; allowed: ["*"], or names without it)");
}

absl::Status CheckAdminTokens(const Config& config, const Places& places) {
  const auto& tokens = config.admin.tokens;
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string path = fmt::format("admin.tokens[{}]", i);
    absl::Status status = CheckNames(path + ".issuers", tokens[i].issuers, places);
    if (!status.ok()) return status;
    if (tokens[i].secret.plain.empty()) continue;
    const auto [earlier, first] = seen.emplace(tokens[i].secret.plain, i);
    if (!first) {
      return places.Error(path, fmt::format("is the same token as admin.tokens[{}]; every one "
                                            "needs its own",
                                            earlier->second));
    }
  }
  return CheckUnique("admin.tokens", "name", tokens, &AdminTokenConfig::name, places);
}

// Whoever may not see all tokens would learn from an error which ones exist.
absl::Status SettleUnknownToken(ClientConfig& client, const std::string& path,
                                const Places& places) {
  const bool limited = !IsAll(client.audiences) || !IsAll(client.issuers);
  if (!limited || client.unknown_token == UnknownToken::kInactive) return absl::OkStatus();
  client.unknown_token = UnknownToken::kInactive;
  if (!places.Has(path)) return absl::OkStatus();  // inherited
  return places.Error(path, R"("error" needs audiences = ["*"] and issuers = ["*"]: others would )"
                            R"(learn which tokens exist; allowed here: inactive)");
}

bool Uses(const ClientConfig& client, std::initializer_list<AuthMethod> methods) {
  return std::ranges::any_of(methods, [&](AuthMethod method) {
    return std::ranges::find(client.auth, method) != client.auth.end();
  });
}

// A secret that nothing asks for would only be one more to lose.
absl::Status CheckSecretOf(const ClientConfig& client, const std::string& path,
                           const Places& places) {
  const bool given = !client.secret.hashes.empty() || !client.secret.plain.empty();
  const bool needed = Uses(client, {AuthMethod::kClientSecretBasic, AuthMethod::kClientSecretPost});
  if (given == needed) return absl::OkStatus();
  return places.Error(path, needed ? "needs exactly one of secret_hash, secret_file, secret, not 0"
                                   : "has a secret, which nothing in its auth uses");
}

bool FitsAny(const jose::Jwk& key, const jose::AlgorithmSet& allowed) {
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (allowed.test(i) && key.Allows(static_cast<crypto::SignatureAlgorithm>(i))) return true;
  }
  return false;
}

// A set of which nothing can be used would show only when the client is refused.
absl::Status CheckInlineKeys(const ClientConfig& client, const std::string& path,
                             const Places& places) {
  const auto set = jose::ParseJwkSet(client.jwks);
  CHECK(set.ok());  // by the option's own check
  const jose::AlgorithmSet allowed = jose::AlgorithmsOf(client.assertion_algorithms);
  if (std::ranges::any_of(set->keys, [&](const jose::Jwk& key) { return FitsAny(key, allowed); })) {
    return absl::OkStatus();
  }
  return places.Error(path + ".jwks",
                      fmt::format("has no key for any of its assertion_algorithms: {}",
                                  fmt::join(client.assertion_algorithms, ", ")));
}

// Exactly one source of keys, and only for whoever signs with them.
absl::Status CheckKeys(const ClientConfig& client, const std::string& path, const Places& places) {
  const auto given =
      std::ranges::count_if(std::array{&client.jwks, &client.jwks_file, &client.jwks_uri},
                            [](const std::string* source) { return !source->empty(); });
  const bool needed = Uses(client, {AuthMethod::kPrivateKeyJwt});
  if (!needed && given > 0) {
    return places.Error(path,
                        "has keys (jwks, jwks_file or jwks_uri), which nothing in its auth "
                        "uses; allowed with private_key_jwt only");
  }
  if (needed && given != 1) {
    return places.Error(
        path, fmt::format("needs exactly one of jwks, jwks_file, jwks_uri, not {}", given));
  }
  return client.jwks.empty() ? absl::OkStatus() : CheckInlineKeys(client, path, places);
}

absl::Status SettleClients(Config& config, const Places& places) {
  for (std::size_t i = 0; i < config.clients.size(); ++i) {
    ClientConfig& client = config.clients[i];
    const std::string path = fmt::format("clients[{}]", i);
    for (const absl::Status& status : {
             CheckNames(path + ".audiences", client.audiences, places),
             CheckNames(path + ".issuers", client.issuers, places),
             CheckSecretOf(client, path, places),
             CheckKeys(client, path, places),
             CheckTlsMethods(config, client, path, places),
             CheckBearer(config, client, path, places),
             SettleUnknownToken(client, path + ".unknown_token", places),
         }) {
      if (!status.ok()) return status;
    }
  }
  return CheckUnique("clients", "id", config.clients, &ClientConfig::id, places);
}

absl::Status CheckIssuers(const Config& config, const Places& places) {
  for (std::size_t i = 0; i < config.issuers.size(); ++i) {
    const IssuerConfig& issuer = config.issuers[i];
    const std::string path = fmt::format("issuers[{}]", i);
    absl::Status status = CheckNames(path + ".audiences", issuer.audiences, places);
    if (!status.ok()) return status;
    if (!issuer.jwks_uri.empty() && !issuer.jwks_file.empty()) {
      return places.Error(path + ".jwks_file", "stands beside jwks_uri; allowed: one of them");
    }
    if (!issuer.jwks_uri.empty() || !issuer.jwks_file.empty()) continue;
    if (fetch::CheckUrl(issuer.issuer).ok()) continue;
    return places.Error(path + ".issuer",
                        fmt::format("\"{}\" is no address at which its metadata could be; allowed: "
                                    "an https URL, or jwks_uri or jwks_file beside it",
                                    issuer.issuer));
  }
  return CheckUnique("issuers", "issuer", config.issuers, &IssuerConfig::issuer, places);
}

// `lesser` + `margin` is at most `greater`.
template <class Owner>
struct Relation {
  struct Limit {
    std::string_view name;
    std::uint32_t Owner::*member;
  };
  Limit lesser;
  Limit greater;
  std::uint32_t margin = 0;
};

constexpr std::array kHttpRelations = {
    Relation<HttpLimits>{{"header_line_bytes_max", &HttpLimits::header_line_bytes_max},
                         {"head_bytes_max", &HttpLimits::head_bytes_max}},
    Relation<HttpLimits>{{"target_bytes_max", &HttpLimits::target_bytes_max},
                         {"head_bytes_max", &HttpLimits::head_bytes_max},
                         1},
    Relation<HttpLimits>{{"connections_per_address_max", &HttpLimits::connections_per_address_max},
                         {"connections_max", &HttpLimits::connections_max}},
};
constexpr std::array kUpdateRelations = {
    Relation<Limits>{{"update_line_bytes_max", &Limits::update_line_bytes_max},
                     {"update_batch_bytes_max", &Limits::update_batch_bytes_max}},
};

// Blames the one of the two that the file has, so that the message leads to a line.
template <class Owner, std::size_t Size>
absl::Status CheckRelations(std::string_view section, const Owner& limits,
                            const std::array<Relation<Owner>, Size>& relations,
                            const Places& places) {
  for (const auto& [lesser, greater, margin] : relations) {
    const std::uint32_t low = limits.*lesser.member;
    const std::uint32_t high = limits.*greater.member;
    if (low + margin <= high) continue;
    const std::string lesser_path = fmt::format("{}.{}", section, lesser.name);
    const std::string greater_path = fmt::format("{}.{}", section, greater.name);
    if (places.Has(lesser_path)) {
      return places.Error(lesser_path, fmt::format("{} does not fit in {}, {}; allowed: up to {}",
                                                   low, greater_path, high, high - margin));
    }
    return places.Error(greater_path,
                        fmt::format("{} leaves no room for {}, {}; allowed: {} or more", high,
                                    lesser_path, low, low + margin));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Settle(Config& config, const Places& places) {
  const Limits& limits = config.limits;
  for (const absl::Status& status : {
           CheckListeners(config, places),
           CheckTls("server.tls", config.server.tls, places),
           CheckTls("admin.tls", config.admin.tls, places),
           CheckPath(config, places),
           CheckAdminTokens(config, places),
           SettleClients(config, places),
           CheckIssuers(config, places),
           CheckRelations("limits", limits.data, kHttpRelations, places),
           CheckRelations("limits.admin", limits.admin, kHttpRelations, places),
           CheckRelations("limits", limits, kUpdateRelations, places),
       }) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace introspectd::config
