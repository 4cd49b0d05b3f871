#include "journal/power.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "support/temp_dir.h"

namespace introspectd::journal {

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::uint64_t kSectorBytes = 512;

// The bytes of an append that the power failed in.
std::string Torn(std::string bytes, population::Random& random) {
  switch (random.Below(6)) {
    case 0:
      return "";
    case 1:
      return bytes;
    case 2:  // its sectors in whatever order
      for (std::uint64_t at = 0; at < bytes.size(); at += kSectorBytes) {
        if (random.Chance(50)) continue;
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    std::min(kSectorBytes, bytes.size() - at), '\0');
      }
      return bytes;
    default:
      break;
  }
  const std::uint64_t prefix = random.Below(bytes.size() + 1);
  switch (random.Below(3)) {
    case 0:
      bytes.resize(prefix);
      break;
    case 1:
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(prefix), bytes.end(), '\0');
      break;
    default:
      for (std::uint64_t i = prefix; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(random.Below(256));
      }
  }
  return bytes;
}

}  // namespace

class PowerFileSystem::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> file, PowerFileSystem& owner, BodyPtr body)
      : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner), body_(std::move(body)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    const std::lock_guard lock(owner_.mutex_);
    IOStatus called = owner_.Call();
    // What fails may have got somewhere.
    const std::uint64_t size = called.ok() ? data.size() : owner_.random_.Below(data.size() + 1);
    IOStatus written = FSWritableFileWrapper::Append({data.data(), size}, options, debug);
    CHECK(written.ok());
    body_->size += size;
    return called;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*info*/, IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    const std::lock_guard lock(owner_.mutex_);
    if (IOStatus called = owner_.Call(); !called.ok()) return called;
    body_->synced = body_->size;
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // Only asks the system to begin; nothing is promised.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& /*options*/, IODebugContext*) override {
    CHECK(size == body_->size);
    return IOStatus::OK();
  }
  void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  PowerFileSystem& owner_;
  BodyPtr body_;
};

class PowerFileSystem::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(std::unique_ptr<rocksdb::FSDirectory> directory, PowerFileSystem& owner)
      : FSDirectoryWrapper(std::move(directory)), owner_(owner) {}

  IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    const std::lock_guard lock(owner_.mutex_);
    if (IOStatus called = owner_.Call(); !called.ok()) return called;
    owner_.durable_ = owner_.live_;
    owner_.pending_.clear();
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& /*why*/) override {
    return Fsync(options, debug);
  }

 private:
  PowerFileSystem& owner_;
};

PowerFileSystem::PowerFileSystem(std::filesystem::path directory, std::filesystem::path removed,
                                 PowerPlan plan)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      directory_(std::move(directory)),
      removed_(std::move(removed)),
      plan_(std::move(plan)),
      random_(plan_.seed, 2, 0) {
  std::filesystem::create_directories(removed_);
  if (!std::filesystem::exists(directory_)) return;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (!Follows(entry.path())) continue;
    live_[entry.path().filename()] =
        std::make_shared<Body>(Body{entry.path(), entry.file_size(), entry.file_size()});
  }
  durable_ = live_;
}

void PowerFileSystem::Cut(int exit_code) {
  const std::lock_guard lock(mutex_);
  End(exit_code);
}

bool PowerFileSystem::Follows(const std::filesystem::path& path) const {
  const std::string name = path.filename();
  return path.parent_path() == directory_ && !name.starts_with("LOG") && name != "LOCK";
}

IOStatus PowerFileSystem::Call() {
  const std::uint64_t call = calls_++;
  if (call < plan_.call || (call > plan_.call && plan_.failure == PowerFailure::kFailsOnce)) {
    return IOStatus::OK();
  }
  if (plan_.failure == PowerFailure::kEnds) End(PowerPlan::kExitCode);
  return IOStatus::IOError("the power is off");
}

void PowerFileSystem::MoveAway(const std::string& name) {
  const auto found = live_.find(name);
  if (found == live_.end()) return;
  const std::filesystem::path away = removed_ / std::to_string(removals_++);
  std::filesystem::rename(found->second->path, away);
  found->second->path = away;
}

void PowerFileSystem::Append(Change change) {
  Apply(change, live_);
  pending_.push_back(std::move(change));
}

void PowerFileSystem::Apply(const Change& change, Names& names) {
  names.erase(change.gone);
  if (!change.made.empty()) names[change.made] = change.body;
}

