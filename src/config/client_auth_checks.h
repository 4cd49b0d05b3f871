// Whether what a client is configured with fits how it authenticates.
//
// Threads: immutable functions.
// Source:  contract 4.1; RFC 8705 2.1.2 and 2.2.2.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "config/places.h"
#include "introspectd/config.h"

namespace introspectd::config {

// Certificates and bearer tokens. `path`: where the client stands, as "clients[0]".
absl::Status CheckTlsMethods(const Config& config, const ClientConfig& client,
                             const std::string& path, const Places& places);
absl::Status CheckBearer(const Config& config, const ClientConfig& client, const std::string& path,
                         const Places& places);

}  // namespace introspectd::config
