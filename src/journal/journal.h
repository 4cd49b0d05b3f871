// The journal: what was pushed, on this machine's disk (contract 7).
//
//   Open → Load → Commit … → Close
//
// Threads: the owner's, but for what says otherwise. One committer thread writes; at most one group
//          is under way. Load reads on threads of its own.
// Owner:   the server; it outlives whoever commits.
// Limits:  a directory has one owner at a time (the database's lock).
//
// 1. A group that was committed is synced: it survives a kill and a power cut.
// 2. What the files hold is the state as of some group, and of none but the last one is anything
//    missing; otherwise Open refuses (damage.h), or Load does.
// 3. Expired entries go when the database compacts its files; until then Load passes over them.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "journal/loader.h"
#include "journal/note.h"
#include "token/writer.h"

namespace rocksdb {
class Env;
}

namespace introspectd::journal {

struct Options {
  std::filesystem::path directory;
  UnixSeconds now = token::kNever;  // what has ended by then may go; kNever: nothing may, for now
  rocksdb::Env* env = nullptr;      // the file system's; nullptr: the machine's. Borrowed
};

// What Open found.
struct Opened {
  std::uint64_t group = 0;     // the last one that is there
  std::uint64_t sequence = 0;  // the highest one that any group had
  bool torn_tail = false;      // of one group behind it something was written, and cut off
  std::uint64_t entries = 0;   // about
};

class Journal {
 public:
  // Makes the directory (mode 0700) and an empty store when there is none. Errors name the file:
  // damage, another format, another owner, a directory that others may read.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(const Options& options);
  ~Journal();  // closes it, as Close

  const Opened& opened() const { return opened_; }

  // Hands everything to `take`, each key once (loader.h). Before the first Commit.
  void Load(UnixSeconds now, Loader::Take take, Loader::Done done);

  // Writes and syncs a group on the committer thread, then calls `committed` there. When that fails
  // `failed` is called instead, and must not return. `staged` is borrowed until then. Not before
  // the last group was committed.
  struct Hooks {
    std::function<void()> committed;
    std::function<void(absl::Status)> failed;
  };
  void SetHooks(Hooks hooks) { hooks_ = std::move(hooks); }
  void Commit(token::Writer::Staged staged, std::uint64_t sequence, std::vector<Note> notes = {});

  // Keeps a copy of a group for the next Commit, since there is no room for it now.
  void Owe(token::Writer::Staged staged);
  bool owes() const;

  // As NoteBook::Read; of what was committed.
  std::vector<Note> ReadNotes(std::string_view prefix, std::string_view from,
                              std::size_t bytes_max) const;

  // Free for this process on the directory's file system. A system call.
  std::uint64_t free_bytes() const;
  std::uint64_t stored_bytes() const;  // thread-safe; about

  // What has ended by then may go; kNever: nothing may. Thread-safe.
  void SetExpiry(UnixSeconds now) { expiry_->store(now, std::memory_order_relaxed); }

  // Leaves files that are read back quickly. Nothing is under way.
  void Close();

 private:
  struct Database;  // keeps RocksDB's headers out of this one

  explicit Journal(const Options& options);
  absl::Status Prepare();
  absl::Status FindIdentity();
  absl::Status OpenDatabase();
  void Run();
  absl::Status Write();

  const Options options_;
  std::shared_ptr<std::atomic<UnixSeconds>> expiry_;
  std::unique_ptr<Database> database_;
  Opened opened_;
  Hooks hooks_;
};

}  // namespace introspectd::journal
