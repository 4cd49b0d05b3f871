#include "secret_input.h"

#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "input.h"

namespace introspectd::cli {

namespace {

constexpr std::size_t kSecretBytesMax = 65'536;

// While it lives, what is typed is not shown.
class EchoOff {
 public:
  EchoOff() {
    tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~EchoOff() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios before_{};
};

std::string ReadTypedLine(std::string_view what) {
  std::string line;
  {
    const EchoOff silence;
    fmt::print(stderr, "Type {} and press Enter (it is not shown): ", what);
    for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
      line += static_cast<char>(c);
    }
  }
  fmt::print(stderr, "\n");
  return line;
}

absl::StatusOr<std::string> ReadWhole(const std::string& file, std::string_view what) {
  absl::StatusOr<Input> input = Input::Open(file);
  if (!input.ok()) return absl::InvalidArgumentError(input.status().message());
  std::string bytes;
  bool fits = true;
  const absl::Status status = input->Read([&](std::string_view piece) {
    bytes += piece;
    return fits = bytes.size() <= kSecretBytesMax;
  });
  if (!fits) {
    return absl::InvalidArgumentError(fmt::format("{} is over {} bytes", what, kSecretBytesMax));
  }
  if (!status.ok()) return absl::InvalidArgumentError(status.message());
  return bytes;
}

void TrimLineEnd(std::string& secret) {
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(std::string_view given, std::string_view what) {
  absl::StatusOr<std::string> secret(std::string{given});
  if (given == "-" && isatty(STDIN_FILENO) != 0) {
    secret = ReadTypedLine(what);
  } else if (given == "-" || given.starts_with('@')) {
    secret = ReadWhole(std::string(given == "-" ? given : given.substr(1)), what);
    if (secret.ok()) TrimLineEnd(*secret);
  }
  if (secret.ok() && secret->empty()) {
    return absl::InvalidArgumentError(fmt::format("{} is empty", what));
  }
  return secret;
}

}  // namespace introspectd::cli
