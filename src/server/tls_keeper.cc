#include "server/tls_keeper.h"

#include <algorithm>
#include <string>
#include <utility>

#include "log/log.h"

namespace introspectd::server {

namespace {

using tls::AskClients;

AskClients AskFor(const Config& config) {
  const bool self_signed = std::ranges::any_of(config.clients, [](const ClientConfig& client) {
    return std::ranges::find(client.auth, AuthMethod::kSelfSignedTlsClientAuth) !=
           client.auth.end();
  });
  if (self_signed) return AskClients::kForAny;
  return config.server.tls.client_ca.empty() ? AskClients::kNo : AskClients::kForThoseOfTheCa;
}

crypto::Sha256 DigestOf(const TlsConfig::Pem& pem) {
  crypto::Sha256Stream digest;
  for (const std::string* file : {&pem.certificate, &pem.key, &pem.client_ca}) {
    digest.Update(std::to_string(file->size()) + ':');
    digest.Update(*file);
  }
  return digest.Finish();
}

AskClients AskForAdmins(const Config& config) {
  return config.admin.tls.client_ca.empty() ? AskClients::kNo : AskClients::kForThoseOfTheCa;
}

}  // namespace

TlsKeeper::TlsKeeper(const Config& config, std::size_t workers)
    : data_{.name = "data"}, admin_{.name = "admin"} {
  data_.contexts.resize(workers);
  admin_.contexts.resize(1);
  for (auto [plane, tls] : {std::pair(&data_, &config.server.tls), {&admin_, &config.admin.tls}}) {
    if (!tls->enabled()) continue;
    while (plane->libraries.size() < plane->contexts.size()) {
      plane->libraries.push_back(std::make_shared<const tls::Library>());
    }
  }
  Set(config);
}

void TlsKeeper::Set(const Config& config) {
  Make(data_, config.server.tls, AskFor(config));
  Make(admin_, config.admin.tls, AskForAdmins(config));
}

void TlsKeeper::Make(Plane& plane, const TlsConfig& config, AskClients ask_clients) {
  if (config.enabled() == plane.libraries.empty()) {
    log::Warning("a change that takes a restart",
                 {{"key", plane.name == data_.name ? "server.tls" : "admin.tls"}});
    return;
  }
  if (!config.enabled()) return;
  const crypto::Sha256 files = DigestOf(config.pem);
  if (files == plane.files && ask_clients == plane.ask_clients) return;
  plane.files = files;
  plane.ask_clients = ask_clients;
  for (std::size_t i = 0; i < plane.contexts.size(); ++i) {
    plane.contexts[i] = std::make_shared<const tls::Context>(
        plane.libraries[i], config, tls::Context::Options{plane.name, ask_clients, ticket_secret_});
  }
}

}  // namespace introspectd::server
