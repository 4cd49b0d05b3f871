#include "journal/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/semaphore.h"
#include "journal/damage.h"
#include "journal/expiry_filter.h"
#include "journal/format.h"
#include "journal/identity.h"
#include "token/stored_record.h"

namespace introspectd::journal {

namespace {

constexpr std::size_t kWriteBufferBytes = std::size_t{64} << 20;
constexpr std::uint64_t kLogBytesMax = std::uint64_t{256} << 20;  // read twice at the start
constexpr std::uint64_t kRecompactAfter_s = 24 * 60 * 60;         // so that expired entries go

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

// `what` is a sentence's beginning.
absl::Status Failure(const rocksdb::Status& status, const std::string& what) {
  const std::string text = fmt::format("{}: {}", what, status.ToString());
  return status.IsCorruption() ? absl::DataLossError(text) : absl::UnavailableError(text);
}

rocksdb::Options DatabaseOptions(rocksdb::Env* env, Expiry expiry) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
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
  class Filters final : public rocksdb::CompactionFilterFactory {
   public:
    explicit Filters(Expiry expiry) : expiry_(std::move(expiry)) {}
    const char* Name() const override { return "introspectd.expiry"; }
    std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
        const rocksdb::CompactionFilter::Context& /*context*/) override {
      return std::make_unique<ExpiryFilter>(expiry_);
    }

   private:
    Expiry expiry_;
  };
  options.compaction_filter_factory = std::make_shared<Filters>(std::move(expiry));
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

// The directory's own name is its parent's: without this a power cut could take all of a new
// store. Where the parent may not be read, somebody else made the directory, long before.
absl::Status SyncParent(const std::filesystem::path& directory) {
  const int fd = open((directory / "..").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return absl::OkStatus();
  const bool synced = fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (synced) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("fsync {}/..: {}", directory.string(), strerror(error)));
}

void Put(rocksdb::WriteBatch& batch, std::string_view key, std::string_view value) {
  const rocksdb::Status put = batch.Put(ToSlice(key), ToSlice(value));
  CHECK(put.ok());
}

void Append(token::Writer::Staged staged, rocksdb::WriteBatch& batch) {
  std::string key;
  std::string value;
  for (const token::Record* record : staged.records) {
    TokenKey(record->digest(), key);
    value.clear();
    token::StoredRecord::Append(*record, value);
    Put(batch, key, value);
  }
  for (const token::RuleChange& rule : staged.rules) {
    if (rule.erase) continue;
    RuleKey(rule.jti, rule.key, key);
    Put(batch, key, RuleText(rule.value));
  }
}

}  // namespace

struct Journal::Database {
  std::filesystem::path path;
  Identity identity;
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::WriteBatch owed;  // from groups that there was no room for; the owner's
  std::optional<Loader> loader;

  // Handed over to the committer thread with `submitted`, and back when it has committed.
  rocksdb::WriteBatch batch;
  std::optional<token::Writer::Staged> staged;
  Marker marker;  // of the newest group
  base::Semaphore submitted{0};
  std::thread committer;
};

Journal::Journal(const Options& options)
    : options_(options),
      expiry_(std::make_shared<std::atomic<UnixSeconds>>(token::kNever)),
      database_(std::make_unique<Database>()) {}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const Options& options) {
  std::unique_ptr<Journal> journal(new Journal(options));
  if (absl::Status opened = journal->OpenDatabase(); !opened.ok()) return opened;
  journal->database_->committer = std::thread([raw = journal.get()] { raw->Run(); });
  return journal;
}

Journal::~Journal() { Close(); }

namespace {

// What the database recovers, without changing anything.
struct Recovered {
  Marker marker;
  std::vector<std::string> tables;
};

absl::StatusOr<Marker> MarkerOf(rocksdb::DB& db, const std::string& path, const StoreId& id) {
  std::string text;
  const rocksdb::Status got = db.Get({}, ToSlice(kMarkerKey), &text);
  if (got.IsNotFound()) return Marker{};
  if (!got.ok()) return Failure(got, path);
  const auto marker = ReadMarker(id, text);
  if (!marker) return absl::DataLossError(path + " is of another store than the file STORE");
  return *marker;
}

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

// Refuses what lost more than a torn tail; says whether it lost that.
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

// Keeps others out: of a database that is being written to LookForDamage would say anything.
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

}  // namespace

