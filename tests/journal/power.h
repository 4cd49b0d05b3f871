// A file system whose power fails: what was written and not synced may be there afterwards, or a
// part of it, or something else in its place.
//
// Threads: thread-safe. One directory of files, which nobody else changes.
// Limits:  what RocksDB does with files, no more. Its info log and its lock are left out.
//
// Calls that change something are counted. At the call that the plan names the process ends, or
// the call fails. What a disk would hold then is made in another directory: a file's bytes are
// durable up to its last sync, and names up to the directory's last one. Of later changes of names
// some first ones happened, in order, as a journaling file system has it.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "population/random.h"

namespace introspectd::journal {

enum class PowerFailure : std::uint8_t {
  kEnds,       // the process ends
  kFails,      // that call fails, and all after it
  kFailsOnce,  // that call alone
};

struct PowerPlan {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr int kExitCode = 7;

  PowerFailure failure = PowerFailure::kEnds;
  std::uint64_t call = kNever;  // counted from 0
  std::uint64_t seed = 0;
  std::filesystem::path image;  // made when the process ends
};

class PowerFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  // `removed` takes what is deleted: it may have to come back.
  PowerFileSystem(std::filesystem::path directory, std::filesystem::path removed, PowerPlan plan);

  // Now, whatever the plan says. Ends the process.
  [[noreturn]] void Cut(int exit_code);

  const char* Name() const override { return "introspectd.power"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;

  // Not among what RocksDB does with this store; they would have to be followed, too.
  rocksdb::IOStatus ReuseWritableFile(const std::string&, const std::string&,
                                      const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>*,
                                      rocksdb::IODebugContext*) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>*,
                                    rocksdb::IODebugContext*) override;
  rocksdb::IOStatus Truncate(const std::string&, std::size_t, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override;
  rocksdb::IOStatus LinkFile(const std::string&, const std::string&, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override;

 private:
  class File;
  class Directory;

  // A file's bytes, whatever its name is.
  struct Body {
    std::filesystem::path path;
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
  };
  using BodyPtr = std::shared_ptr<Body>;
  using Names = std::map<std::string, BodyPtr>;
  struct Change {
    std::string gone;  // "" or a name
    std::string made;  // "" or a name
    BodyPtr body;      // of `made`
  };

  bool Follows(const std::filesystem::path& path) const;
  // Under mutex_: counts a call.
  rocksdb::IOStatus Call();
  void MoveAway(const std::string& name);
  void Append(Change change);
  static void Apply(const Change& change, Names& names);
  [[noreturn]] void End(int exit_code);
  void MakeImage();
  std::string Surviving(const std::string& name, const Body& body);

  const std::filesystem::path directory_;
  const std::filesystem::path removed_;
  const PowerPlan plan_;
  std::mutex mutex_;
  population::Random random_;
  std::uint64_t calls_ = 0;
  std::uint64_t removals_ = 0;
  Names live_;
  Names durable_;
  std::vector<Change> pending_;
};

}  // namespace introspectd::journal
