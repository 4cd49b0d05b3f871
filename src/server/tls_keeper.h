// Makes the TLS contexts of all loops from a configuration: one for each worker, and one for the
// control plane.
//
// Threads: the control thread's; what it makes is handed over.
// Owner:   Server.
#pragma once

#include <memory>
#include <vector>

#include "crypto/digest.h"
#include "introspectd/config.h"
#include "tls/context.h"

namespace introspectd::server {

class TlsKeeper {
 public:
  TlsKeeper(const Config& config, std::size_t workers);

  // Another configuration. What it does not change stays as it is, the keys of tickets in any case;
  // whether a plane has TLS at all is settled at the start.
  void Set(const Config& config);

  std::shared_ptr<const tls::Context> ForWorker(std::size_t index) const {
    return data_.contexts[index];
  }
  std::shared_ptr<const tls::Context> ForAdmin() const { return admin_.contexts.front(); }

 private:
  // The loops of a plane.
  struct Plane {
    const char* name;
    std::vector<std::shared_ptr<const tls::Library>> libraries;
    crypto::Sha256 files{};  // of what the contexts are made of
    tls::AskClients ask_clients = tls::AskClients::kNo;
    std::vector<std::shared_ptr<const tls::Context>> contexts;  // null: plain
  };

  void Make(Plane& plane, const TlsConfig& config, tls::AskClients ask_clients);

  const crypto::ProcessKey ticket_secret_ = crypto::NewProcessKey();
  Plane data_;
  Plane admin_;
};

}  // namespace introspectd::server
