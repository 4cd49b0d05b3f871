// In the steady state a request allocates nothing: neither where it is decided, nor in the worker
// that it comes to over a socket.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "api/data_plane.h"
#include "jose/minter.h"
#include "server/counting_malloc.h"
#include "server/server_rig.h"
#include "support/request.h"

namespace introspectd::server {
namespace {

using support::Basic;
using support::ConfigText;
using support::Request;
using support::Upsert;

constexpr int kWarmUp = 300;
constexpr int kMeasured = 10'000;

std::string WithMembers() {
  return ConfigText{.server = "workers = 1",
                    .tables = support::ClientTable("limited", "secret = \"limited-secret\"",
                                                   "audiences = [\"*\"]\nmembers = [\"sub\"]")}
      .Text();
}

Request Asking(std::string body) { return {.body = std::move(body)}; }

// Requests that a gateway sends, in turn, on one connection.
struct Traffic {
  const char* name;
  std::vector<std::string> reads;  // as they come out of the socket
};

std::vector<Traffic> AllTraffic() {
  const std::string example = Request{}.Bytes();
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += example;
  const std::string other = Asking("token=" + std::string(100, 'x')).Bytes();
  return {
      {"a known head", {example}},
      {"a new head every time", {example, other}},
      {"an unknown token", {Asking("token=nothing").Bytes()}},
      {"sixteen at once", {sixteen}},
      {"sixteen of two lengths", {example + other + example + other + sixteen}},
      {"a head in two reads", {example.substr(0, 50), example.substr(50)}},
      {"a body in two reads",
       {example.substr(0, example.size() - 5), example.substr(example.size() - 5)}},
      {"escapes", {Asking("%74oken=2YotnFZFEjr1zCsicMWpA%41&x=+%20").Bytes()}},
      {"a scope", {Asking("token=2YotnFZFEjr1zCsicMWpAA&scope=read+write").Bytes()}},
      {"a hint", {Asking("token=x&token_type_hint=access_token").Bytes()}},
      {"members", {Request{.authorization = Basic("limited", "limited-secret")}.Bytes()}},
      {"a secret in the body",
       {Request{.authorization = "",
                .body = Request{}.body + "&client_id=limited&client_secret=limited-secret"}
            .Bytes()}},
      {"refused parameters", {Asking("token=").Bytes(), Asking("token=%").Bytes()}},
      {"health", {"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"}},
      {"chunks",
       {Request{.length = std::string(support::kChunked), .body = support::InChunks(Request{}.body)}
            .Bytes()}},
  };
}

TEST(AllocationTest, CountsThem) {
  const std::uint64_t before = AllocationsOfThisThread();
  const auto block = std::make_unique<char[]>(100);
  EXPECT_EQ(AllocationsOfThisThread(), before + 1);
  const std::string text(100, 'x');
  EXPECT_EQ(AllocationsOfThisThread(), before + 2);
}

TEST(AllocationTest, ARequestAllocatesNothing) {
  for (const Traffic& traffic : AllTraffic()) {
    api::DataPlane plane(WithMembers());
    plane.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
    for (const char* client : {"gateway", "limited"}) {  // verified, and remembered
      const std::string secret = client == std::string("gateway")
                                     ? std::string(support::kGatewaySecret)
                                     : "limited-secret";
      ASSERT_EQ(plane.AskAnew(Request{.authorization = Basic(client, secret)}.Bytes()).status, 200);
    }
    plane.Reconnect();
    std::string out;
    std::uint64_t before = 0;
    for (int turn = 0; turn < kWarmUp + kMeasured; ++turn) {
      if (turn == kWarmUp) before = AllocationsOfThisThread();
      plane.Turn(traffic.reads[static_cast<std::size_t>(turn) % traffic.reads.size()], out);
      if (turn % 100 == 0) plane.now.wall_us += kMicrosPerSecond;
    }
    EXPECT_EQ(AllocationsOfThisThread() - before, 0u) << traffic.name;
    EXPECT_FALSE(plane.session->closing()) << traffic.name;
    EXPECT_TRUE(plane.verifications.empty()) << traffic.name;
    EXPECT_TRUE(out.starts_with("HTTP/1.1 ")) << traffic.name;
  }
}

// The first time a token is verified OpenSSL allocates, and so does what remembers it.
TEST(AllocationTest, AJwtThatIsRememberedAllocatesNothing) {
  api::DataPlane plane(ConfigText{.tables =
                                      "[[issuers]]\nissuer = \"https://server.example.com/\"\n"
                                      "audiences = [\"*\"]\njwks_file = \"keys\"\n"}
                           .Text());
  const jose::Minter minter(crypto::SignatureAlgorithm::kEs256);
  auto trust = std::make_shared<jose::Trust>();
  trust->issuers = std::make_shared<const jose::Issuers>(plane.config.issuers);
  const jose::JwkSet set{.keys = {minter.jwk()}, .ignored = {}};
  trust->keys.push_back({.ring = std::make_shared<jose::KeyRing>(
                             std::make_shared<crypto::Library>(), trust->issuers->all()[0], set),
                         .stale_at_ms = INT64_MAX});
  plane.jwts.SetTrust(trust);
  const auto token = [&](std::string_view exp) {
    return "token=" + minter.Mint(support::WithTimes(
                          R"({"iss":"https://server.example.com/","iat":@-100,"exp":@)" +
                          std::string(exp) + "}"));
  };
  const std::string good = Asking(token("+9000")).Bytes();
  const std::string expired = Asking(token("-10")).Bytes();
  EXPECT_NE(plane.AskAnew(good).body.find("\"active\":true"), std::string::npos);
  plane.Reconnect();
  std::string out;
  std::uint64_t before = 0;
  for (int turn = 0; turn < kWarmUp + kMeasured; ++turn) {
    if (turn == kWarmUp) before = AllocationsOfThisThread();
    plane.Turn(turn % 2 == 0 ? good : expired, out);
  }
  EXPECT_EQ(AllocationsOfThisThread() - before, 0u);
  EXPECT_EQ(plane.counters.Get(api::Count::kActive), 1u + (kWarmUp + kMeasured) / 2);
}

// Blocking, and without allocations of its own that anybody would have to wait for.
class RawClient {
 public:
  explicit RawClient(support::Connection connection) : connection_(std::move(connection)) {}

