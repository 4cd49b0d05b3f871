#include "console.h"

#include <fmt/core.h>
#include <unistd.h>

#include <string>

namespace introspectd::cli {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::string_view kEraseLine = "\r\033[K";
constexpr seconds kTerminalPeriod{1};
constexpr seconds kPeriod{5};

}  // namespace

Console::Console() : Console(stderr, isatty(STDERR_FILENO) != 0) {}

Console::Console(std::FILE* out, bool is_terminal)
    : out_(out),
      is_terminal_(is_terminal),
      said_at_(steady_clock::now() - kPeriod),
      progress_at_(steady_clock::now()) {}

Console::~Console() {
  if (progress_shown_) fmt::print(out_, "{}", kEraseLine);
}

void Console::Say(std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  PrintLine(sentence);
}

void Console::SayNowAndThen(std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  const Time now = steady_clock::now();
  if (now - said_at_ < kPeriod) return;
  said_at_ = now;
  PrintLine(sentence);
}

void Console::ShowProgress(std::string_view work, std::uint64_t lines, std::uint64_t refused) {
  const std::lock_guard lock(mutex_);
  const std::chrono::duration<double> past = steady_clock::now() - progress_at_;
  if (past < (is_terminal_ ? kTerminalPeriod : kPeriod)) return;
  const double rate = static_cast<double>(lines - progress_lines_) / past.count();
  progress_at_ = steady_clock::now();
  progress_lines_ = lines;
  const std::string text =
      fmt::format("{}: {} lines, {:.0f} lines/s, {} refused", work, lines, rate, refused);
  if (!is_terminal_) return PrintLine(text);
  fmt::print(out_, "{}{}", kEraseLine, text);
  std::fflush(out_);
  progress_shown_ = true;
}

void Console::PrintLine(std::string_view text) {
  if (progress_shown_) fmt::print(out_, "{}", kEraseLine);
  progress_shown_ = false;
  fmt::print(out_, "{}\n", text);
  std::fflush(out_);
}

}  // namespace introspectd::cli
