#include "journal/damage.h"

#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "journal/database.h"

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

constexpr std::size_t kBlockBytes = 32 * 1024;
constexpr std::size_t kHeaderBytes = 7;

// A log is blocks, and what is longer than the rest of one goes on behind the header that the next
// one begins with: without those a marker is always in one piece.
void StripBlockHeaders(std::string& log) {
  std::size_t end = std::min(log.size(), kBlockBytes);
  for (std::size_t block = kBlockBytes; block + kHeaderBytes < log.size(); block += kBlockBytes) {
    const std::size_t size = std::min(kBlockBytes, log.size() - block) - kHeaderBytes;
    std::memmove(log.data() + end, log.data() + block + kHeaderBytes, size);
    end += size;
  }
  log.resize(end);
}

void FindMarkers(std::string_view bytes, const StoreId& id, const std::string& file, Logged& out) {
  const std::string start = MarkerStart(id);
  for (std::size_t at = 0; (at = bytes.find(start, at)) != std::string_view::npos; ++at) {
    const auto marker = ReadMarker(id, bytes.substr(at));
    if (!marker) continue;
    out.groups.push_back(marker->group);
    if (marker->group > out.newest.group) out.newest = {marker->group, file};
  }
}

std::uint64_t GroupOfTable(const rocksdb::Options& options, const std::string& file,
                           const StoreId& id) {
  rocksdb::SstFileReader reader(options);
  if (!reader.Open(file).ok()) return 0;
  const std::unique_ptr<rocksdb::Iterator> entries(reader.NewIterator({}));
  entries->Seek(ToSlice(kMarkerKey));
  if (!entries->Valid() || entries->key().ToStringView() != kMarkerKey) return 0;
  const auto marker = ReadMarker(id, entries->value().ToStringView());
  return marker ? marker->group : 0;
}

}  // namespace

absl::StatusOr<Logged> GroupsInLogs(const rocksdb::Options& options,
                                    const std::filesystem::path& database, const StoreId& id) {
  const auto logs = FilesOf(options, database, ".log");
  if (!logs.ok()) return logs.status();
  if (logs->empty()) return absl::DataLossError(database.string() + ": its log is missing");
  Logged logged;
  for (const std::string& name : *logs) {
    const std::string file = database / name;
    std::string bytes;
    const rocksdb::Status read = rocksdb::ReadFileToString(options.env, file, &bytes);
    if (!read.ok()) return absl::UnavailableError(read.ToString());
    StripBlockHeaders(bytes);
    FindMarkers(bytes, id, file, logged);
  }
  std::sort(logged.groups.begin(), logged.groups.end());
  return logged;
}

absl::StatusOr<InTables> NewestInTables(const rocksdb::Options& options,
                                        const std::filesystem::path& database,
                                        const std::vector<std::string>& known, const StoreId& id) {
  const auto tables = FilesOf(options, database, ".sst");
  if (!tables.ok()) return tables.status();
  InTables found;
  for (const std::string& name : *tables) {
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    Trace& trace = is_known ? found.known : found.unknown;
    const std::string file = database / name;
    const std::uint64_t group = GroupOfTable(options, file, id);
    if (group > trace.group) trace = {group, file};
  }
  return found;
}

}  // namespace introspectd::journal