  void Ask(const std::string& request, std::size_t answer_size) {
    ASSERT_EQ(send(connection_.fd(), request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    for (std::size_t left = answer_size; left > 0;) {
      const ssize_t size =
          recv(connection_.fd(), buffer_.data(), std::min(left, buffer_.size()), 0);
      ASSERT_GT(size, 0);
      left -= static_cast<std::size_t>(size);
    }
  }

  // Of one answer; all to the same request are as long.
  std::size_t AnswerSize(const std::string& request) {
    connection_.Send(request);
    return static_cast<std::size_t>(recv(connection_.fd(), buffer_.data(), buffer_.size(), 0));
  }

 private:
  support::Connection connection_;
  std::array<char, 65'536> buffer_;
};

TEST(AllocationTest, AWorkerAllocatesNothingOverTheWire) {
  ServerRig rig(WithMembers());
  rig.admin().Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  const std::string example = Request{}.Bytes();
  const std::string other = Asking("token=" + std::string(100, 'x')).Bytes();
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += example;
  RawClient client(rig.Connect());
  const std::size_t example_size = client.AnswerSize(example);
  const std::size_t other_size = client.AnswerSize(other);
  std::uint64_t before = 0;
  for (int turn = 0; turn < kWarmUp + kMeasured; ++turn) {
    if (turn == kWarmUp) before = AllocationsOfThread("worker-0");
    switch (turn % 3) {
      case 0:
        client.Ask(example, example_size);
        break;
      case 1:
        client.Ask(sixteen, 16 * example_size);
        break;
      default:
        client.Ask(other, other_size);
    }
    if (HasFatalFailure()) return;
  }
  const std::uint64_t after = AllocationsOfThread("worker-0");
  ASSERT_GT(before, 0u) << "the worker is not counted";
  EXPECT_EQ(after - before, 0u);
  // One example, sixteen of them, one other: all of them were answered.
  const int turns = kWarmUp + kMeasured;
  const std::string active =
      "\"active\":" + std::to_string(1 + (turns + 2) / 3 + (turns + 1) / 3 * 16);
  EXPECT_NE(rig.admin().Get("/v1/status").body.find(active), std::string::npos) << active;
}

}  // namespace
}  // namespace introspectd::server
