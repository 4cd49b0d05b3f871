// server.proxy_protocol_from: who stands behind a balancer, as the balancer says (contract 2); with
// haproxy as the balancer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/child.h"
#include "support/loopback_listener.h"
#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::WaitUntil;
using support::WireError;

const std::string kRequest = Request{.body = "token=x"}.Bytes();
const std::string kBalancer = "127.0.0.1";

ConfigText Config() {
  ConfigText config;
  config.server = "proxy_protocol_from = [\"127.0.0.1\"]\nworkers = 1";
  config.limits = "connections_per_address_max = 2";
  return config;
}

bool IsServed(Connection& connection, const std::string& header = "") {
  try {
    return connection.Ask(header + kRequest).body == kInactive;
  } catch (const WireError&) {
    return false;
  }
}

TEST(ProxyProtocolTest, ConnectionsCountForWhoIsNamed) {
  Node node(Config());
  std::vector<Connection> held;
  const auto admitted = [&](const std::string& source) {
    held.push_back(node.Connect(kBalancer));
    return IsServed(held.back(), fmt::format("PROXY TCP4 {} 192.0.2.9 5000 443\r\n", source));
  };
  EXPECT_TRUE(admitted("192.0.2.1"));
  EXPECT_TRUE(admitted("192.0.2.1"));
  EXPECT_FALSE(admitted("192.0.2.1"));
  EXPECT_TRUE(admitted("192.0.2.2"));
}

TEST(ProxyProtocolTest, TheBalancerMustSayAndNobodyElseMay) {
  Node node(Config());
  Connection silent = node.Connect(kBalancer);
  EXPECT_FALSE(IsServed(silent));
  Connection forged = node.Connect("127.0.0.2");
  EXPECT_EQ(forged.Ask("PROXY TCP4 192.0.2.1 192.0.2.9 5000 443\r\n" + kRequest).status, 400);
  Connection direct = node.Connect("127.0.0.2");
  EXPECT_TRUE(IsServed(direct));
}

TEST(ProxyProtocolTest, WhatHeadersOfHttpSayIsNotRead) {
  Node node(Config());
  std::vector<Connection> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(node.Connect("127.0.0.2"));
    const std::string request =
        Request{.extra = fmt::format("X-Forwarded-For: 192.0.2.{}\r\nForwarded: for=192.0.2.{}\r\n",
                                     i, i),
                .body = "token=x"}
            .Bytes();
    if (i < 2) {
      EXPECT_EQ(held.back().Ask(request).body, kInactive);
    } else {
      EXPECT_THROW(held.back().Ask(request), WireError) << "a third of one address";
    }
  }
}

TEST(ProxyProtocolTest, TheControlPlaneKnowsNothingOfIt) {
  Node node(Config());
  EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/healthz"), 200);
}

class HaproxyTest : public testing::TestWithParam<std::string> {
 protected:
  HaproxyTest() {
    const std::string config = directory_.Write(
        "haproxy.cfg",
        fmt::format("global\n  maxconn 100\n"
                    "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n"
                    "  timeout server 30s\n"
                    "listen gateways\n  bind fd@3\n  server node 127.0.0.1:{} {}\n",
                    node_.process().port(Plane::kData), GetParam()));
    haproxy_.emplace(std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-f", config},
                     support::Child::Options{.output = directory_.path() / "log",
                                             .passed_on = {{"gateways", listener_.fd()}}});
  }

  Connection Connect(const std::string& from) { return Connection::ToPort(listener_.port(), from); }

  const support::TempDir directory_;
  const support::LoopbackListener listener_;
  Node node_{Config()};
  std::optional<support::Child> haproxy_;
};

TEST_P(HaproxyTest, SaysWhoAsks) {
  std::vector<Connection> held;
  const auto admitted = [&](const std::string& from) {
    held.push_back(Connect(from));
    return IsServed(held.back());
  };
  ASSERT_TRUE(admitted("127.0.0.7")) << support::ReadFile(directory_.path() / "log");
  EXPECT_TRUE(admitted("127.0.0.7"));
  EXPECT_FALSE(admitted("127.0.0.7"));
  EXPECT_TRUE(admitted("127.0.0.8"));
  EXPECT_TRUE(IsServed(held[0])) << "it is kept open as ever";
  held.clear();
  EXPECT_TRUE(WaitUntil([&] { return admitted("127.0.0.7"); }));
}

INSTANTIATE_TEST_SUITE_P(All, HaproxyTest,
                         testing::Values("send-proxy", "send-proxy-v2",
                                         "send-proxy-v2 proxy-v2-options crc32c,unique-id",
                                         "send-proxy check inter 50ms",
                                         "send-proxy-v2 check inter 50ms"));

}  // namespace
}  // namespace introspectd::system_test
