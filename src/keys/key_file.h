// Reads a file of keys, on the loop: it must be one that cannot hold the loop up.
//
// Threads: thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace introspectd::keys {

// Only regular files are read: a pipe would wait for somebody to write. Errors name no file.
absl::StatusOr<std::string> ReadKeyFile(const std::string& path, std::size_t bytes_max);

}  // namespace introspectd::keys
