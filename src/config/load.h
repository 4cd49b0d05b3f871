// From a TOML file to a Config that is complete and consistent.
//
// Threads: thread-safe functions; they read files, and are for start and reload.
// Errors:  one sentence with file, line, key and what is allowed; never a secret's value.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "introspectd/config.h"

namespace introspectd::config {

// Relative paths in it start where the file is.
absl::StatusOr<Config> LoadFile(const std::string& path);

// `name` is what messages call the file; relative secret files start at `directory`.
absl::StatusOr<Config> ParseText(std::string_view toml, const std::string& name,
                                 const std::filesystem::path& directory);

// Overwrites the secrets that stand in it as they are, once whoever needs them (client::Registry)
// has what it needs. A password in replication.url stays: it is needed for every new connection.
void CleanseSecrets(Config& config);
Config WithoutSecrets(Config config);

}  // namespace introspectd::config
