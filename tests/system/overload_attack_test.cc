// Attackers beside those who behave: these are answered, health is served, revocations are taken,
// the attackers are closed by their deadlines, and nothing of them is left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "cli/program.h"
#include "crypto/private_key.h"
#include "fmt/format.h"
#include "json/document.h"
#include "support/child.h"
#include "support/wait_until.h"
#include "system/jwt_world.h"
#include "system/node.h"
#include "system/overload_figures.h"
#include "text/ascii.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::milliseconds;
using support::WaitUntil;
using support::WireError;

const std::string kRequest = Request{.body = "token=x"}.Bytes();

// Of the whole of it; what an attacker holds must be gone by then.
constexpr support::seconds kPatience{20};

ConfigText ShortDeadlines(int request_ms) {
  ConfigText config;
  config.server = "workers = 1";
  config.limits = fmt::format("head_ms_max = {0}\nbody_ms_max = {0}\n", request_ms) +
                  "write_stall_ms_max = 1000\n";
  return config;
}

// Revocations are in effect when they are answered, and both planes' health is served.
void ExpectControl(Node& node, int number) {
  const std::string token = fmt::format("attacked-{}", number);
  ASSERT_EQ(node.Push(Upsert(token, GoodClaims())).status, 200);
  ASSERT_TRUE(node.IsActive(token));
  ASSERT_EQ(node.Push(support::Revoke(token)).status, 200);
  ASSERT_EQ(node.Introspect(token), kInactive);
  ASSERT_EQ(node.StatusOf(Plane::kAdmin, "/healthz"), 200);
  ASSERT_EQ(node.StatusOf(Plane::kAdmin, "/readyz"), 200);
}

// Slow connections of one kind, a byte at a time or as much as they may.
class SlowOnes {
 public:
  SlowOnes(const Node& node, int count, std::string from, std::string start, std::string rest)
      : rest_(std::move(rest)) {
    for (int i = 0; i < count; ++i) {
      open_.push_back(node.Connect(from));
      open_.back().Send(start);
    }
  }

  void SendAByte() {
    const std::string byte = rest_.substr(sent_++ % rest_.size(), 1);
    std::erase_if(open_, [&](Connection& connection) { return !Sends(connection, byte); });
  }
  void SendAllThatGoes() {
    std::erase_if(open_, [&](Connection& connection) { return !Sends(connection, rest_); });
  }
  // Those that were not reset are told that it took too long, and closed.
  void ExpectTimeouts() {
    for (Connection& connection : open_) {
      EXPECT_THAT(connection.ReadToEnd(), testing::StartsWith("HTTP/1.1 408 "));
    }
    open_.clear();
  }
  bool empty() const { return open_.empty(); }

 private:
  static bool Sends(Connection& connection, const std::string& bytes) {
    try {
      connection.SendSome(bytes);
      return true;
    } catch (const WireError&) {
      return false;
    }
  }

  std::vector<Connection> open_;
  std::string rest_;
  std::size_t sent_ = 0;
};

