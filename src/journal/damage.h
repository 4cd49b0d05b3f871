// Looks for groups that were committed and that the database would not bring back.
//
// RocksDB's log ends, for a reader that tolerates a torn tail, at the first thing that is wrong
// with it: one flipped bit in the middle of it hides all that is behind, silently. The same holds
// for its manifest: without its end a table is forgotten whose groups are in no log any more, while
// later ones are. So, before the database is opened for writing (which would throw the evidence
// away), the files are searched for markers (format.h): none may be of a later group than the one
// that it recovers, and from the tables' newest group to that one none may be missing.
//
// Cost: reads all log files and a page of every table.
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

// What the log files of the database hold.
struct Logged {
  std::vector<std::uint64_t> groups;  // ascending
  Trace newest;
};
// An open database always has a log, be it an empty one: none at all is damage.
absl::StatusOr<Logged> GroupsInLogs(const rocksdb::Options& options,
                                    const std::filesystem::path& database, const StoreId& id);

// The newest group in its tables: those that it knows (by file name), and the others. One that
// cannot be read is what a crash leaves behind, and is passed over.
struct InTables {
  Trace known;
  Trace unknown;
};
absl::StatusOr<InTables> NewestInTables(const rocksdb::Options& options,
                                        const std::filesystem::path& database,
                                        const std::vector<std::string>& known, const StoreId& id);

}  // namespace introspectd::journal
