// Where in a configuration file each key stands, for messages.
//
// Threads: one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace introspectd::config {

// A path names a key as "clients[0].audiences", an entry as "server.listen[1]".
class Places {
 public:
  explicit Places(std::string file) : file_(std::move(file)) {}

  void Set(std::string path, int line) { lines_.insert_or_assign(std::move(path), line); }

  // Whether the file, and not a default, gave it.
  bool Has(std::string_view path) const { return lines_.find(path) != lines_.end(); }

  // "gateway.toml:12: clients[0].audiences: <what>". Without a line of its own, a path has that of
  // what encloses it.
  absl::Status Error(std::string_view path, std::string_view what) const;

  // "gateway.toml:12: <what>", for what has no path.
  absl::Status ErrorAtLine(int line, std::string_view what) const;

 private:
  std::string file_;
  std::map<std::string, int, std::less<>> lines_;
};

}  // namespace introspectd::config
