#include "journal/damage.h"

#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <memory>

namespace introspectd::journal {

namespace {

absl::StatusOr<std::vector<std::string>> FilesOf(const rocksdb::Options& options,
                                                 const std::filesystem::path& database,
                                                 std::string_view suffix) {
  std::vector<std::string> all;
  const rocksdb::Status listed = options.env->GetChildren(database.string(), &all);
  if (!listed.ok()) return absl::UnavailableError(database.string() + ": " + listed.ToString());
  std::erase_if(all, [suffix](const std::string& name) { return !name.ends_with(suffix); });
  return all;
}

void FindMarkers(std::string_view bytes, const StoreId& id, const std::string& file, Trace& trace) {
  const std::string start = MarkerStart(id);
  for (std::size_t at = 0; (at = bytes.find(start, at)) != std::string_view::npos; ++at) {
    const auto marker = ReadMarker(id, bytes.substr(at));
    if (marker && marker->group > trace.group) trace = {marker->group, file};
  }
}

std::uint64_t GroupOfTable(const rocksdb::Options& options, const std::string& file,
                           const StoreId& id) {
  rocksdb::SstFileReader reader(options);
  if (!reader.Open(file).ok()) return 0;
  const std::unique_ptr<rocksdb::Iterator> entries(reader.NewIterator({}));
  entries->Seek(rocksdb::Slice(kMarkerKey.data(), kMarkerKey.size()));
  if (!entries->Valid() || entries->key().ToStringView() != kMarkerKey) return 0;
  const auto marker = ReadMarker(id, entries->value().ToStringView());
  return marker ? marker->group : 0;
}

}  // namespace

absl::StatusOr<Trace> NewestInLogs(const rocksdb::Options& options,
                                   const std::filesystem::path& database, const StoreId& id) {
  const auto logs = FilesOf(options, database, ".log");
  if (!logs.ok()) return logs.status();
  Trace trace;
  for (const std::string& name : *logs) {
    const std::string file = database / name;
    std::string bytes;
    const rocksdb::Status read = rocksdb::ReadFileToString(options.env, file, &bytes);
    if (!read.ok()) return absl::UnavailableError(read.ToString());
    FindMarkers(bytes, id, file, trace);
  }
  return trace;
}

absl::StatusOr<Trace> NewestInUnknownTables(const rocksdb::Options& options,
                                            const std::filesystem::path& database,
                                            const std::vector<std::string>& known,
                                            const StoreId& id) {
  const auto tables = FilesOf(options, database, ".sst");
  if (!tables.ok()) return tables.status();
  Trace trace;
  for (const std::string& name : *tables) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string file = database / name;
    const std::uint64_t group = GroupOfTable(options, file, id);
    if (group > trace.group) trace = {group, file};
  }
  return trace;
}

}  // namespace introspectd::journal
