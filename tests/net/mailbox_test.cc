#include "net/mailbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace introspectd::net {
namespace {

using testing::ElementsAre;

TEST(MailboxTest, DeliversInOrder) {
  Loop loop;
  std::vector<std::string> received;
  Mailbox<std::string> mailbox(loop, [&](std::string message) {
    received.push_back(std::move(message));
    if (received.size() == 3) mailbox.Close();
  });
  mailbox.Post("one");
  mailbox.Post("two");
  mailbox.Post("three");
  EXPECT_TRUE(received.empty()) << "never before the loop's turn";
  loop.Run();
  EXPECT_THAT(received, ElementsAre("one", "two", "three"));
}

TEST(MailboxTest, AReceiverMayPost) {
  Loop loop;
  std::vector<int> received;
  Mailbox<int> mailbox(loop, [&](int message) {
    received.push_back(message);
    if (message < 4) mailbox.Post(message + 1);
    if (message == 4) mailbox.Close();
  });
  mailbox.Post(1);
  loop.Run();
  EXPECT_THAT(received, ElementsAre(1, 2, 3, 4));
}

TEST(MailboxTest, TakesWhatCanOnlyBeMoved) {
  Loop loop;
  int received = 0;
  Mailbox<std::unique_ptr<int>> mailbox(loop, [&](std::unique_ptr<int> message) {
    received = *message;
    mailbox.Close();
  });
  mailbox.Post(std::make_unique<int>(7));
  loop.Run();
  EXPECT_EQ(received, 7);
}

TEST(MailboxTest, DropsWhatComesAfterItWasClosed) {
  Loop loop;
  int received = 0;
  Mailbox<int> mailbox(loop, [&](int) { ++received; });
  mailbox.Close();
  mailbox.Post(1);
  loop.Run();
  EXPECT_EQ(received, 0);
}

// Several posters, in bursts, so that posts meet a mailbox that is empty, full, or being emptied.
TEST(MailboxTest, DeliversNothingOnceAReceiverHasClosedIt) {
  Loop loop;
  int received = 0;
  IdleWork idle(loop, [] { FAIL() << "it was closed"; });
  Mailbox<int> mailbox(loop, [&](int) {
    ++received;
    mailbox.Close();
    idle.Close();
    idle.Start();  // or the loop would never end
  });
  mailbox.Post(1);
  mailbox.Post(2);
  loop.Run();
  EXPECT_EQ(received, 1);
}

TEST(MailboxTest, LosesNothingAndKeepsEachPostersOrder) {
  constexpr int kPosters = 4;
  constexpr int kEach = 20'000;
  struct Message {
    int poster;
    int number;
    std::string text;  // what the poster wrote must be seen
  };
  Loop loop;
  std::vector<int> next(kPosters, 0);
  int received = 0;
  Mailbox<Message> mailbox(loop, [&](Message message) {
    int& expected = next[static_cast<std::size_t>(message.poster)];
    EXPECT_EQ(message.number, expected++);
    EXPECT_EQ(message.text, std::to_string(message.number));
    if (++received == kPosters * kEach) mailbox.Close();
  });
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster) {
    posters.emplace_back([&mailbox, poster] {
      for (int i = 0; i < kEach; ++i) {
        mailbox.Post({poster, i, std::to_string(i)});
        if (i % 1000 == 0) std::this_thread::yield();
      }
    });
  }
  loop.Run();
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(received, kPosters * kEach);
}

// The loop ends while others still post: nothing is delivered, nothing breaks.
TEST(MailboxTest, MayBeClosedWhileOthersPost) {
  for (int round = 0; round < 50; ++round) {
    Loop loop;
    int received = 0;
    Mailbox<int> mailbox(loop, [&](int) {
      if (++received == 1) mailbox.Close();
    });
    std::vector<std::thread> posters;
    for (int poster = 0; poster < 3; ++poster) {
      posters.emplace_back([&mailbox] {
        for (int i = 0; i < 200; ++i) mailbox.Post(i);
      });
    }
    loop.Run();
    for (std::thread& poster : posters) poster.join();
    EXPECT_GE(received, 1);
  }
}

}  // namespace
}  // namespace introspectd::net
