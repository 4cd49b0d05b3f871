// Bytes from one thread to another, a bounded number of them on the way.
//
// Threads: one writer, one reader.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace introspectd::cli {

class BytePipe {
 public:
  static constexpr std::size_t kHeldBytesMax = std::size_t{1} << 20;

  // Waits for room. False when nobody reads any more.
  [[nodiscard]] bool Write(std::string_view bytes);
  // No more will be written; what was is `whole`, or else broken off.
  void EndWriting(bool whole);

  // Waits for bytes and takes some; 0 at a whole end, none when it was broken off.
  std::optional<std::size_t> Read(std::span<char> buffer);
  void EndReading();

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::string held_;
  std::size_t taken_ = 0;  // of held_
  bool write_ended_ = false;
  bool whole_ = false;
  bool read_ended_ = false;
};

}  // namespace introspectd::cli
