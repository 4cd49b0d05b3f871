// The server: opens the sockets, starts the workers, runs the control loop on the calling thread,
// and ends in the opposite order.
//
// Threads: one Server, one thread (main's).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "introspectd/config.h"
#include "journal/journal.h"
#include "net/passed_sockets.h"
#include "server/control_loop.h"
#include "server/shared.h"
#include "server/tls_keeper.h"
#include "server/worker.h"

namespace introspectd::server {

class Server {
 public:
  // `config_file` is read again on SIGHUP. Every error of opening sockets is one of Create, and
  // every one of opening the store but what only reading all of it can show.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const Config& config,
                                                        std::string config_file);
  ~Server();

  // Until SIGTERM or SIGINT, for server.drain_delay_s after that, and then until connections have
  // ended (at most server.drain_max_s; a second
  // signal ends it at once). An error: the store could not be loaded.
  absl::Status Run();

  // What the signals do; for programs that have no signals of their own. Thread-safe.
  void Stop() { stop_.Wake(); }

 private:
  struct Listening {
    const char* plane;
    std::string address;
  };
  struct Sockets {
    std::vector<Listening> addresses;            // to be told once they are served
    std::vector<std::vector<BoundSocket>> data;  // a list a worker
    std::vector<BoundSocket> admin;
  };

  Server(const Config& config, std::string config_file, Sockets sockets,
         std::unique_ptr<journal::Journal> journal);

  static absl::StatusOr<Sockets> OpenSockets(const Config& config, std::uint32_t workers);
  static absl::Status OpenPassed(const ListenAddress& asked, const Config& config,
                                 const char* plane, net::PassedSockets& passed,
                                 const std::vector<std::vector<BoundSocket>*>& lists,
                                 std::vector<Listening>& addresses);
  static absl::Status OpenFor(ListenAddress address, const char* plane,
                              const std::vector<std::vector<BoundSocket>*>& lists,
                              std::vector<Listening>& addresses);

  ControlLoop::Hooks HooksOfControl();
  void Reload();
  void OnRegistryTaken(std::uint64_t generation);
  void OnStop();
  void Drain();
  void OnDrained();
  void OnFailed(const absl::Status& status);
  void End();

  const std::string config_file_;
  const std::vector<Listening> addresses_;
  Shared shared_;
  TlsKeeper tls_;
  std::uint64_t generation_ = 1;
  std::size_t taken_ = 0;  // by how many workers the newest registry was
  std::size_t drained_ = 0;
  bool stopping_ = false;
  bool ended_ = false;
  absl::Status failure_;
  std::vector<std::unique_ptr<Worker>> workers_;
  ControlLoop control_;
  net::Signal terminate_;
  net::Signal interrupt_;
  net::Signal hangup_;
  net::Waker stop_;
  net::Timer drain_delay_;
  net::Timer drain_max_;
};

}  // namespace introspectd::server
