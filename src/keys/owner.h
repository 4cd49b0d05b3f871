// Whose keys are kept, an issuer's or a client's, and where they are.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "introspectd/config.h"

namespace introspectd::keys {

struct Owner {
  std::string name;      // of an issuer: its metadata say where the keys are when nothing else does
  std::string jwks;      // the keys themselves, which were checked; or
  std::string jwks_uri;  // where they are, or
  std::string jwks_file;
  std::string ca_file;
  std::string proxy;
  std::int64_t jwks_max_stale_s = IssuerConfig{}.jwks_max_stale_s;
  std::int64_t jwks_cooldown_s = IssuerConfig{}.jwks_cooldown_s;
  bool is_client = false;

  std::string_view kind() const { return is_client ? "client" : "issuer"; }
};

inline Owner OwnerOf(const IssuerConfig& config) {
  return {.name = config.issuer,
          .jwks = {},
          .jwks_uri = config.jwks_uri,
          .jwks_file = config.jwks_file,
          .ca_file = config.ca_file,
          .proxy = config.proxy,
          .jwks_max_stale_s = config.jwks_max_stale_s,
          .jwks_cooldown_s = config.jwks_cooldown_s};
}

inline Owner OwnerOf(const ClientConfig& config) {
  return {.name = config.id,
          .jwks = config.jwks,
          .jwks_uri = config.jwks_uri,
          .jwks_file = config.jwks_file,
          .ca_file = {},
          .proxy = {},
          .is_client = true};
}

}  // namespace introspectd::keys
