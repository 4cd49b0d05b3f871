// The real server, as a user starts it: a configuration file, a process, its log.
//
// Threads: one owner. The binary is $INTROSPECTD_BINARY, or the one of this build. With
//          $INTROSPECTD_TEST_TLS set, the data plane has TLS, and tests reach it through stunnel.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/child.h"
#include "support/temp_dir.h"
#include "support/tls_relay.h"

namespace introspectd::support {

// The program under test; throws when there is none.
std::string ServerBinary();

enum class Plane : std::uint8_t { kData, kAdmin };

// The addresses that a log calls listening, in order.
std::vector<std::string> ListeningAddresses(std::string_view log, Plane plane);
// Whether "127.0.0.1:8080" or "unix:/path" takes a connection.
bool TakesConnections(const std::string& address);

class ServerProcess {
 public:
  // Writes `config` into a directory of its own ("@DIR@" in it becomes that directory) and returns
  // when every listener of both planes is in the log and takes connections; throws, with the log,
  // when that does not happen.
  explicit ServerProcess(std::string_view config, std::optional<std::uint64_t> open_files_max = {});

  std::uint16_t port(Plane plane) const;
  // As the log names them, in order.
  std::vector<std::string> addresses(Plane plane) const { return ListeningAddresses(log(), plane); }
  pid_t pid() const { return child_.pid(); }
  const TempDir& directory() const { return directory_; }
  std::string log() const { return ReadFile(log_file_); }

  // The configuration that the next SIGHUP reads.
  void Reconfigure(std::string_view config) const;
  void Signal(int number) const { child_.Signal(number); }
  bool Running() { return child_.Running(); }

  // SIGTERM; the exit code. Throws when the server does not end within 30 s.
  int Stop();

 private:
  std::string Prepare(std::string_view config) const;

  TempDir directory_;
  std::filesystem::path log_file_;
  Child child_;
  std::unique_ptr<TlsRelay> relay_;  // before the first TCP listener of the data plane
};

// Names of the files that hold the configuration, secrets included.
inline constexpr std::string_view kConfigFile = "introspectd.toml";

}  // namespace introspectd::support
