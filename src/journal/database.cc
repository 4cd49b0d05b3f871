#include "journal/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/table.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace introspectd::journal {

namespace {

constexpr std::size_t kWriteBufferBytes = std::size_t{64} << 20;
constexpr std::uint64_t kLogBytesMax = std::uint64_t{256} << 20;  // read twice at the start
constexpr std::uint64_t kRecompactAfter_s = 24 * 60 * 60;         // so that expired entries go

class ExpiryFilters final : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilters(Expiry expiry) : expiry_(std::move(expiry)) {}
  const char* Name() const override { return "introspectd.expiry"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    return std::make_unique<ExpiryFilter>(expiry_);
  }

 private:
  Expiry expiry_;
};

}  // namespace

absl::Status Failure(const rocksdb::Status& status, const std::string& what) {
  const std::string text = fmt::format("{}: {}", what, status.ToString());
  return status.IsCorruption() ? absl::DataLossError(text) : absl::UnavailableError(text);
}

rocksdb::Options DatabaseOptions(rocksdb::Env* env, Expiry expiry) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  options.max_open_files = -1;  // every table is opened at the start: none can be missing
  options.write_buffer_size = kWriteBufferBytes;
  // Nothing is read before it is in a table: what is written is sorted then, all at once.
  options.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  options.allow_concurrent_memtable_write = false;
  options.max_total_wal_size = kLogBytesMax;
  options.compression = rocksdb::kLZ4Compression;
  options.bytes_per_sync = options.wal_bytes_per_sync = 1 << 20;
  options.periodic_compaction_seconds = kRecompactAfter_s;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;  // everything is in memory already
  table.block_size = 32 * 1024;
  table.checksum = rocksdb::kXXH3;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compaction_filter_factory = std::make_shared<ExpiryFilters>(std::move(expiry));
  return options;
}

// Of other users nobody has any business here.
absl::Status MakeDirectory(const std::filesystem::path& directory) {
  struct stat found {};
  if (stat(directory.c_str(), &found) != 0) {
    if (mkdir(directory.c_str(), 0700) == 0) return absl::OkStatus();
  } else if (!S_ISDIR(found.st_mode)) {
    errno = ENOTDIR;
  } else if ((found.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(fmt::format(
        "storage.directory {}: other users may use it; its mode must be 0700", directory.string()));
  } else {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      fmt::format("storage.directory {}: {}", directory.string(), strerror(errno)));
}

absl::Status Sync(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (synced) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("fsync {}: {}", path.string(), strerror(error)));
}

// The directory's own name is its parent's: without this a power cut could take all of a new
// store. Where the parent may not be read, somebody else made the directory, long before.
absl::Status SyncParent(const std::filesystem::path& directory) {
  const std::filesystem::path parent = directory / "..";
  return access(parent.c_str(), R_OK) == 0 ? Sync(parent) : absl::OkStatus();
}

}  // namespace introspectd::journal