IOStatus PowerFileSystem::NewWritableFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file,
                                          IODebugContext* debug) {
  if (!Follows(path)) return target()->NewWritableFile(path, options, file, debug);
  const std::lock_guard lock(mutex_);
  if (IOStatus called = Call(); !called.ok()) return called;
  const std::string name = std::filesystem::path(path).filename();
  MoveAway(name);
  std::unique_ptr<rocksdb::FSWritableFile> opened;
  IOStatus status = target()->NewWritableFile(path, options, &opened, debug);
  CHECK(status.ok());
  auto body = std::make_shared<Body>(Body{.path = path});
  *file = std::make_unique<File>(std::move(opened), *this, body);
  Append({.gone = "", .made = name, .body = std::move(body)});
  return status;
}

IOStatus PowerFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* directory,
                                       IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> opened;
  IOStatus status = target()->NewDirectory(path, options, &opened, debug);
  if (!status.ok()) return status;
  *directory = std::make_unique<Directory>(std::move(opened), *this);
  return status;
}

IOStatus PowerFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                     IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const std::string name = std::filesystem::path(path).filename();
  if (!Follows(path) || !live_.contains(name)) return target()->DeleteFile(path, options, debug);
  if (IOStatus called = Call(); !called.ok()) return called;
  MoveAway(name);
  Append({.gone = name, .made = "", .body = nullptr});
  return IOStatus::OK();
}

IOStatus PowerFileSystem::RenameFile(const std::string& from, const std::string& to,
                                     const IOOptions& options, IODebugContext* debug) {
  if (!Follows(from)) return target()->RenameFile(from, to, options, debug);
  const std::lock_guard lock(mutex_);
  if (IOStatus called = Call(); !called.ok()) return called;
  const std::string made = std::filesystem::path(to).filename();
  const std::string gone = std::filesystem::path(from).filename();
  MoveAway(made);
  IOStatus status = target()->RenameFile(from, to, options, debug);
  CHECK(status.ok());
  const BodyPtr body = live_.at(gone);
  body->path = to;
  Append({.gone = gone, .made = made, .body = body});
  return status;
}

// The log that was recovered, to give back what was allocated ahead for it.
IOStatus PowerFileSystem::ReopenWritableFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                             IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (IOStatus called = Call(); !called.ok()) return called;
  std::unique_ptr<rocksdb::FSWritableFile> opened;
  IOStatus status = target()->ReopenWritableFile(path, options, &opened, debug);
  CHECK(status.ok());
  *file = std::make_unique<File>(std::move(opened), *this,
                                 live_.at(std::filesystem::path(path).filename()));
  return status;
}

IOStatus PowerFileSystem::ReuseWritableFile(const std::string&, const std::string&,
                                            const rocksdb::FileOptions&,
                                            std::unique_ptr<rocksdb::FSWritableFile>*,
                                            IODebugContext*) {
  CHECK(false);
}
IOStatus PowerFileSystem::NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSRandomRWFile>*,
                                          IODebugContext*) {
  CHECK(false);
}
IOStatus PowerFileSystem::Truncate(const std::string&, std::size_t, const IOOptions&,
                                   IODebugContext*) {
  CHECK(false);
}
IOStatus PowerFileSystem::LinkFile(const std::string&, const std::string&, const IOOptions&,
                                   IODebugContext*) {
  CHECK(false);
}

void PowerFileSystem::End(int exit_code) {
  MakeImage();
  _exit(exit_code);
}

void PowerFileSystem::MakeImage() {
  std::filesystem::create_directories(plan_.image);
  Names names = durable_;
  const std::uint64_t happened = random_.Below(pending_.size() + 1);
  for (std::uint64_t i = 0; i < happened; ++i) Apply(pending_[i], names);
  for (const auto& [name, body] : names) {
    std::ofstream(plan_.image / name, std::ios::binary) << Surviving(name, *body);
  }
}

// RocksDB does not open a manifest with anything but records in it, and refuses a store that it
// could have read; a file system that writes a file's bytes before it makes it longer (ext4, xfs)
// never leaves such a manifest.
std::string PowerFileSystem::Surviving(const std::string& name, const Body& body) {
  std::string bytes = support::ReadFile(body.path);
  CHECK(bytes.size() == body.size);
  if (name.starts_with("MANIFEST")) {
    return bytes.substr(0, body.synced + random_.Below(body.size - body.synced + 1));
  }
  return bytes.substr(0, body.synced) + Torn(bytes.substr(body.synced), random_);
}

}  // namespace introspectd::journal
