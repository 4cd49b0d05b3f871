#include "admin.h"

#include <cstdlib>

#include "secret_input.h"

namespace introspectd::cli {

namespace {

// As --token takes it; "" when there is none anywhere.
std::string TokenAsGiven(const AdminOptions& admin) {
  if (!admin.token.empty()) return admin.token;
  const char* const file = std::getenv("INTROSPECTD_ADMIN_TOKEN_FILE");
  return file != nullptr ? std::string("@") + file : "";
}

absl::StatusOr<std::string> ReadToken(const AdminOptions& admin) {
  const char* const literal = std::getenv("INTROSPECTD_ADMIN_TOKEN");
  if (admin.token.empty() && literal != nullptr) return literal;
  const std::string given = TokenAsGiven(admin);
  if (given.empty()) return given;
  return ReadSecret(given, "the token of the control plane (--token)");
}

}  // namespace

void AddAdminOptions(CLI::App& app, AdminOptions& admin) {
  app.add_option("--url", admin.url, "Admin listener: http[s]://HOST[:PORT] or unix:/PATH")
      ->envname("INTROSPECTD_ADMIN_URL")
      ->capture_default_str();
  app.add_option("--ca", admin.ca_file, "Certificates that its own is checked against, PEM")
      ->envname("INTROSPECTD_ADMIN_CA")
      ->type_name("FILE");
  app.add_option("--token,--admin-token", admin.token,
                 "Bearer token for it: @FILE, - or the token itself [INTROSPECTD_ADMIN_TOKEN, "
                 "INTROSPECTD_ADMIN_TOKEN_FILE]")
      ->type_name("TOKEN");
}

absl::StatusOr<fetch::ClientOptions> ClientOptionsOf(const AdminOptions& admin) {
  absl::StatusOr<fetch::Endpoint> endpoint = fetch::Endpoint::Parse(admin.url);
  if (!endpoint.ok()) {
    return absl::InvalidArgumentError("--url: " + std::string(endpoint.status().message()));
  }
  absl::StatusOr<std::string> token = ReadToken(admin);
  if (!token.ok()) return token.status();
  return fetch::ClientOptions{
      .endpoint = *std::move(endpoint), .ca_file = admin.ca_file, .bearer = *std::move(token)};
}

absl::StatusOr<fetch::Client> Connect(const AdminOptions& admin) {
  absl::StatusOr<fetch::ClientOptions> options = ClientOptionsOf(admin);
  if (!options.ok()) return options.status();
  return fetch::Client::Create(*std::move(options));
}

}  // namespace introspectd::cli
