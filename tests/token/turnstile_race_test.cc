// Readers beside a writer, on plain memory: a data race that ThreadSanitizer sees, a state that is
// half written, or one that is older than what was acknowledged, fails. Signals stop the readers
// for a while at whatever instruction they are, or they would hardly ever be between two that
// matter.

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "token/race.h"
#include "token/turnstile.h"

namespace introspectd::token {
namespace {

// All numbers of a side are the same, but while the writer is at it.
using Numbers = std::array<std::uint64_t, 32>;

struct Passage {
  Turnstile turnstile;
  std::array<Numbers, 2> sides{};
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> over{false};
};

struct Seen {
  std::uint64_t looks = 0;
  std::uint64_t torn = 0;
  std::uint64_t stale = 0;
  std::uint64_t backwards = 0;
};

void Look(Passage& passage, Turnstile::Reader& reader, std::uint64_t& last, Seen& seen) {
  const std::uint64_t acknowledged = passage.acknowledged.load(std::memory_order_acquire);
  const Numbers& numbers = passage.sides[static_cast<std::size_t>(reader.Enter())];
  const std::uint64_t first = numbers.front();
  for (const std::uint64_t number : numbers) seen.torn += number != first;
  reader.Leave();
  seen.stale += first < acknowledged;
  seen.backwards += first < last;
  last = first;
  ++seen.looks;
}

void Write(Passage& passage) {
  const auto end = EndOfRace();
  for (std::uint64_t number = 1; std::chrono::steady_clock::now() < end; ++number) {
    passage.sides[static_cast<std::size_t>(passage.turnstile.hidden())].fill(number);
    passage.turnstile.Flip();
    passage.acknowledged.store(number, std::memory_order_release);
    while (!passage.turnstile.Drained()) std::this_thread::yield();
  }
  passage.over.store(true, std::memory_order_release);
}

void Stop(int /*signal*/) {
  const int error = errno;
  const timespec some_time{.tv_sec = 0, .tv_nsec = 50'000};
  nanosleep(&some_time, nullptr);
  errno = error;
}

void Interrupt(const Passage& passage, std::vector<std::thread>& readers) {
  while (!passage.over.load(std::memory_order_acquire)) {
    for (std::thread& reader : readers) pthread_kill(reader.native_handle(), SIGUSR1);
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

void Read(Passage& passage, Seen& seen) {
  std::uint64_t last = 0;
  while (!passage.over.load(std::memory_order_acquire)) {
    Turnstile::Reader reader(passage.turnstile);
    for (int i = 0; i < 500; ++i) Look(passage, reader, last, seen);
  }
}

// `interrupt`: see above; otherwise the readers are as quick as they can.
void Race(int reader_count, bool interrupt) {
  const auto passage = std::make_unique<Passage>();
  std::vector<Seen> seen(static_cast<std::size_t>(reader_count));
  std::vector<std::thread> readers;
  for (Seen& mine : seen) readers.emplace_back([&passage, &mine] { Read(*passage, mine); });
  std::thread interrupter;
  if (interrupt) interrupter = std::thread([&passage, &readers] { Interrupt(*passage, readers); });
  Write(*passage);
  if (interrupt) interrupter.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(passage->acknowledged.load(), 0u);
  for (const Seen& mine : seen) {
    EXPECT_GT(mine.looks, 0u);
    EXPECT_EQ(mine.torn, 0u);
    EXPECT_EQ(mine.stale, 0u);
    EXPECT_EQ(mine.backwards, 0u);
  }
}

TEST(TurnstileRaceTest, AQuickReaderSeesWholeStatesThatAreNeverOlderThanAcknowledged) {
  Race(1, false);
}

TEST(TurnstileRaceTest, SoDoReadersThatAreInterrupted) {
  struct sigaction stop {};
  stop.sa_handler = Stop;
  ASSERT_EQ(sigaction(SIGUSR1, &stop, nullptr), 0);
  Race(3, true);
}

}  // namespace
}  // namespace introspectd::token
