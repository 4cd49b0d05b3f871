// Cuts a stream of bytes into lines.
//
// Threads: one owner.
// Limits:  a line is handed on up to kLineBytesMax, far above what a server takes, and cut there;
// so
//          memory stays bounded, and the server still refuses the line for its length.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace introspectd::cli {

class LineSplitter {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

  // Calls `take` (a bool of a string_view, borrowed) with every line that `bytes` ends, without its
  // line feed. False as soon as `take` says so.
  template <class Take>
  bool Feed(std::string_view bytes, const Take& take) {
    for (;;) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      if (!TakeLine(bytes.substr(0, end), take)) return false;
      bytes.remove_prefix(end + 1);
    }
    Keep(bytes);
    return true;
  }

  // The stream is over; what is left is a line too.
  template <class Take>
  bool Finish(const Take& take) {
    return begun_.empty() || TakeLine({}, take);
  }

 private:
  template <class Take>
  bool TakeLine(std::string_view rest, const Take& take) {
    if (begun_.empty()) return take(rest.substr(0, kLineBytesMax));
    Keep(rest);
    const bool go_on = take(std::string_view(begun_));
    begun_.clear();
    return go_on;
  }

  void Keep(std::string_view part) {
    begun_ += part.substr(0, kLineBytesMax - std::min(begun_.size(), kLineBytesMax));
  }

  std::string begun_;  // the start of a line whose end has not come
};

}  // namespace introspectd::cli
