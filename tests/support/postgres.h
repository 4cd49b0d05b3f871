// A real PostgreSQL of a test's own: in a temporary directory, on a free port of 127.0.0.1, for any
// user without a password. Its data is synced as in production.
//
// Threads: one owner. It ends with the thread that started it, whatever becomes of the test.
// Limits:  50 connections. Root runs it as the user `postgres`, since it refuses to be root's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child.h"
#include "support/temp_dir.h"

namespace introspectd::support {

class Postgres {
 public:
  // Started, empty but for what a new cluster has; throws, with the log, when that fails.
  Postgres();
  ~Postgres();

  std::uint16_t port() const { return port_; }
  std::string Url(const std::string& user = "postgres",
                  const std::string& database = "postgres") const;
  std::string log() const { return ReadFile(log_file_); }

  // Returns when it takes connections.
  void Start();
  // In order; connections are cut.
  void Stop();
  // As a crash of the machine, but for what its page cache holds: all processes end at once.
  void Kill();

  // All of its processes stand still, and their connections stay open.
  void Pause();
  void Continue();

  // One backend is killed; the server ends all others and recovers. Returns when it has.
  void CrashBackend();

  // A copy that follows this server. `synchronous`: from now on commits here wait for it.
  std::unique_ptr<Postgres> MakeStandby(bool synchronous);
  // A standby becomes a primary of its own; returns when it takes writes.
  void Promote();

 private:
  enum class Fill : std::uint8_t { kNothing };
  explicit Postgres(Fill);

  std::string DataDirectory() const { return (directory_.path() / "data").string(); }
  void RunTool(const std::string& program, const std::vector<std::string>& arguments) const;
  bool TakesConnections() const;
  // The postmaster, then its children.
  std::vector<pid_t> Processes() const;

  TempDir directory_;
  std::filesystem::path log_file_;
  std::uint16_t port_;
  int standbys_ = 0;
  std::unique_ptr<Child> postmaster_;
};

}  // namespace introspectd::support