// L05, L07
TEST(OverloadAttackTest, SlowConnectionsOfEveryKindAreClosedAndHinderNobody) {
  Node node(ShortDeadlines(4000));  // before the first is over, all are open, whatever the build
  ASSERT_EQ(node.Ask({.body = "token=x"}).body, kInactive);
  const pid_t pid = node.process().pid();
  ASSERT_TRUE(WaitUntil([&] { return ConnectionBytes(node) > 0; }));  // counted every 100 ms
  const std::size_t files = OpenFilesAtRest(node);
  const std::int64_t bytes = ConnectionBytes(node);

  SlowOnes heads(node, 100, "127.0.0.2", "POST /introspect HTTP/1.1\r\nX-Slow: ", "x");
  SlowOnes bodies(node, 100, "127.0.0.3",
                  Request{.length = support::ContentLength(60'000), .body = ""}.Bytes() +
                      std::string(40'000, 'x'),
                  "token=x");
  std::string many;
  while (many.size() < 64 * 1024) many += kRequest;
  SlowOnes readers(node, 100, "127.0.0.4", kRequest, many);
  ASSERT_TRUE(WaitUntil([&] { return DataConnections(node) >= 300; }));

  Connection good = node.Connect();
  std::int64_t most = 0;
  int number = 0;
  ASSERT_TRUE(WaitUntil(
      [&] {
        heads.SendAByte();
        bodies.SendAByte();
        readers.SendAllThatGoes();
        EXPECT_EQ(good.Ask(kRequest).body, kInactive);
        ExpectControl(node, ++number);
        most = std::max(most, ConnectionBytes(node));
        return readers.empty() || testing::Test::HasFailure();
      },
      kPatience))
      << "those that read nothing are still there";
  heads.ExpectTimeouts();
  bodies.ExpectTimeouts();

  EXPECT_TRUE(WaitUntil([&] { return OpenFiles(pid) <= files + 1; })) << "descriptors";
  EXPECT_GT(most, bytes + 100 * 40'000) << "what is held is not counted";
  // The place of a connection stays; what it held does not.
  EXPECT_TRUE(WaitUntil([&] { return ConnectionBytes(node) < bytes + 301 * 4096; }))
      << ConnectionBytes(node) << " bytes, " << bytes << " before";
  EXPECT_EQ(good.Ask(kRequest).body, kInactive);
}

// The same with a tool that others test their servers with: heads, bodies, and readers who take so
// little that what they do not take is the kernel's matter, and who are idle to the server.
TEST(OverloadAttackTest, SlowhttptestFindsTheServerAvailableAndItsConnectionsAreClosed) {
  constexpr int kConnections = 200;
  const support::TempDir directory;
  ConfigText config = ShortDeadlines(1500);
  config.limits += "idle_ms_max = 1500\n";
  Node node(config);
  const pid_t pid = node.process().pid();
  const std::size_t files = OpenFilesAtRest(node);
  const std::string url =
      fmt::format("http://127.0.0.1:{}/introspect", node.process().port(Plane::kData));
  for (const std::string mode : {"-H", "-B", "-X"}) {
    support::Child tool(
        {"/usr/bin/slowhttptest", mode, "-c", std::to_string(kConnections), "-r", "200", "-i", "1",
         "-l", "10", "-p", "2", "-t", "POST", "-k", "10", "-u", url},
        {.output = directory.path() / mode});
    EXPECT_TRUE(WaitUntil([&] { return DataConnections(node) >= kConnections / 2; })) << mode;
    ExpectControl(node, mode[1]);
    EXPECT_TRUE(WaitUntil([&] { return OpenFiles(pid) <= files + 1; })) << mode;
    EXPECT_TRUE(tool.Running() || mode != "-X") << "they are over when their clients are";
    ASSERT_TRUE(tool.Wait(kPatience)) << mode;
    const std::string said = support::ReadFile(directory.path() / mode);
    EXPECT_THAT(said, testing::HasSubstr(mode == "-X" ? "Hit test time limit"
                                                      : "No open connections left"));
    EXPECT_THAT(said, testing::ContainsRegex("service available:[^A-Z]*YES")) << mode;
    EXPECT_THAT(said, testing::Not(testing::ContainsRegex("service available:[^A-Z]*NO"))) << mode;
  }
}

TEST(OverloadAttackTest, ARevocationBesideAFloodIsInEffectWhenItIsAnswered) {
  Node node;
  std::string flood;
  constexpr int kTogether = 200;
  for (int i = 0; i < kTogether; ++i) flood += kRequest;
  std::atomic<bool> over{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> attackers;
  for (int i = 0; i < 3; ++i) {
    attackers.emplace_back([&] {
      Connection connection = node.Connect();
      while (!over) {
        connection.Send(flood);
        for (int j = 0; j < kTogether; ++j) ASSERT_EQ(connection.Read().body, kInactive);
        answered += kTogether;
      }
    });
  }
  for (int i = 0; i < 30 && !testing::Test::HasFailure(); ++i) ExpectControl(node, i);
  over = true;
  for (std::thread& attacker : attackers) attacker.join();
  EXPECT_GT(answered, 0);
}

std::vector<std::string> TokensIn(std::string_view updates) {
  json::Parser parser(std::size_t{16} << 10, 16);
  std::vector<std::string> tokens;
  while (!updates.empty()) {
    EXPECT_EQ(parser.ParseObject(text::TakeUntil(updates, '\n')), json::Error::kNone);
    tokens.emplace_back(json::Find(parser.members(), "token")->value.string);
  }
  return tokens;
}

// JWTs that were never seen before, from many at once: each is active, or is to be asked about
// later.
TEST(OverloadAttackTest, AFloodOfNewJwtsHoldsUpNoOpaqueToken) {
  const support::TempDir directory;
  const auto path = [&](const char* name) { return (directory.path() / name).string(); };
  directory.Write("key", crypto::PrivateKey::Generate(crypto::SignatureAlgorithm::kEs256).ToPem());
  const cli::Ran made = cli::RunCli({"generate", "1200", "--seed", "4", "--jwt", "ES256", "--key",
                                     path("key"), "--jwks", path("keys")});
  ASSERT_EQ(made.code, 0) << made.err;
  const std::vector<std::string> tokens = TokensIn(made.out);
  ConfigText config;
  config.server = "workers = 1";
  config.tables = IssuerTable{.issuer = std::string(support::kIssuer),
                              .keys = fmt::format("jwks_file = \"{}\"", path("keys"))}
                      .Text();
  Node node(config);
  ASSERT_TRUE(WaitUntil([&] { return node.IsActive(tokens.back()); }));

  std::vector<Connection> attackers;
  for (int i = 0; i < 300; ++i) attackers.push_back(node.Connect("127.0.0.2"));
  Connection good = node.Connect();
  int active = 0;
  for (std::size_t first = 0; first < tokens.size(); first += attackers.size()) {
    for (std::size_t i = 0; i < attackers.size(); ++i) {
      attackers[i].Send(Request{.body = "token=" + tokens[first + i]}.Bytes());
    }
    EXPECT_EQ(good.Ask(kRequest).body, kInactive);
    ExpectControl(node, static_cast<int>(first));
    for (Connection& attacker : attackers) {
      const Verdict verdict = VerdictOf(attacker.Read());
      EXPECT_TRUE(verdict == Verdict::kActive || verdict == Verdict::kNotNow);
      active += verdict == Verdict::kActive ? 1 : 0;
    }
  }
  EXPECT_GT(active, 0);
}

}  // namespace
}  // namespace introspectd::system_test
