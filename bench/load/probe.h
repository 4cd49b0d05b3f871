// Revokes tokens of its own while load runs, and watches how long they are still called active.
//
// Threads: one of its own, from Start to Stop.
// Limits:  one token at a time, every 100 ms; it is asked about on kConnections connections, so
// that
//          every worker of a server is likely to be among those that answer.
#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fetch/client.h"
#include "load/outcome.h"
#include "load/run.h"

namespace introspectd::load {

struct ProbeOptions {
  std::string admin_url;
  std::string admin_token;
  std::string issuer;  // of its tokens; "" = the server's
};

class RevocationProbe {
 public:
  static constexpr std::size_t kConnections = 8;

  // `plan` (borrowed) says where to ask, and as whom.
  static absl::StatusOr<std::unique_ptr<RevocationProbe>> Create(const ProbeOptions& options,
                                                                 const Plan& plan);
  ~RevocationProbe();
  RevocationProbe(const RevocationProbe&) = delete;
  RevocationProbe& operator=(const RevocationProbe&) = delete;

  void Start();
  // An error when something did not answer as it must; then the figures are of no use.
  absl::StatusOr<Probe> Stop();

 private:
  class Asker;

  RevocationProbe(fetch::Client admin, const ProbeOptions& options);
  void Work();
  absl::Status ProbeOnce(std::uint64_t number);
  absl::Status Push(const std::string& line);
  absl::Status AwaitActive(const std::string& token);
  absl::Status WatchItEnd(const std::string& token);

  fetch::Client admin_;
  const ProbeOptions options_;
  const std::string prefix_;  // of its tokens
  std::vector<std::unique_ptr<Asker>> askers_;
  std::atomic<bool> over_{false};
  std::thread thread_;
  Probe probe_;
  absl::Status status_;
};

}  // namespace introspectd::load
