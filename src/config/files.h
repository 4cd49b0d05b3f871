// Reads the configuration file and the files of secrets.
//
// Threads: thread-safe functions; they block, and are for start and reload.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace introspectd::config {

// The errors say what is wrong ("cannot be read: ..."), and leave naming the file to the caller.
absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max);

// What the file holds without one trailing newline. A file that others may write is refused: who
// writes it decides who may ask.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace introspectd::config
