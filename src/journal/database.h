// The database and the directory that it is in: how they are made, and what their errors say.
//
// Threads: thread-safe functions.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "journal/expiry_filter.h"

namespace rocksdb {
class Env;
}

namespace introspectd::journal {

// `env`: the file system's; nullptr: the machine's. Borrowed by whoever uses the options. Whether a
// database is made is left to the caller.
rocksdb::Options DatabaseOptions(rocksdb::Env* env, Expiry expiry);

// Makes it (mode 0700) unless it is there. Refuses one that other users may use.
absl::Status MakeDirectory(const std::filesystem::path& directory);

// Makes what a file or a directory holds durable.
absl::Status Sync(const std::filesystem::path& path);

// Makes the name of a new directory durable.
absl::Status SyncParent(const std::filesystem::path& directory);

inline rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

// `what` is a sentence's beginning. Damage is DataLoss.
absl::Status Failure(const rocksdb::Status& status, const std::string& what);

}  // namespace introspectd::journal
