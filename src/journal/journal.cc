#include "journal/journal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/semaphore.h"
#include "journal/assertion.h"
#include "journal/database.h"
#include "journal/format.h"
#include "journal/identity.h"
#include "journal/recovery.h"
#include "token/stored_record.h"

namespace introspectd::journal {

namespace {

void Put(rocksdb::WriteBatch& batch, std::string_view key, std::string_view value) {
  const rocksdb::Status put = batch.Put(ToSlice(key), ToSlice(value));
  CHECK(put.ok());
}

void Append(const Note& note, rocksdb::WriteBatch& batch) {
  const std::string key = kNotePrefix + note.key;
  if (note.erase) {
    CHECK(batch.Delete(ToSlice(key)).ok());
  } else {
    Put(batch, key, NoteText(note.end, note.text));
  }
}

void Append(token::Writer::Staged staged, rocksdb::WriteBatch& batch) {
  std::string key;
  std::string value;
  for (const token::RecordPtr& record : staged.records) {
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
  std::vector<Note> notes;
  Marker marker;  // of the newest group
  base::Semaphore submitted{0};
  std::thread committer;
};

Journal::Journal(const Options& options)
    : options_(options),
      expiry_(std::make_shared<std::atomic<UnixSeconds>>(options.now)),
      database_(std::make_unique<Database>()) {}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const Options& options) {
  std::unique_ptr<Journal> journal(new Journal(options));
  if (absl::Status prepared = journal->Prepare(); !prepared.ok()) return prepared;
  journal->database_->committer = std::thread([raw = journal.get()] { raw->Run(); });
  return journal;
}

Journal::~Journal() { Close(); }

absl::Status Journal::Prepare() {
  absl::Status done = MakeDirectory(options_.directory);
  if (done.ok()) done = FindIdentity();
  if (done.ok()) done = OpenDatabase();
  return done;
}

absl::Status Journal::FindIdentity() {
  database_->path = options_.directory / "db";
  const std::filesystem::path& path = database_->path;
  const auto identity = ReadIdentity(options_.directory);
  if (!identity.ok()) return identity.status();
  if (*identity) {
    database_->identity = **identity;
    return absl::OkStatus();
  }
  std::error_code none;  // that it cannot be looked into is found out, and said, when it is opened
  if (std::filesystem::exists(path, none) && !std::filesystem::is_empty(path, none)) {
    return absl::DataLossError(options_.directory.string() +
                               " has a database, but the file STORE is missing");
  }
  database_->identity = NewIdentity();
  if (absl::Status synced = SyncParent(options_.directory); !synced.ok()) return synced;
  return WriteIdentity(options_.directory, database_->identity);
}

absl::Status Journal::OpenDatabase() {
  Database& database = *database_;
  const AssertionWatch watch(options_.directory);
  const std::string path = database.path.string();
  const auto not_opened = [this](const rocksdb::Status& status) {
    return Failure(status, "storage.directory " + options_.directory.string());
  };
  rocksdb::Options options = DatabaseOptions(options_.env, expiry_);
  options.create_if_missing = !database.identity.in_use;
  if (database.identity.in_use) {
    const DatabaseLock lock(*options.env, database.path);
    if (!lock.status().ok()) return not_opened(lock.status());
    const auto torn = LookForDamage(options, database.path, database.identity.id);
    if (!torn.ok()) return torn.status();
    opened_.torn_tail = *torn;
  }
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, path, &raw);
  database.db.reset(raw);
  if (!opened.ok()) return not_opened(opened);
  const auto marker = MarkerOf(*raw, path, database.identity.id);
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

void Journal::Commit(token::Writer::Staged staged, std::uint64_t sequence,
                     std::vector<Note> notes) {
  Database& database = *database_;
  std::swap(database.batch, database.owed);
  database.notes = std::move(notes);
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
  for (const Note& note : database.notes) Append(note, database.batch);
  Put(database.batch, kMarkerKey, marker);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written = database.db->Write(synced, &database.batch);
  database.batch.Clear();
  return written.ok() ? absl::OkStatus() : Failure(written, "the store cannot be written");
}

std::vector<Note> Journal::ReadNotes(std::string_view prefix, std::string_view from,
                                     std::size_t bytes_max) const {
  const std::string begin = kNotePrefix + std::string(prefix);
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> entry(database_->db->NewIterator(options));
  std::vector<Note> notes;
  std::size_t bytes = 0;
  for (entry->Seek(std::max(begin, kNotePrefix + std::string(from)));
       entry->Valid() && entry->key().starts_with(begin) && bytes < bytes_max; entry->Next()) {
    const std::string_view stored = entry->value().ToStringView();
    bytes += stored.size();
    notes.push_back({.key = std::string(entry->key().ToStringView().substr(1)),
                     .text = std::string(TextOfNote(stored)),
                     .end = EndOfNote(stored)});
  }
  return notes;
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