absl::Status Journal::OpenDatabase() {
  const auto not_opened = [this](const rocksdb::Status& status) {
    return Failure(status, "storage.directory " + options_.directory.string());
  };
  Database& database = *database_;
  if (absl::Status made = MakeDirectory(options_.directory); !made.ok()) return made;
  auto identity = ReadIdentity(options_.directory);
  if (!identity.ok()) return identity.status();
  database.path = options_.directory / "db";
  const bool has_files =
      std::filesystem::exists(database.path) && !std::filesystem::is_empty(database.path);
  if (!*identity && has_files) {
    return absl::DataLossError(options_.directory.string() +
                               " has a database, but the file STORE is missing");
  }
  database.identity = identity->value_or(NewIdentity());
  if (!*identity) {
    if (auto synced = SyncParent(options_.directory); !synced.ok()) return synced;
    if (auto written = WriteIdentity(options_.directory, database.identity); !written.ok()) {
      return written;
    }
  }
  rocksdb::Options options = DatabaseOptions(options_.env, expiry_);
  if (database.identity.in_use) {
    options.create_if_missing = false;
    const DatabaseLock lock(*options.env, database.path);
    if (!lock.status().ok()) return not_opened(lock.status());
    const auto torn = LookForDamage(options, database.path, database.identity.id);
    if (!torn.ok()) return torn.status();
    opened_.torn_tail = *torn;
  }
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, database.path.string(), &raw);
  database.db.reset(raw);
  if (!opened.ok()) return not_opened(opened);
  const auto marker = MarkerOf(*raw, database.path.string(), database.identity.id);
  if (!marker.ok()) return marker.status();
  database.marker = *marker;
  opened_.group = marker->group;
  opened_.sequence = marker->sequence;
  raw->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &opened_.entries);
  if (std::exchange(database.identity.in_use, true)) return absl::OkStatus();
  return WriteIdentity(options_.directory, database.identity);
}

void Journal::Load(UnixSeconds now, Loader::Take take, Loader::Done done) {
  database_->loader.emplace(*database_->db, now, std::move(take), std::move(done));
  database_->loader->Start();
}

void Journal::Commit(token::Writer::Staged staged, std::uint64_t sequence) {
  Database& database = *database_;
  std::swap(database.batch, database.owed);
  database.staged.emplace(staged);
  ++database.marker.group;
  database.marker.sequence = sequence;
  database.submitted.Release();
}

void Journal::Owe(token::Writer::Staged staged) { Append(staged, database_->owed); }

bool Journal::owes() const { return database_->owed.Count() > 0; }

void Journal::Run() {
  pthread_setname_np(pthread_self(), "journal");
  while (true) {
    database_->submitted.Acquire();
    if (!database_->staged) return;  // it is stopping
    const absl::Status written = Write();
    if (!written.ok()) {
      hooks_.failed(written);
      CHECK(false);  // nothing may be acknowledged any more
    }
    database_->staged.reset();
    hooks_.committed();
  }
}

absl::Status Journal::Write() {
  Database& database = *database_;
  const std::string marker = MarkerText(database.identity.id, database.marker);
  Put(database.batch, kMarkerKey, marker);
  Append(*database.staged, database.batch);
  Put(database.batch, kMarkerKey, marker);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written = database.db->Write(synced, &database.batch);
  database.batch.Clear();
  return written.ok() ? absl::OkStatus() : Failure(written, "the store cannot be written");
}

std::uint64_t Journal::free_bytes() const {
  struct statvfs found {};
  if (statvfs(options_.directory.c_str(), &found) != 0) return 0;
  return std::uint64_t{found.f_bavail} * found.f_frsize;
}

std::uint64_t Journal::stored_bytes() const {
  std::uint64_t tables = 0;
  std::uint64_t buffers = 0;
  database_->db->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables);
  database_->db->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &buffers);
  return tables + buffers;
}

void Journal::Close() {
  Database& database = *database_;
  database.loader.reset();
  if (database.committer.joinable()) {
    database.submitted.Release();  // behind a group that may be under way
    database.committer.join();
  }
  if (database.db == nullptr) return;
  // What is only in the log would have to be read again; a failure costs no more than that.
  database.db->Flush({}).PermitUncheckedError();
  database.db->Close().PermitUncheckedError();
  database.db.reset();
}

}  // namespace introspectd::journal
