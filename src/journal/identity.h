// The file STORE of a data directory: that it is one, in which format, and whose its files are.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "absl/status/statusor.h"
#include "journal/format.h"

namespace introspectd::journal {

struct Identity {
  static constexpr int kFormat = 1;

  StoreId id{};
  bool in_use = false;  // the database was made: from now on it must be there
};

// None when there is no such file. An error names the file: damaged, or of another format.
absl::StatusOr<std::optional<Identity>> ReadIdentity(const std::filesystem::path& directory);

// Replaces it as a whole, and makes that durable.
absl::Status WriteIdentity(const std::filesystem::path& directory, const Identity& identity);

Identity NewIdentity();

}  // namespace introspectd::journal
