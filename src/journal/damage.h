// Looks for groups that were committed and that the database would not bring back.
//
// RocksDB's log ends, for a reader that tolerates a torn tail, at the first thing that is wrong
// with it: one flipped bit in the middle of it hides all that is behind, silently. The same holds
// for its manifest. So, before the database is opened for writing (which would throw the evidence
// away), the files are searched for markers (format.h) of later groups than the one that it
// recovers.
//
// Cost: reads all log files and a page of every table that the database does not know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "journal/format.h"

namespace rocksdb {
struct Options;
}

namespace introspectd::journal {

// A group of which a file holds a marker.
struct Trace {
  std::uint64_t group = 0;
  std::string file;  // "" when no file holds one
};

// The newest group in the log files of the database.
absl::StatusOr<Trace> NewestInLogs(const rocksdb::Options& options,
                                   const std::filesystem::path& database, const StoreId& id);

// The newest group in tables that are not among `known` (file names). One that cannot be read is
// what a crash leaves behind, and is passed over.
absl::StatusOr<Trace> NewestInUnknownTables(const rocksdb::Options& options,
                                            const std::filesystem::path& database,
                                            const std::vector<std::string>& known,
                                            const StoreId& id);

}  // namespace introspectd::journal
