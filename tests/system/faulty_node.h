// Servers whose disk and clock fail when the test says so, one after the other on one data
// directory.
//
// Threads: one owner.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/child.h"
#include "support/temp_dir.h"
#include "system/fault_shim.h"
#include "system/node.h"

namespace introspectd::system_test {

// Variables of the environment that a child is started with; as they were at the end of the scope.
class Environment {
 public:
  explicit Environment(const std::vector<std::pair<std::string, std::string>>& variables);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::pair<std::string, const char*>> before_;  // nullptr: was not set
  std::vector<std::string> kept_;
};

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  Faults& faults() { return *faults_; }
  std::filesystem::path data() const { return directory_.path() / "data"; }

  // A node on it, ready unless it follows a log; `tables` are further ones of its configuration.
  std::unique_ptr<Node> Start(const std::string& tables = "") const;
  // A server that is expected to end by itself.
  support::Finished RunToEnd() const;

 private:
  std::vector<std::pair<std::string, std::string>> Variables() const;
  ConfigText Config() const { return {.directory = data().string()}; }

  const support::TempDir directory_;
  Faults* faults_;
};

// SIGKILL, and its end.
void Kill(Node& node);

}  // namespace introspectd::system_test
