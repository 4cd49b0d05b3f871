// Token updates ready to be sent: the upserts of a file, again and again, each time with other
// claims.
//
// Threads: one owner, one thread.
// Limits:  keeps the lines in memory as they are.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace introspectd::load {

class Updates {
 public:
  // The first `lines_max` lines of NDJSON `file`, each an upsert with an `exp`.
  static absl::StatusOr<Updates> Read(const std::string& file, std::size_t lines_max);

  std::size_t size() const { return lines_.size(); }

  // Up to `count` lines, the next ones in order (from the first again after the last), end to end;
  // fewer at the end of the file. Borrowed until the next call. Their `exp` is not what it was the
  // last time.
  struct Batch {
    std::string_view ndjson;
    std::size_t lines;
  };
  Batch Next(std::size_t count);

 private:
  struct Line {
    std::size_t end;            // in text_, behind its line feed
    std::size_t changed_digit;  // in text_
  };

  Updates() = default;

  std::string text_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
};

}  // namespace introspectd::load
