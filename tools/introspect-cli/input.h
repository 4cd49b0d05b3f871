// A file or standard input, read in pieces of bounded size.
//
// Threads: one Input, one thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace introspectd::cli {

class Input {
 public:
  // "-" is standard input. NotFound when the file cannot be opened.
  static absl::StatusOr<Input> Open(const std::string& file);

  Input(Input&& other) noexcept;
  Input& operator=(Input&& other) = delete;
  ~Input();

  // How people know it: the file's name, or "standard input".
  const std::string& name() const { return name_; }

  // The next bytes, at most `size`, without taking them; blocks until they are there.
  std::string_view Peek(std::size_t size);

  // Takes the next bytes: how many, 0 at the end, none on an error.
  std::optional<std::size_t> ReadSome(std::span<char> buffer);

  // Passes all on, piece by piece, until `take` returns false (Cancelled) or the end.
  absl::Status Read(const std::function<bool(std::string_view)>& take);

  // Back to the start, for files; false when that cannot be.
  bool Rewind();

 private:
  Input(int file, std::string name);

  int file_;
  std::string name_;
  std::string peeked_;  // read ahead
};

}  // namespace introspectd::cli
