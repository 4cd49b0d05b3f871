// A worker: one loop, one thread, one share of the connections; answers introspection requests.
//
// Threads: constructed and joined by the control thread; Post, counters() and handshakes() are
//          thread-safe; all else is the worker's own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "api/introspect_endpoint.h"
#include "client/credential_cache.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "net/socket.h"
#include "server/connection_pool.h"
#include "server/messages.h"
#include "server/shared.h"

namespace introspectd::server {

// A bound socket, whether it is TCP, and whether somebody passed it on, so that who connects may
// wait in its queue.
struct BoundSocket {
  net::Socket socket;
  bool tcp = true;
  bool passed = false;
};

class Worker {
 public:
  Worker(Shared& shared, std::uint32_t index, std::vector<BoundSocket> sockets,
         NewRegistry registry);
  ~Worker();  // joins

  void Start(std::optional<std::uint32_t> cpu);
  void Post(ToWorker message) { mailbox_.Post(std::move(message)); }
  const api::Counters& counters() const { return counters_; }
  const HandshakeCounts& handshakes() const { return std::as_const(pool_).handshakes().counts(); }

 private:
  void Run(std::optional<std::uint32_t> cpu);
  void Receive(ToWorker message);
  void Take(const Verified& verified);
  void Take(NewRegistry fresh);
  void Bring(const api::AssertionUse& use);
  void TurnJwts();
  void Tick();
  void Listen(BoundSocket bound);
  void ListenToPassed();
  void BeginDrain();
  void EndOld();
  void TurnBeforeClosing();
  void StopListening();
  void CloseEverything();

  Shared& shared_;
  const std::uint32_t index_;
  net::Loop loop_;
  base::Clock clock_;
  api::Counters counters_;
  client::CredentialCache credentials_;
  api::JwtDesk jwts_;
  api::IntrospectEndpoint endpoint_;
  std::uint64_t generation_;
  ConnectionPool pool_;
  net::Mailbox<ToWorker> mailbox_;
  net::Timer tick_;
  net::IdleWork turn_before_closing_;
  net::IdleWork jwt_turn_;
  net::AfterPoll after_poll_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::vector<BoundSocket> passed_;        // that nobody listens to yet
  std::int64_t old_until_ms_ = INT64_MAX;  // draining: those from before are waited for
  int turns_before_closing_ = 0;
  bool ending_ = false;  // nobody new is let in; once the last has gone it is over
  std::thread thread_;
};

}  // namespace introspectd::server
