// A connection pool on a loop and a thread of its own, with a scripted handler behind it.
//
// Threads: one owner; what belongs to the loop is touched by OnLoop alone.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "http/scripted_handler.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "server/connection_pool.h"
#include "support/wire.h"

namespace introspectd::server {

// Wide enough to be in nobody's way.
HttpLimits WideLimits();

class PoolRig {
 public:
  explicit PoolRig(const HttpLimits& limits = WideLimits());
  ~PoolRig();  // the loop ends clean, or aborts

  // `receive_bytes`: of the client's socket buffer; 0 = as it is.
  support::Connection Connect(int receive_bytes = 0);

  // Runs `action` on the loop, in its turn, and waits for it.
  void OnLoop(const std::function<void()>& action);

  // The loop's.
  const HttpLimits limits;
  http::ScriptedHandler handler;  // of all connections, as a worker's endpoint
  int settled = 0;                // turns at whose end every answer was given

 private:
  net::Loop loop_;
  base::WallFloor floor_;
  base::Clock clock_{&floor_};
  Peers peers_;

 public:
  ConnectionPool pool;

 private:
  ListenAddress address_{.kind = ListenAddress::Kind::kTcp, .host = "127.0.0.1"};
  std::unique_ptr<net::Listener> listener_;
  net::Mailbox<std::function<void()>> mailbox_;
  net::Timer tick_;
  std::thread thread_;
};

}  // namespace introspectd::server
