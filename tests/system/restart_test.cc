// Restarts and reloads behind a socket that is passed on: nobody who asks notices (O06, O07, A14),
// over plain HTTP and over TLS.
//
// INTROSPECTD_RESTARTS and INTROSPECTD_RELOADS say how many; the long form is 100 and 1,000.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "support/admin_client.h"
#include "support/certificates.h"
#include "support/request.h"
#include "support/tls_relay.h"
#include "support/wait_until.h"
#include "support/world.h"
#include "system/load.h"
#include "system/supervisor.h"
#include "text/ascii.h"

namespace introspectd::system_test {
namespace {

using support::Child;
using support::ConfigText;
using support::Connection;
using support::milliseconds;
using support::Request;
using support::seconds;
using support::WaitUntil;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

int Rounds(const char* variable, int everyday) {
  const char* rounds = std::getenv(variable);
  return rounds == nullptr ? everyday : text::ParseInteger<int>(rounds).value_or(everyday);
}

enum class Over : std::uint8_t { kPlain, kTls };

ConfigText Config(Over over) {
  ConfigText config;
  if (over == Over::kTls) {
    config.tables =
        "[server.tls]\ncertificate = \"@DIR@/server.crt\"\nkey = \"@DIR@/server.key\"\n";
  }
  config.listen = R"("fd:data")";
  config.admin_listen = R"("fd:admin")";
  config.server = "workers = 2";
  config.directory = "@DIR@/data";
  return config;
}

class RestartTest : public testing::TestWithParam<Over> {
 protected:
  RestartTest() {
    if (GetParam() == Over::kTls) ChangeCertificate();
    server_ = supervisor_.Start();
    if (GetParam() == Over::kTls) {
      relay_.emplace(supervisor_.data_port(), authority_.certificate());
    }
    support::AdminClient admin(supervisor_.admin_port(), std::string(support::kAdminToken));
    const std::string line = support::Upsert(support::kExampleToken, support::ExampleClaims());
    EXPECT_TRUE(WaitUntil([&] { return admin.Get("/readyz").status == 200; }, seconds(20)));
    EXPECT_EQ(admin.Push(line).status, 200);
    load_.Begin({.keep_alive = false});
    load_.Begin({.keep_alive = false, .pause = milliseconds(7)});
    load_.Begin({});
    load_.Begin({.depth = 4});
    load_.Begin({.pause = milliseconds(1)});
    load_.Begin({.pause = milliseconds(40)});
    load_.Begin({.pause = milliseconds(700)});
  }

  // Before the sockets are closed, so that nobody fails for want of a server.
  void ExpectThatNobodyNoticed(const std::string& what) {
    load_.End();
    std::printf("%s: %llu requests on %llu connections, %llu failed\n", what.c_str(),
                static_cast<unsigned long long>(load_.asked()),
                static_cast<unsigned long long>(load_.connections()),
                static_cast<unsigned long long>(load_.failed()));
    EXPECT_EQ(load_.failed(), 0u);
    EXPECT_THAT(load_.failures(), ElementsAre());
    server_->Signal(SIGTERM);
    EXPECT_THAT(server_->Wait(seconds(30)), Optional(0));
  }

  void ChangeCertificate() {
    const support::Certified certified = authority_.Issue();
    supervisor_.directory().Write("server.crt", certified.certificate);
    supervisor_.directory().Write("server.key", certified.key);
  }
  std::uint16_t port() const { return relay_ ? relay_->port() : supervisor_.data_port(); }

  // Waits until so many more were asked.
  void LetThemAsk(std::uint64_t requests) {
    const std::uint64_t enough = load_.asked() + requests;
    EXPECT_TRUE(WaitUntil([&] { return load_.asked() >= enough; }, seconds(60)));
  }

  std::size_t Reloads() {
    const std::string log = supervisor_.log();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find(" reloaded ", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  const support::Authority authority_;
  Supervisor supervisor_{Config(GetParam()).Text()};
  std::unique_ptr<Child> server_;
  std::optional<support::TlsRelay> relay_;
  Load load_{[this] { return Connection::ToPort(port()); }, Request{}.Bytes(),
             support::ExampleAnswer()};
};

// The old one has the store until it has ended; who comes meanwhile waits in the socket's queue.
TEST_P(RestartTest, LoseNoRequest) {
  const int restarts = Rounds("INTROSPECTD_RESTARTS", 4);
  for (int i = 0; i < restarts; ++i) {
    LetThemAsk(200);
    server_->Signal(SIGTERM);
    ASSERT_THAT(server_->Wait(seconds(30)), Optional(0)) << i;
    server_ = supervisor_.Start();
  }
  LetThemAsk(200);
  ExpectThatNobodyNoticed(std::to_string(restarts) + " restarts");
}

TEST_P(RestartTest, ReloadsLoseNoRequest) {
  const int reloads = Rounds("INTROSPECTD_RELOADS", 30);
  ConfigText config = Config(GetParam());
  const std::string tls = config.tables;
  for (int i = 0; i < reloads; ++i) {
    if (GetParam() == Over::kTls && i % 5 == 0) ChangeCertificate();
    config.tables =
        tls + support::GatewayLike("partner", i % 2 == 0 ? "one-secret" : "another-secret");
    config.limits = i % 3 == 0 ? "idle_ms_max = 60000" : "headers_max = 20";
    supervisor_.Configure(config.Text());
    const std::size_t before = Reloads();
    server_->Signal(SIGHUP);
    ASSERT_TRUE(WaitUntil([&] { return Reloads() > before; }, seconds(30))) << i;
  }
  LetThemAsk(200);
  ExpectThatNobodyNoticed(std::to_string(reloads) + " reloads");
}

// O07: the one that runs goes on.
TEST_P(RestartTest, ANewServerThatCannotStartDisturbsNobody) {
  const auto second = supervisor_.Start();
  EXPECT_THAT(second->Wait(seconds(30)), Optional(1)) << "two had one store";
  LetThemAsk(50);
  supervisor_.Configure(Config(GetParam()).Text() + "nonsense = 1\n");
  const auto wrong = supervisor_.Start();
  EXPECT_THAT(wrong->Wait(seconds(30)), Optional(2));
  LetThemAsk(50);
  server_->Signal(SIGHUP);
  EXPECT_TRUE(WaitUntil([&] {
    return supervisor_.log().find("reload refused: the old configuration stays") !=
           std::string::npos;
  }));
  LetThemAsk(50);
  ExpectThatNobodyNoticed("servers that cannot start");
}

// What is killed loses what it had accepted, but nobody is refused.
TEST_P(RestartTest, AServerThatIsKilledIsReplaced) {
  load_.End();
  server_->Signal(SIGKILL);
  EXPECT_THAT(server_->Wait(), Optional(128 + SIGKILL));
  Connection waiting = Connection::ToPort(port());
  waiting.Send(Request{}.Bytes());
  server_ = supervisor_.Start();
  EXPECT_EQ(waiting.Read().body, support::ExampleAnswer());
}

INSTANTIATE_TEST_SUITE_P(, RestartTest, testing::Values(Over::kPlain, Over::kTls),
                         [](const auto& over) {
                           return over.param == Over::kTls ? "OverTls" : "OverPlainHttp";
                         });

}  // namespace
}  // namespace introspectd::system_test
