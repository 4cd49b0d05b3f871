#include "system/faulty_node.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <stdexcept>

#include "support/wait_until.h"

namespace introspectd::system_test {

Environment::Environment(const std::vector<std::pair<std::string, std::string>>& variables) {
  kept_.reserve(variables.size());  // what points into it must not move
  for (const auto& [name, value] : variables) {
    const char* before = std::getenv(name.c_str());
    before_.emplace_back(name, before == nullptr ? nullptr : kept_.emplace_back(before).c_str());
    setenv(name.c_str(), value.c_str(), 1);
  }
}

Environment::~Environment() {
  for (const auto& [name, value] : before_) {
    value == nullptr ? unsetenv(name.c_str()) : setenv(name.c_str(), value, 1);
  }
}

FaultyDisk::FaultyDisk() {
  const std::filesystem::path file = directory_.Write("faults", std::string(sizeof(Faults), '\0'));
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  void* shared = mmap(nullptr, sizeof(Faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (shared == MAP_FAILED) throw std::runtime_error("no memory to share with the server");
  faults_ = new (shared) Faults;
}

FaultyDisk::~FaultyDisk() { munmap(faults_, sizeof(Faults)); }

// The address sanitizer wants to be the first library, and need not be.
std::vector<std::pair<std::string, std::string>> FaultyDisk::Variables() const {
  const char* asan = std::getenv("ASAN_OPTIONS");
  return {{"LD_PRELOAD", FAULT_SHIM},
          {"ASAN_OPTIONS", "verify_asan_link_order=0:" + std::string(asan == nullptr ? "" : asan)},
          {kFaultsFile, (directory_.path() / "faults").string()},
          {kFaultsBelow, data().string()}};
}

std::unique_ptr<Node> FaultyDisk::Start(const std::string& tables) const {
  std::unique_ptr<Node> node;
  {
    const Environment environment(Variables());
    ConfigText config = Config();
    config.tables = tables;
    node = std::make_unique<Node>(config);
  }
  const auto ready = [&] { return node->StatusOf(Plane::kAdmin, "/readyz") == 200; };
  EXPECT_TRUE(support::WaitUntil(ready)) << node->process().log();
  return node;
}

support::Finished FaultyDisk::RunToEnd() const {
  const std::string config = directory_.Write(support::kConfigFile, Config().Text());
  const Environment environment(Variables());
  return support::RunToEnd({support::ServerBinary(), "--config", config});
}

void Kill(Node& node) {
  node.process().Signal(SIGKILL);
  EXPECT_TRUE(support::WaitUntil([&] { return !node.process().Running(); }));
}

}  // namespace introspectd::system_test
