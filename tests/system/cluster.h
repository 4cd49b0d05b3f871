// Three nodes, one log, and what can happen to them.
//
// Threads: one owner; the load runs on threads of its own.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/postgres.h"
#include "support/proxy.h"
#include "support/server_process.h"
#include "support/temp_dir.h"
#include "system/issuer.h"

namespace introspectd::system_test {

class Cluster {
 public:
  static constexpr int kNodes = 3;
  static constexpr int kStaleness_s = 2;

  Cluster();
  ~Cluster();

  support::Postgres& log() { return *log_; }
  // Another server carries the log from now on.
  void MoveTo(std::unique_ptr<support::Postgres> log);

  support::ServerProcess& node(int i) { return *nodes_[static_cast<std::size_t>(i)]; }
  support::Proxy& proxy(int i) { return *proxies_[static_cast<std::size_t>(i)]; }
  // Ends it with that signal, and starts it again.
  void Restart(int i, int signal);
  void RestartAll(int signal);
  // As a new node, without anything of its own.
  void Replace(int i);

  void StartLoad();
  void StopLoad();

  // Waits until all nodes are ready and give the same export; says what is wrong after `longest`.
  std::string WaitUntilEqual(support::milliseconds longest = support::seconds(60));
  // What the issuers find wrong with any node.
  std::vector<std::string> Check();

  std::uint64_t acknowledged() const;
  std::uint64_t asked() const { return asked_; }
  std::uint64_t revoked_but_active() const { return revoked_but_active_; }
  // A member of `replication` in the status of all nodes, added up.
  std::int64_t Sum(std::string_view member);

 private:
  static constexpr int kIssuers = 3;

  std::string Config(int i) const;
  void EndNode(int i, int signal);
  void StartNode(int i);
  std::filesystem::path DirectoryOf(int i) const;
  std::uint16_t Port(int i, support::Plane plane);
  void Push(Issuer& issuer, std::uint32_t seed);
  void AskAboutRevoked(std::uint32_t seed);
  std::vector<std::string> LivingLines(int i);

  support::TempDir directory_;
  std::unique_ptr<support::Postgres> log_;
  std::array<std::unique_ptr<support::Proxy>, kNodes> proxies_;
  std::array<std::unique_ptr<support::ServerProcess>, kNodes> nodes_;
  std::array<std::array<std::atomic<std::uint16_t>, 2>, kNodes> ports_{};
  std::vector<std::unique_ptr<Issuer>> issuers_;
  std::atomic<bool> loading_{false};
  std::vector<std::thread> load_;
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> revoked_but_active_{0};
};

}  // namespace introspectd::system_test
