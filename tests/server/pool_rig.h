// A connection pool on a loop and a thread of its own, with a scripted handler behind it.
//
// Threads: one owner; what belongs to the loop is touched by OnLoop alone.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "http/scripted_handler.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "server/connection_pool.h"
#include "support/temp_dir.h"
#include "support/wire.h"

namespace introspectd::server {

// Wide enough to be in nobody's way.
HttpLimits WideLimits();

class PoolRig {
 public:
  explicit PoolRig(const HttpLimits& limits = WideLimits(), std::vector<net::Network> proxies = {});
  ~PoolRig();  // the loop ends clean, or aborts

  support::Connection Connect(const std::string& from = "127.0.0.1");
  // By a unix socket, which takes no more than some 200 KB that nobody reads.
  support::Connection ConnectNarrow();

  // Runs `action` on the loop, in its turn, and waits for it.
  void OnLoop(const std::function<void()>& action);

  // The loop's.
  const HttpLimits limits;
  http::ScriptedHandler handler;   // of all connections, as a worker's endpoint
  int settled = 0;                 // turns at whose end every answer was given
  int most_asked_together = 0;     // heads that came before one of them ended
  int most_accepted_together = 0;  // connections, in slots that are new

 private:
  std::unique_ptr<net::Listener> Listen(ListenAddress& address);
  void CountTogether();

  std::size_t heads_before_ = 0;
  int accepted_ = 0;

  net::Loop loop_;
  base::WallFloor floor_;
  base::Clock clock_{&floor_};
  Peers peers_;

 public:
  ConnectionPool pool;

 private:
  const support::TempDir directory_;
  ListenAddress tcp_{.kind = ListenAddress::Kind::kTcp, .host = "127.0.0.1"};
  ListenAddress unix_{.kind = ListenAddress::Kind::kUnix,
                      .path = (directory_.path() / "s").string()};
  std::unique_ptr<net::Listener> tcp_listener_;
  std::unique_ptr<net::Listener> unix_listener_;
  net::Mailbox<std::function<void()>> mailbox_;
  net::Timer tick_;
  std::thread thread_;
};

// Keeps the loop from turning for as long as it lives.
class Blocked {
 public:
  explicit Blocked(PoolRig& rig) {
    std::promise<void> blocked;
    thread_ = std::thread([this, &rig, &blocked] {
      rig.OnLoop([this, &blocked] {
        blocked.set_value();
        go_on_.get_future().wait();
      });
    });
    blocked.get_future().wait();
  }
  ~Blocked() {
    go_on_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> go_on_;
  std::thread thread_;
};

}  // namespace introspectd::server
