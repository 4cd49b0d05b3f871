// The control loop: takes updates in, is the store's one writer, verifies secrets, sweeps, answers
// the control plane. Stays quick when the workers are drowning.
//
// Threads: everything here is the control thread's; ToControl messages come through the mailbox.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/admin_endpoint.h"
#include "api/control.h"
#include "api/explainer.h"
#include "client/credential_cache.h"
#include "client/used_assertions.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "replica/replica.h"
#include "server/account_book.h"
#include "server/connection_pool.h"
#include "server/key_keeper.h"
#include "server/report.h"
#include "server/shared.h"
#include "server/storage.h"
#include "server/verifier.h"
#include "server/worker.h"
#include "update/parser.h"
#include "update/parsing_crew.h"
#include "update/pipeline.h"
#include "update/store_target.h"

namespace introspectd::server {

class ControlLoop {
 public:
  // What the server does with what the loop hears.
  struct Hooks {
    std::function<void(std::uint32_t, ToWorker)> to_worker;
    std::function<void(std::uint64_t)> registry_taken;  // by one worker
    std::function<void()> drained;                      // one worker
    std::function<const std::vector<std::unique_ptr<Worker>>&()> workers;
    std::function<void(absl::Status)> failed;  // nothing more can be done
    std::function<void()> listen;              // there is something to answer
  };

  // Without a journal, what is pushed is in memory alone.
  ControlLoop(Shared& shared, std::uint32_t workers, std::unique_ptr<journal::Journal> journal,
              std::vector<BoundSocket> sockets, std::shared_ptr<const client::Registry> registry,
              Hooks hooks);

  net::Loop& loop() { return loop_; }
  void Start();
  void SetTls(std::shared_ptr<const tls::Context> context) { pool_.SetTls(std::move(context)); }
  // `config` is what the registry was made of.
  void SetRegistry(std::shared_ptr<const client::Registry> registry, const Config& config);
  void SetLimits(const Limits& limits);
  // What a worker is to know of a configuration.
  NewRegistry RegistryFor(std::uint32_t worker, std::shared_ptr<const client::Registry> registry,
                          const Limits& limits, std::shared_ptr<const tls::Context> tls) const {
    return {std::move(registry), limits, keys_.TrustOf(worker), accounts_.AccountsOf(worker),
            std::move(tls)};
  }
  void CountReload(bool taken) { ++(taken ? reloads_.taken : reloads_.refused); }
  void Post(ToControl message) { mailbox_.Post(std::move(message)); }
  void CloseEverything();

 private:
  void Receive(ToControl message);
  void Use(const UseAssertion& use);
  void Report(const Verifier::Result& result);
  void ReportToWorkers(const Verifier::Result& result);
  void ReportToAdmin(const Verifier::Result& result);
  void TakeAdminResults();
  void WakePipeline();
  void TurnPipeline();
  std::unique_ptr<update::ParsingCrew> MakeCrew();
  std::unique_ptr<Storage> MakeStorage(std::unique_ptr<journal::Journal> journal);
  std::unique_ptr<replica::Replica> MakeReplica();
  void OnLoaded(const absl::Status& status);
  void OnStoreFilled();
  void OnLease(std::int64_t boot_ms);
  void BecomeReady();
  void ListenWhenReady(Now now);
  void Tick();
  void WatchClock(Now now);
  void WatchAccounts(Now now);
  bool SweepSome(Now now);
  bool MaySweep(Now now) const { return now.boot_ms >= no_sweep_until_ms_ && !admission_.loading; }
  void OnPush();
  void OnComplete();
  bool WorkersTurn();
  std::uint64_t VerdictBytes() const;
  std::uint64_t ConnectionBytes() const;
  void WatchMemory();
  std::string_view Reason(Now now) const;  // why it is not ready
  Snapshot Look(Now now);
  std::string Status(Now now);
  std::string Metrics(Now now);

  Shared& shared_;
  Limits limits_;
  const Hooks hooks_;
  net::Loop loop_;
  base::Clock clock_;
  net::Waker lines_parsed_;
  update::Parser parser_;
  const std::unique_ptr<update::ParsingCrew> crew_;  // none: there is one core
  update::Admission admission_;
  std::uint64_t memory_max_;
  const std::unique_ptr<Storage> storage_;  // none: memory only
  update::StoreTarget store_;
  update::Pipeline pipeline_;
  const std::unique_ptr<replica::Replica> replica_;  // none: this node alone
  KeyKeeper keys_;
  AccountBook accounts_;
  api::Explainer explainer_;
  client::CredentialCache credentials_;
  client::UsedAssertions used_assertions_;
  Verifier verifier_;
  std::vector<Verifier::Result> admin_results_;  // to be taken in the next turn
  api::PushCounts pushes_;
  api::AdminFailures admin_failures_;
  Reloads reloads_;
  api::Control control_;
  std::vector<std::unique_ptr<api::AdminEndpoint>> endpoints_;  // by slot
  Peers peers_;
  ConnectionPool pool_;
  net::Mailbox<ToControl> mailbox_;
  net::Timer tick_;
  net::IdleWork pipeline_turn_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::int64_t started_ms_ = 0;
  std::int64_t wall_ahead_us_ = 0;  // of the boot clock, at the last tick
  std::int64_t no_sweep_until_ms_ = 0;
  std::int64_t filled_ms_ = INT64_MAX;  // when what was kept was loaded
  std::int64_t watch_accounts_ms_ = 0;
  bool listening_ = false;        // to what was passed on
  bool completed_ = false;        // somebody said so
  int shards_due_ = 0;            // to be swept before the next tick
  bool assertions_full_ = false;  // once
  bool caught_up_ = false;        // with the replication log, once
};

}  // namespace introspectd::server
