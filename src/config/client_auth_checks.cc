#include "config/client_auth_checks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace introspectd::config {

namespace {

struct Name {
  std::string_view key;
  std::string ClientConfig::*member;
};
constexpr std::array kNames = {
    Name{"tls_subject_dn", &ClientConfig::tls_subject_dn},
    Name{"tls_san_dns", &ClientConfig::tls_san_dns},
    Name{"tls_san_uri", &ClientConfig::tls_san_uri},
    Name{"tls_san_ip", &ClientConfig::tls_san_ip},
    Name{"tls_san_email", &ClientConfig::tls_san_email},
};
constexpr std::string_view kDigests = "tls_certificates_sha256";

bool Uses(const ClientConfig& client, AuthMethod method) {
  return std::ranges::find(client.auth, method) != client.auth.end();
}

std::string_view NameOf(AuthMethod method) {
  return method == AuthMethod::kTlsClientAuth ? "tls_client_auth" : "self_signed_tls_client_auth";
}

std::optional<AuthMethod> TlsMethodOf(const ClientConfig& client) {
  for (const AuthMethod method : client.auth) {
    if (method == AuthMethod::kTlsClientAuth || method == AuthMethod::kSelfSignedTlsClientAuth) {
      return method;
    }
  }
  return std::nullopt;
}

absl::Status CheckNames(const ClientConfig& client, const std::string& path, const Places& places) {
  const bool needed = Uses(client, AuthMethod::kTlsClientAuth);
  std::vector<std::string_view> keys;
  int given = 0;
  for (const auto& [key, member] : kNames) {
    keys.push_back(key);
    if ((client.*member).empty()) continue;
    ++given;
    if (needed) continue;
    return places.Error(fmt::format("{}.{}", path, key),
                        R"(is of no use; allowed: with auth = ["tls_client_auth"])");
  }
  if (!needed || given == 1) return absl::OkStatus();
  return places.Error(path, fmt::format("needs exactly one of {} for tls_client_auth, not {}",
                                        fmt::join(keys, ", "), given));
}

absl::Status CheckDigests(const ClientConfig& client, const std::string& path,
                          const Places& places) {
  const bool needed = Uses(client, AuthMethod::kSelfSignedTlsClientAuth);
  if (needed != client.tls_certificates_sha256.empty()) return absl::OkStatus();
  if (needed) {
    return places.Error(path,
                        fmt::format("needs {} for self_signed_tls_client_auth; allowed: one of "
                                    "43 characters for each of its certificates",
                                    kDigests));
  }
  return places.Error(fmt::format("{}.{}", path, kDigests),
                      R"(is of no use; allowed: with auth = ["self_signed_tls_client_auth"])");
}

}  // namespace

absl::Status CheckTlsMethods(const Config& config, const ClientConfig& client,
                             const std::string& path, const Places& places) {
  const auto method = TlsMethodOf(client);
  if (method) {
    const std::string_view name = NameOf(*method);
    const std::string auth = path + ".auth";
    // A secret beside it would be a way around the certificate.
    if (!std::ranges::all_of(client.auth, [&](AuthMethod other) { return other == *method; })) {
      return places.Error(auth, fmt::format("\"{}\" must stand alone: its certificate is all that "
                                            "proves such a client",
                                            name));
    }
    if (!config.server.tls.enabled()) {
      return places.Error(auth, fmt::format("\"{}\" needs TLS; allowed: with certificate and key "
                                            "in [server.tls]",
                                            name));
    }
    if (*method == AuthMethod::kTlsClientAuth && config.server.tls.client_ca.empty()) {
      return places.Error(auth, fmt::format("\"{}\" needs server.tls.client_ca, the issuers of "
                                            "such certificates",
                                            name));
    }
  }
  if (absl::Status status = CheckNames(client, path, places); !status.ok()) return status;
  return CheckDigests(client, path, places);
}

absl::Status CheckBearer(const Config& config, const ClientConfig& client, const std::string& path,
                         const Places& places) {
  if (!Uses(client, AuthMethod::kBearer) || !config.introspection.endpoint.empty()) {
    return absl::OkStatus();
  }
  return places.Error(
      path + ".auth",
      R"("bearer" needs introspection.endpoint, which `aud` of its tokens must have)");
}

}  // namespace introspectd::config
