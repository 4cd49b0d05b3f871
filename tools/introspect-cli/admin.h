// The options that all commands share: which admin listener, and the bearer token for it.
//
// Threads: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "fetch/client.h"

namespace introspectd::cli {

struct AdminOptions {
  std::string url = "http://127.0.0.1:8081";
  std::string ca_file;
  std::string token;  // as given; "" = from the environment
};

void AddAdminOptions(CLI::App& app, AdminOptions& admin);

// Reads the token; errors name the option or variable, never its value.
absl::StatusOr<fetch::ClientOptions> ClientOptionsOf(const AdminOptions& admin);
absl::StatusOr<fetch::Client> Connect(const AdminOptions& admin);

}  // namespace introspectd::cli
