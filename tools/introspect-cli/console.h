// What a long run tells people on standard error: on a terminal a line that is kept up to date,
// elsewhere a line every few seconds.
//
// Threads: thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string_view>

namespace introspectd::cli {

class Console {
 public:
  Console();
  Console(std::FILE* out, bool is_terminal);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void Say(std::string_view sentence);

  // Like Say, but dropped when another such sentence was said moments ago.
  void SayNowAndThen(std::string_view sentence);

  // "warming: 1000000 lines, 352000 lines/s, 2 refused", when it is time for it.
  void ShowProgress(std::string_view work, std::uint64_t lines, std::uint64_t refused);

 private:
  using Time = std::chrono::steady_clock::time_point;

  void PrintLine(std::string_view text);

  std::FILE* const out_;
  const bool is_terminal_;

  std::mutex mutex_;  // guards what follows, and out_
  bool progress_shown_ = false;
  Time said_at_;
  Time progress_at_;
  std::uint64_t progress_lines_ = 0;
};

}  // namespace introspectd::cli
