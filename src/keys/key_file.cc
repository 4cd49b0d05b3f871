#include "keys/key_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace introspectd::keys {

namespace {

absl::Status Unreadable() {
  return absl::UnavailableError(
      fmt::format("cannot be read: {}", std::generic_category().message(errno)));
}

absl::StatusOr<std::string> ReadAll(int fd, std::size_t bytes_max) {
  struct stat status;
  if (fstat(fd, &status) != 0) return Unreadable();
  if (!S_ISREG(status.st_mode)) return absl::UnavailableError("is not a regular file");
  std::string content(bytes_max + 1, '\0');  // its size may change while it is read
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = read(fd, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable();
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max) {
    return absl::UnavailableError(fmt::format("has more than {} bytes", bytes_max));
  }
  content.resize(size);
  return content;
}

}  // namespace

absl::StatusOr<std::string> ReadKeyFile(const std::string& path, std::size_t bytes_max) {
  // Opening a pipe, too, would wait.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return Unreadable();
  auto content = ReadAll(fd, bytes_max);
  close(fd);
  return content;
}

}  // namespace introspectd::keys
