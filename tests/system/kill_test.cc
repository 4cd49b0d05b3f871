// The server is killed at random moments under load, again and again: what was acknowledged is
// there, and what was revoked is never active.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/request.h"
#include "support/server_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "support/world.h"
#include "system/issuer.h"

namespace introspectd::system_test {
namespace {

using support::Plane;
using support::ServerProcess;
using testing::IsEmpty;

constexpr int kIssuers = 3;

int Rounds() {
  const char* rounds = std::getenv("INTROSPECTD_KILL_ROUNDS");
  return rounds != nullptr ? std::atoi(rounds) : 12;
}

std::string Config(const support::TempDir& directory) {
  return support::ConfigText{.server = "workers = 1",
                             .directory = (directory.path() / "data").string()}
      .Text();
}

int StatusOf(ServerProcess& server, std::string_view target) {
  try {
    auto client = support::Connection::ToPort(server.port(Plane::kAdmin));
    return client.Ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n").status;
  } catch (const support::WireError&) {
    return 0;
  }
}

bool BecomesReady(ServerProcess& server) {
  return support::WaitUntil([&] { return StatusOf(server, "/readyz") == 200 || !server.Running(); },
                            support::seconds(60)) &&
         server.Running();
}

class KillTest : public testing::Test {
 protected:
  KillTest() {
    for (int i = 0; i < kIssuers; ++i) {
      issuers_.push_back(
          std::make_unique<Issuer>("issuer" + std::to_string(i), static_cast<std::uint32_t>(i)));
    }
  }

  // Issuers push, and somebody asks about what was revoked, until the server is gone.
  void Load(ServerProcess& server, std::chrono::milliseconds time, bool orderly) {
    std::vector<std::jthread> threads;
    for (const auto& issuer : issuers_) {
      threads.emplace_back([&server, &issuer = *issuer] {
        support::AdminClient admin(server.port(Plane::kAdmin), std::string(support::kAdminToken));
        while (issuer.Push(admin)) {
        }
      });
    }
    threads.emplace_back([this, &server] { AskAboutRevoked(server); });
    std::this_thread::sleep_for(time);
    if (orderly) {
      EXPECT_EQ(server.Stop(), 0) << server.log();
    } else {
      server.Signal(SIGKILL);
    }
  }

  void AskAboutRevoked(ServerProcess& server) {
    std::mt19937 random(1);
    try {
      auto client = support::Connection::ToPort(server.port(Plane::kData));
      while (true) {
        const auto token =
            issuers_[random() % kIssuers]->RevokedToken(static_cast<std::uint32_t>(random()));
        if (!token) continue;
        const auto response = client.Ask(support::Request{.body = "token=" + token->token}.Bytes());
        ++asked_;
        if (response.status == 200 && response.body != support::kInactive) ++revoked_but_active_;
      }
    } catch (const support::WireError&) {
      return;  // it is gone
    }
  }

  void CheckAll(ServerProcess& server, bool all) {
    auto client = support::Connection::ToPort(server.port(Plane::kData));
    client.SetDeadline(support::seconds(60));
    for (const auto& issuer : issuers_) EXPECT_THAT(issuer->Check(client, all), IsEmpty());
  }

  const support::TempDir directory_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> revoked_but_active_{0};
};

TEST_F(KillTest, NothingAcknowledgedIsLost) {
  std::mt19937 random(7);
  for (int round = 0; round < Rounds() && !HasFailure(); ++round) {
    ServerProcess server(Config(directory_));
    if (random() % 8 == 0) {  // while it loads
      server.Signal(SIGKILL);
      continue;
    }
    ASSERT_TRUE(BecomesReady(server)) << server.log();
    CheckAll(server, false);
    Load(server, std::chrono::milliseconds(5 + random() % 150), random() % 4 == 0);
    EXPECT_TRUE(support::WaitUntil([&] { return !server.Running(); }, support::seconds(40)));
  }
  ServerProcess server(Config(directory_));
  ASSERT_TRUE(BecomesReady(server)) << server.log();
  CheckAll(server, true);
  EXPECT_EQ(revoked_but_active_, 0u);
  EXPECT_GT(asked_, 0u);
  std::uint64_t acknowledged = 0;
  for (const auto& issuer : issuers_) acknowledged += issuer->acknowledged();
  EXPECT_GT(acknowledged, 0u);
  RecordProperty("acknowledged", std::to_string(acknowledged));
  std::cout << acknowledged << " updates acknowledged, " << asked_
            << " answers about revoked ones\n";
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace introspectd::system_test
