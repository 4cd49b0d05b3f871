// RocksDB, as Debian builds it, checks some of what it reads with assert(): what only a damaged
// table has (a count of restarts, say, that no checksum covers before it is used) would end the
// process by SIGABRT. While a Watch lives, such an end is that of any damaged store: a sentence
// that names the directory, and exit code 1.
//
// Threads: one Watch at a time; RocksDB's threads are covered, too.
#pragma once

#include <filesystem>
#include <string>

namespace introspectd::journal {

class AssertionWatch {
 public:
  explicit AssertionWatch(const std::filesystem::path& directory);
  ~AssertionWatch();
  AssertionWatch(const AssertionWatch&) = delete;
  AssertionWatch& operator=(const AssertionWatch&) = delete;

 private:
  const std::string sentence_;
};

}  // namespace introspectd::journal
