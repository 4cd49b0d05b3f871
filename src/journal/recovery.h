// What the database would bring back, and whether that is all that was committed.
//
// Threads: the owner's.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "journal/format.h"

namespace rocksdb {
class DB;
}

namespace introspectd::journal {

// The marker of the newest group; one of group 0 when there is none. `path` is for messages.
absl::StatusOr<Marker> MarkerOf(rocksdb::DB& db, const std::string& path, const StoreId& id);

// Changes nothing. An error when more than a torn tail was lost; else whether that was. Nobody else
// may be writing (DatabaseLock): it would say anything.
absl::StatusOr<bool> LookForDamage(const rocksdb::Options& options,
                                   const std::filesystem::path& database, const StoreId& id);

// Keeps other owners out while it lives.
class DatabaseLock {
 public:
  DatabaseLock(rocksdb::Env& env, const std::filesystem::path& database)
      : env_(env), status_(env.LockFile(database / "LOCK", &lock_)) {}
  ~DatabaseLock() {
    if (status_.ok()) env_.UnlockFile(lock_).PermitUncheckedError();
  }
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;

  const rocksdb::Status& status() const { return status_; }

 private:
  rocksdb::Env& env_;
  rocksdb::FileLock* lock_ = nullptr;
  const rocksdb::Status status_;
};

}  // namespace introspectd::journal
