// Loaded into the server ahead of the C library (LD_PRELOAD): passes calls on, unless a test has
// ordered a fault (fault_shim.h).

#include "system/fault_shim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <string_view>

namespace introspectd::system_test {
namespace {

constexpr std::size_t kFilesMax = 4096;
constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 2'000'000};

// The function that would have been called without this library.
template <class Function>
Function* Next(Function* /*same*/, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

Faults* faults = nullptr;  // until the library is initialized, nothing is wrong
std::array<std::atomic<bool>, kFilesMax> below;  // by file descriptor

__attribute__((constructor)) void Attach() {
  const char* file = std::getenv(kFaultsFile);
  if (file == nullptr) return;
  const int fd = Next(open, "open")(file, O_RDWR | O_CLOEXEC);
  void* shared = mmap(nullptr, sizeof(Faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) std::abort();  // a test without its faults would say nothing
  faults = static_cast<Faults*>(shared);
}

bool IsBelow(std::string_view path) {
  const char* directory = std::getenv(kFaultsBelow);
  return faults != nullptr && directory != nullptr && path.starts_with(directory);
}

bool IsBelow(int fd) {
  return fd >= 0 && static_cast<std::size_t>(fd) < kFilesMax && below[static_cast<std::size_t>(fd)];
}

void Remember(int fd, bool is_below) {
  if (fd >= 0 && static_cast<std::size_t>(fd) < kFilesMax) {
    below[static_cast<std::size_t>(fd)] = is_below;
  }
}

int Fail(int error) {
  errno = error;
  return -1;
}

int SyncBy(int (*sync)(int), int fd) {
  if (!IsBelow(fd)) return sync(fd);
  if (faults->hold_syncs) {
    ++faults->held;
    while (faults->hold_syncs) nanosleep(&kPause, nullptr);
  }
  if (const int error = faults->sync_error; error != 0) return Fail(error);
  const int result = sync(fd);
  ++faults->syncs;
  return result;
}

}  // namespace
}  // namespace introspectd::system_test

// The system's names.
using introspectd::system_test::Fail;
using introspectd::system_test::faults;
using introspectd::system_test::IsBelow;
using introspectd::system_test::Next;
using introspectd::system_test::Remember;
using introspectd::system_test::SyncBy;

extern "C" {

int open(const char* path, int flags, ...) {
  static const auto next = Next(open, "open");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  const bool is_below = IsBelow(path);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
  if (is_below && writes && faults->read_only) return Fail(EROFS);
  const int fd = next(path, flags, mode);
  Remember(fd, is_below);
  return fd;
}

int close(int fd) {
  static const auto next = Next(close, "close");
  Remember(fd, false);
  return next(fd);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto next = Next(mkdir, "mkdir");
  if (IsBelow(path) && faults->read_only) return Fail(EROFS);
  return next(path, mode);
}

ssize_t write(int fd, const void* bytes, std::size_t size) {
  static const auto next = Next(write, "write");
  if (!IsBelow(fd)) return next(fd, bytes, size);
  if (const int error = faults->write_error; error != 0) return Fail(error);
  if (!faults->in_pieces || size < 2) return next(fd, bytes, size);
  if (++faults->partial % 2 == 0) return Fail(EINTR);
  return next(fd, bytes, size / 2);
}

int fsync(int fd) {
  static const auto next = Next(fsync, "fsync");
  return SyncBy(next, fd);
}

int fdatasync(int fd) {
  static const auto next = Next(fdatasync, "fdatasync");
  return SyncBy(next, fd);
}

int statvfs(const char* path, struct statvfs* found) noexcept {
  static const auto next = Next<int(const char*, struct statvfs*)>(nullptr, "statvfs");
  const int result = next(path, found);
  if (result == 0 && IsBelow(path) && faults->free_bytes >= 0) {
    found->f_bavail = static_cast<fsblkcnt_t>(faults->free_bytes) / found->f_frsize;
  }
  return result;
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto next = Next(clock_gettime, "clock_gettime");
  const int result = next(clock, now);
  if (clock == CLOCK_REALTIME && faults != nullptr) now->tv_sec += faults->clock_ahead_s;
  if (clock == CLOCK_BOOTTIME && faults != nullptr) now->tv_sec += faults->boot_clock_ahead_s;
  return result;
}
}
