// Three nodes and their log are killed, stopped, moved and cut off under load, again and again: no
// acknowledged update is lost, no revocation is forgotten, and all nodes are equal afterwards.

#include "system/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>

#include "support/wait_until.h"

namespace introspectd::system_test {
namespace {

using support::milliseconds;
using support::Postgres;
using support::Proxy;
using testing::IsEmpty;

// Longer than a node may answer without hearing from the log.
constexpr milliseconds kTooLong{Cluster::kStaleness_s * 1000 + 700};

class ClusterTest : public testing::Test {
 protected:
  int SomeNode() { return static_cast<int>(random_() % Cluster::kNodes); }
  void Sleep(milliseconds time) { std::this_thread::sleep_for(time); }
  void SleepAWhile() { Sleep(milliseconds(50 + random_() % 400)); }

  void KillNode() { cluster_.Restart(SomeNode(), SIGKILL); }
  void StopNode() { cluster_.Restart(SomeNode(), SIGTERM); }
  void KillAllNodes() { cluster_.RestartAll(SIGKILL); }
  void ReplaceNode() { cluster_.Replace(SomeNode()); }
  void PauseNode() {
    const int i = SomeNode();
    cluster_.node(i).Signal(SIGSTOP);
    Sleep(kTooLong);
    cluster_.node(i).Signal(SIGCONT);
  }
  void KillNodeAndLog() {
    cluster_.log().Kill();
    const int i = SomeNode();
    cluster_.node(i).Signal(SIGKILL);
    cluster_.log().Start();
    cluster_.Restart(i, SIGKILL);
  }
  void KillLog() {
    cluster_.log().Kill();
    SleepAWhile();
    cluster_.log().Start();
  }
  void StopLog() {
    cluster_.log().Stop();
    SleepAWhile();
    cluster_.log().Start();
  }
  void CrashBackend() { cluster_.log().CrashBackend(); }
  void PauseLog() {
    cluster_.log().Pause();
    Sleep(kTooLong);
    cluster_.log().Continue();
  }
  void FailOver() {
    std::unique_ptr<Postgres> standby = cluster_.log().MakeStandby(true);
    SleepAWhile();
    cluster_.log().Kill();
    standby->Promote();
    cluster_.MoveTo(std::move(standby));
  }
  // What was committed while the standby was down is lost with the primary. One node has not read
  // it, and can only have it from the others.
  void FailOverWithLoss() {
    std::unique_ptr<Postgres> standby = cluster_.log().MakeStandby(false);
    SleepAWhile();
    const int behind = SomeNode();
    cluster_.proxy(behind).SetMode(Proxy::Mode::kCut);
    standby->Stop();
    SleepAWhile();
    cluster_.log().Kill();
    standby->Start();
    standby->Promote();
    cluster_.MoveTo(std::move(standby));
    cluster_.proxy(behind).SetMode(Proxy::Mode::kCarry);
  }
  void CutOff() { Isolate(Proxy::Mode::kCut); }
  void Swallow() { Isolate(Proxy::Mode::kSwallow); }
  void Isolate(Proxy::Mode mode) {
    const int i = SomeNode();
    cluster_.proxy(i).SetMode(mode);
    Sleep(kTooLong);
    cluster_.proxy(i).SetMode(Proxy::Mode::kCarry);
  }

  // Under load, then at rest.
  void Round(const std::string& name, void (ClusterTest::*happens)()) {
    SCOPED_TRACE(name);
    cluster_.StartLoad();
    SleepAWhile();
    (this->*happens)();
    SleepAWhile();
    cluster_.StopLoad();
    ASSERT_EQ(cluster_.WaitUntilEqual(), "");
    ASSERT_THAT(cluster_.Check(), IsEmpty());
    ASSERT_EQ(cluster_.revoked_but_active(), 0u);
  }

  std::mt19937 random_{11};
  Cluster cluster_;
};

struct Happening {
  const char* name;
  void (ClusterTest::*happens)();
};

TEST_F(ClusterTest, NothingIsLostAndAllNodesAreEqual) {
  struct Access : ClusterTest {
    static std::vector<Happening> All() {
      return {{"replace a node", &Access::ReplaceNode},
              {"kill the log", &Access::KillLog},
              {"fail over with loss", &Access::FailOverWithLoss},
              {"cut a node off", &Access::CutOff},
              {"crash a backend", &Access::CrashBackend},
              {"stop a node", &Access::StopNode},
              {"fail over", &Access::FailOver},
              {"pause a node", &Access::PauseNode},
              {"stop the log", &Access::StopLog},
              {"swallow what a node says", &Access::Swallow},
              {"pause the log", &Access::PauseLog},
              {"kill a node and the log", &Access::KillNodeAndLog},
              {"kill a node", &Access::KillNode},
              {"kill all nodes", &Access::KillAllNodes}};
    }
    void TestBody() override {}
  };
  const std::vector<Happening> all = Access::All();
  const char* const asked = std::getenv("INTROSPECTD_CLUSTER_ROUNDS");
  const std::size_t rounds = asked != nullptr ? std::strtoul(asked, nullptr, 10) : 5;
  ASSERT_EQ(cluster_.WaitUntilEqual(), "");
  for (std::size_t i = 0; i < rounds && !HasFatalFailure(); ++i) {
    const Happening& next = i < all.size() ? all[i] : all[random_() % all.size()];
    std::cout << i << ": " << next.name << std::endl;
    Round(next.name, next.happens);
  }
  std::cout << cluster_.acknowledged() << " updates acknowledged, " << cluster_.asked()
            << " answers about revoked ones, " << cluster_.Sum("rows_put_back")
            << " rows put back\n";
  EXPECT_GT(cluster_.acknowledged(), 0u);
  EXPECT_GT(cluster_.asked(), 0u);
}

}  // namespace
}  // namespace introspectd::system_test
