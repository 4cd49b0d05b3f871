#include "net/loop.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/wait_until.h"

namespace introspectd::net {
namespace {

TEST(LoopTest, EndsWhenEverythingIsClosed) {
  Loop loop;
  int ticks = 0;
  Timer timer(loop, [&] {
    if (++ticks == 3) timer.Close();
  });
  timer.Start(0, 1);
  loop.Run();
  EXPECT_EQ(ticks, 3);
}

TEST(LoopTest, ATimerThatIsStoppedDoesNotFire) {
  Loop loop;
  bool fired = false;
  Timer stopped(loop, [&] { fired = true; });
  stopped.Start(0, 1);
  stopped.Stop();
  Timer end(loop, [&] {
    stopped.Close();
    end.Close();
  });
  end.Start(20, 0);
  loop.Run();
  EXPECT_FALSE(fired);
}

TEST(LoopTest, IdleWorkRunsInEveryTurnUntilItIsStopped) {
  Loop loop;
  int turns = 0;
  IdleWork idle(loop, [&] {
    if (++turns == 5) idle.Stop();
  });
  idle.Start();
  idle.Start();  // again changes nothing
  Timer end(loop, [&] {
    idle.Close();
    end.Close();
  });
  end.Start(20, 0);
  loop.Run();
  EXPECT_EQ(turns, 5);
}

TEST(LoopTest, AfterPollRunsOnceATurn) {
  Loop loop;
  int polls = 0;
  int turns = 0;
  AfterPoll after(loop, [&] { ++polls; });
  IdleWork idle(loop, [&] {
    EXPECT_EQ(polls, turns);
    if (++turns < 4) return;
    idle.Close();
    after.Close();
  });
  idle.Start();
  loop.Run();
  EXPECT_EQ(turns, 4);
}

TEST(LoopTest, ASignalIsHeard) {
  Loop loop;
  bool heard = false;
  Signal signal(loop, SIGUSR2, [&] {
    heard = true;
    signal.Close();
  });
  raise(SIGUSR2);
  loop.Run();
  EXPECT_TRUE(heard);
}

TEST(LoopTest, AWakerIsHeardFromAnyThread) {
  Loop loop;
  std::atomic<int> sent{0};
  bool heard = false;
  Waker waker(loop, [&] {
    heard = true;
    if (sent == 400) waker.Close();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int wake = 0; wake < 100; ++wake) {
        ++sent;
        waker.Wake();
      }
    });
  }
  loop.Run();  // ends only if no wake is lost
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(heard);
}

TEST(LoopTest, SlowWorkIsDoneElsewhereAndReportedOnTheLoop) {
  Loop loop;
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id there;
  int done = 0;
  for (int i = 0; i < 10; ++i) {
    RunSlowly(
        loop,
        [&there, i] {
          if (i == 0) there = std::this_thread::get_id();
        },
        [&done, here] {
          EXPECT_EQ(std::this_thread::get_id(), here);
          ++done;
        });
  }
  loop.Run();  // not before all is done
  EXPECT_EQ(done, 10);
  EXPECT_NE(there, here);
}

TEST(LoopTest, AThreadCanBePinnedToAProcessorThatThereIs) {
  EXPECT_GE(UsableProcessors(), 1u);
  std::thread([] {
    EXPECT_FALSE(PinThread(1023));
    EXPECT_TRUE(PinThread(0));
    EXPECT_EQ(UsableProcessors(), 1u);
  }).join();
}

TEST(LoopDeathTest, AHandleThatIsLeftOpenIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Loop loop;
        uv_timer_t timer;
        uv_timer_init(loop.raw(), &timer);
      },
      "left open");
  EXPECT_DEATH(
      {
        Loop loop;
        const Timer timer(loop, [] {});
      },
      "CHECK failed");
}

}  // namespace
}  // namespace introspectd::net
