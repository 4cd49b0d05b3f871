#include "config/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "crypto/digest.h"
#include "fmt/core.h"

namespace introspectd::config {

namespace {

constexpr std::size_t kSecretFileBytesMax = 64 << 10;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Unreadable() {
  return absl::InvalidArgumentError(
      fmt::format("cannot be read: {}", std::generic_category().message(errno)));
}

struct Chunk {
  ~Chunk() { crypto::Cleanse(bytes.data(), bytes.size()); }
  std::array<char, 4096> bytes;
};

std::size_t SizeOf(const OpenFile& file, std::size_t bytes_max) {
  struct stat status;
  if (fstat(file.fd(), &status) != 0 || status.st_size < 0) return 0;
  return std::min(static_cast<std::size_t>(status.st_size), bytes_max);
}

absl::StatusOr<std::string> ReadAll(const OpenFile& file, std::size_t bytes_max) {
  std::string content;
  // At once, so that what may be a secret is not left behind where the text grew out of.
  content.reserve(SizeOf(file, bytes_max));
  Chunk chunk;
  while (true) {
    const ssize_t size = read(file.fd(), chunk.bytes.data(), chunk.bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Unreadable();
    if (size == 0) return content;
    content.append(chunk.bytes.data(), static_cast<std::size_t>(size));
    if (content.size() > bytes_max) {
      return absl::InvalidArgumentError(fmt::format("has more than {} bytes", bytes_max));
    }
  }
}

void RemoveTrailingNewline(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max) {
  const OpenFile file(path);
  if (file.fd() < 0) return Unreadable();
  return ReadAll(file, bytes_max);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  const OpenFile file(path);
  struct stat status;
  if (file.fd() < 0 || fstat(file.fd(), &status) != 0) return Unreadable();
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::InvalidArgumentError(
        "may be written by its group or by others; allowed: a file that its owner alone writes "
        "(chmod go-w)");
  }
  auto secret = ReadAll(file, kSecretFileBytesMax);
  if (!secret.ok()) return secret;
  RemoveTrailingNewline(*secret);
  if (secret->empty()) return absl::InvalidArgumentError("names an empty file");
  return secret;
}

}  // namespace introspectd::config
