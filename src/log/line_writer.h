// Writes lines to a file, a pipe, a terminal or a socket, and never waits for it: what is not taken
// at once is dropped. Whoever logs has requests to answer.
//
// Threads: one at a time, but for dropped().
// Limits:  a line that was cut is finished before another one is taken.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace introspectd::log {

class LineWriter {
 public:
  // `target`: "stderr", "stdout", or a file, which is appended to. Null: it cannot be opened.
  static std::unique_ptr<LineWriter> Open(const std::string& target);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // `line` with its newline.
  void Write(std::string_view line);

  // How many lines were dropped that nobody was told of, once one is taken again; until then 0.
  std::uint64_t lost() const { return taking_ ? lost_ : 0; }
  // The last line told of so many, if it was taken.
  void Told(std::uint64_t lost) {
    if (taking_) lost_ -= lost;
  }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // in all

 private:
  explicit LineWriter(int fd);

  bool Finish();
  std::size_t Put(std::string_view bytes) const;

  const int fd_;
  const bool is_socket_;
  std::string unfinished_;  // the rest of a line that was cut
  bool taking_ = true;      // the last line was taken
  std::uint64_t lost_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace introspectd::log
