#include "server/pool_rig.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "net/socket.h"

namespace introspectd::server {

HttpLimits WideLimits() {
  constexpr std::uint32_t kMinute_ms = 60'000;
  return {.head_bytes_max = 16'384,
          .header_line_bytes_max = 8192,
          .target_bytes_max = 2048,
          .headers_max = 64,
          .body_bytes_max = 1 << 20,
          .parameters_max = 64,
          .connections_max = 1000,
          .connections_per_address_max = 1000,
          .pipeline_max = 32,
          .output_bytes_max = 262'144,
          .head_ms_max = kMinute_ms,
          .body_ms_max = kMinute_ms,
          .write_stall_ms_max = kMinute_ms,
          .idle_ms_max = kMinute_ms,
          .handshake_ms_max = kMinute_ms,
          .handshakes_max = 1000,
          .pending_ms_max = kMinute_ms};
}

PoolRig::PoolRig(const HttpLimits& given, std::vector<net::Network> proxies)
    : limits(given),
      peers_(limits.connections_max, limits.connections_per_address_max),
      pool(loop_, limits, peers_, clock_,
           {.handler = [this](std::uint32_t) -> http::Handler& {
              ++accepted_;
              return handler;
            },
            .closed = [](std::uint32_t) {},
            .begin_answers = [] {},
            .end_batch = [] {},
            .settled =
                [this] {
                  ++settled;
                  CountTogether();
                  handler.ForgetDeferred();
                },
            .written = [] {}},
           std::move(proxies)),
      mailbox_(loop_, [](std::function<void()> action) { action(); }),
      tick_(loop_, [this] { pool.Tick(); }) {
  signal(SIGPIPE, SIG_IGN);
  tcp_listener_ = Listen(tcp_);
  unix_listener_ = Listen(unix_);
  thread_ = std::thread([this] {
    tick_.Start(ConnectionPool::kTick_ms, ConnectionPool::kTick_ms);
    loop_.Run();
  });
}

PoolRig::~PoolRig() {
  mailbox_.Post([this] {
    tcp_listener_->Close();
    unix_listener_->Close();
    pool.CloseAll();
    pool.Close();
    mailbox_.Close();
    tick_.Close();
  });
  thread_.join();
}

void PoolRig::CountTogether() {
  const std::size_t heads = handler.heads.size();
  if (heads > heads_before_) {  // or they were forgotten
    most_asked_together = std::max(most_asked_together, static_cast<int>(heads - heads_before_));
  }
  heads_before_ = heads;
  most_accepted_together = std::max(most_accepted_together, std::exchange(accepted_, 0));
}

std::unique_ptr<net::Listener> PoolRig::Listen(ListenAddress& address) {
  auto socket = net::Bind(address);
  EXPECT_TRUE(socket.ok()) << socket.status();
  return std::make_unique<net::Listener>(loop_, *std::move(socket),
                                         address.kind == ListenAddress::Kind::kTcp,
                                         [this](net::Listener& from) { pool.Accept(from); });
}

support::Connection PoolRig::Connect(const std::string& from) {
  return support::Connection::ToPort(tcp_.port, from);
}
support::Connection PoolRig::ConnectNarrow() { return support::Connection::ToUnix(unix_.path); }

void PoolRig::OnLoop(const std::function<void()>& action) {
  std::promise<void> done;
  mailbox_.Post([&] {
    action();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace introspectd::server
