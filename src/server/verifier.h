// The verifier: slow checks of credentials, off the loops, each once however many requests wait for
// it.
//
// Threads: the control loop; the slow work runs on libuv's pool.
// Limits:  limits.secret_verifications_max at once, in each realm limits.secret_queue_max waiting;
//          of both together, clients of one address have half; beyond: unavailable.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "net/loop.h"
#include "server/messages.h"

namespace introspectd::server {

class Verifier {
 public:
  enum class Realm : std::uint8_t { kClients, kAdmin };

  // Who asked: a worker, or for kAdmin the control plane itself (worker is then of no meaning).
  struct Asker {
    std::uint32_t worker = 0;
    http::Ticket ticket;
  };

  struct Result {
    Realm realm = Realm::kClients;
    Verified verified;  // without tickets
    std::vector<Asker> askers;
  };

  Verifier(net::Loop& loop, const crypto::ProcessKey& key, const Limits& limits,
           std::function<void(const Result&)> report);

  void SetRegistry(std::shared_ptr<const client::Registry> registry) {
    registry_ = std::move(registry);
  }
  const client::Registry& registry() const { return *registry_; }
  // From now on; what is under way goes on.
  void SetLimits(const Limits& limits);

  void Ask(Realm realm, std::uint32_t worker, api::VerificationRequest request);

 private:
  struct Job {
    Realm realm;
    client::Pairs pairs;
    std::shared_ptr<const client::Registry> registry;
    crypto::Sha256 name;
    std::uint64_t address;
    std::vector<Asker> askers;
    std::optional<client::Registry::Proof> proof;

    ~Job();  // cleanses the secrets
  };

  bool HasRoom(Realm realm, std::uint64_t address) const;
  void RunWaiting();
  static void Run(Job& job);
  void Finish(const std::shared_ptr<Job>& job);
  void Report(const Job& job) const;
  static void LogFailure(const Job& job);

  net::Loop& loop_;
  const crypto::ProcessKey key_;
  std::size_t running_max_;
  std::size_t jobs_max_;
  const std::function<void(const Result&)> report_;
  std::shared_ptr<const client::Registry> registry_;
  // By realm and what is verified: a job that others may join. One of an older registry is not
  // joined.
  absl::flat_hash_map<std::pair<int, crypto::Sha256>, std::shared_ptr<Job>> by_name_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::size_t running_ = 0;
  std::array<std::size_t, 2> jobs_{};  // of each realm: clients cannot keep an issuer out
  absl::flat_hash_map<std::uint64_t, std::size_t> jobs_of_;  // clients', by address
};

}  // namespace introspectd::server
