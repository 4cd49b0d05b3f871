#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace introspectd::base {
namespace {

TEST(MutexTest, LetsOneInAtATime) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 20'000;
  Mutex mutex;
  int turns = 0;  // not atomic: the mutex alone protects it
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < kTurns; ++turn) {
        const MutexLock lock(mutex);
        ++turns;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(turns, kThreads * kTurns);
}

}  // namespace
}  // namespace introspectd::base
