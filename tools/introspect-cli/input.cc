#include "input.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace introspectd::cli {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

// As read(2), but not disturbed by signals.
ssize_t ReadFrom(int file, std::span<char> buffer) {
  ssize_t size;
  do {
    size = read(file, buffer.data(), buffer.size());
  } while (size < 0 && errno == EINTR);
  return size;
}

}  // namespace

absl::StatusOr<Input> Input::Open(const std::string& file) {
  if (file == "-") return Input(STDIN_FILENO, "standard input");
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::NotFoundError(fmt::format("{}: {}", file, std::strerror(errno)));
  }
  return Input(descriptor, file);
}

Input::Input(int file, std::string name) : file_(file), name_(std::move(name)) {}

Input::Input(Input&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      name_(std::move(other.name_)),
      peeked_(std::move(other.peeked_)) {}

Input::~Input() {
  if (file_ > STDIN_FILENO) close(file_);
}

std::string_view Input::Peek(std::size_t size) {
  while (peeked_.size() < size) {
    const std::size_t before = peeked_.size();
    peeked_.resize(size);
    const ssize_t more = ReadFrom(file_, {peeked_.data() + before, size - before});
    peeked_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(more, 0)));
    if (more <= 0) break;
  }
  return std::string_view(peeked_).substr(0, size);
}

std::optional<std::size_t> Input::ReadSome(std::span<char> buffer) {
  if (!peeked_.empty()) {
    const std::size_t size = peeked_.copy(buffer.data(), buffer.size());
    peeked_.erase(0, size);
    return size;
  }
  const ssize_t size = ReadFrom(file_, buffer);
  if (size < 0) return std::nullopt;
  return static_cast<std::size_t>(size);
}

absl::Status Input::Read(const std::function<bool(std::string_view)>& take) {
  std::string buffer(kBufferBytes, '\0');
  for (;;) {
    const std::optional<std::size_t> size = ReadSome(buffer);
    if (!size) return absl::DataLossError(fmt::format("{}: {}", name_, std::strerror(errno)));
    if (*size == 0) return absl::OkStatus();
    if (!take(std::string_view(buffer).substr(0, *size))) return absl::CancelledError();
  }
}

bool Input::Rewind() {
  if (lseek(file_, 0, SEEK_SET) != 0) return false;
  peeked_.clear();
  return true;
}

}  // namespace introspectd::cli
