#include "journal/recovery.h"

#include <fmt/format.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "journal/damage.h"
#include "journal/database.h"

namespace introspectd::journal {

absl::StatusOr<Marker> MarkerOf(rocksdb::DB& db, const std::string& path, const StoreId& id) {
  std::string text;
  const rocksdb::Status got = db.Get({}, ToSlice(kMarkerKey), &text);
  if (got.IsNotFound()) return Marker{};
  if (!got.ok()) return Failure(got, path);
  const auto marker = ReadMarker(id, text);
  if (!marker) return absl::DataLossError(path + " is of another store than the file STORE");
  return *marker;
}

namespace {

// What the database recovers, without changing anything.
struct Recovered {
  Marker marker;
  std::vector<std::string> tables;
};

absl::StatusOr<Recovered> TryRecovery(const rocksdb::Options& options, const std::string& path,
                                      const StoreId& id) {
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(options, path, &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  if (!opened.ok()) return Failure(opened, path);
  const auto marker = MarkerOf(*db, path, id);
  if (!marker.ok()) return marker.status();
  Recovered recovered{.marker = *marker, .tables = {}};
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  for (const auto& file : files) recovered.tables.push_back(file.relative_filename);
  return recovered;
}

absl::Status Damaged(const Trace& trace, std::uint64_t recovered) {
  return absl::DataLossError(fmt::format(
      "{} holds group {}, but only {} groups can be read: a file of the store is damaged",
      trace.file, trace.group, recovered));
}

// The first group behind the tables' newest one that is in no log, although later ones are there;
// 0 when there is none.
std::uint64_t FirstMissing(const Logged& logged, std::uint64_t in_tables, std::uint64_t recovered) {
  for (std::uint64_t group = in_tables + 1; group <= recovered; ++group) {
    if (!std::binary_search(logged.groups.begin(), logged.groups.end(), group)) return group;
  }
  return 0;
}

// Refuses when files hold other groups than those that can be read, but for a torn last one.
absl::Status CheckGroups(const Logged& logged, const InTables& in_tables, std::uint64_t recovered,
                         const std::filesystem::path& path) {
  if (logged.newest.group > recovered + 1) return Damaged(logged.newest, recovered);
  for (const Trace& trace : {in_tables.known, in_tables.unknown}) {
    if (trace.group > recovered) return Damaged(trace, recovered);
  }
  const std::uint64_t missing = FirstMissing(logged, in_tables.known.group, recovered);
  if (missing == 0) return absl::OkStatus();
  return absl::DataLossError(
      fmt::format("{} holds group {}, but not group {}: a file of the store is damaged or missing",
                  path.string(), recovered, missing));
}

}  // namespace

absl::StatusOr<bool> LookForDamage(const rocksdb::Options& options,
                                   const std::filesystem::path& path, const StoreId& id) {
  const auto logged = GroupsInLogs(options, path, id);
  if (!logged.ok()) return logged.status();
  const auto recovered = TryRecovery(options, path.string(), id);
  if (!recovered.ok()) return recovered.status();
  const auto in_tables = NewestInTables(options, path, recovered->tables, id);
  if (!in_tables.ok()) return in_tables.status();
  const std::uint64_t group = recovered->marker.group;
  if (auto checked = CheckGroups(*logged, *in_tables, group, path); !checked.ok()) return checked;
  return logged->newest.group > group;
}

}  // namespace introspectd::journal
