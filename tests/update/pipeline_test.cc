#include "update/pipeline.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "update/node.h"

namespace introspectd::update {
namespace {

std::string Revocation(std::string_view token) {
  return "{\"op\":\"revoke\",\"token\":\"" + std::string(token) + "\"}\n";
}

// Much more than a turn stages.
std::string ManyHeartbeats() {
  std::string lines;
  for (int i = 0; i < 300'000; ++i) lines += "{\"op\":\"heartbeat\"}\n";
  return lines;
}

class PipelineTest : public ::testing::Test {
 protected:
  std::unique_ptr<Feed> NewFeed(const std::string& body, bool finished = true) {
    auto feed = std::make_unique<Feed>(node_.NewFeed());
    feed->Append(body);
    if (finished) feed->Finish();
    return feed;
  }
  void TurnUntilIdle() {
    while (pipeline_.Turn(now_)) {
    }
  }

  const Now now_ = Node::At(Node::kNow);
  Node node_;
  Pipeline pipeline_{node_.target};
};

TEST_F(PipelineTest, WithNothingToDoThereIsNothingToDo) {
  EXPECT_FALSE(pipeline_.Turn(now_));
  const auto feed = NewFeed("", false);
  pipeline_.Add(feed.get(), [](Feed&) { ADD_FAILURE() << "nothing came"; });
  EXPECT_FALSE(pipeline_.Turn(now_));
  feed->Append("{\"op\":\"rev");
  EXPECT_FALSE(pipeline_.Turn(now_));
  pipeline_.Remove(feed.get());
}

TEST_F(PipelineTest, WhatAFeedSaidIsVisibleWhenItsProgressIsTold) {
  const auto feed = NewFeed(Revocation("a") + Revocation("b"));
  int calls = 0;
  pipeline_.Add(feed.get(), [&](Feed& told) {
    ++calls;
    EXPECT_EQ(&told, feed.get());
    EXPECT_TRUE(told.done());
    EXPECT_EQ(node_.StateOf("a"), TokenState::kRevoked);
    EXPECT_EQ(node_.StateOf("b"), TokenState::kRevoked);
    pipeline_.Remove(&told);
  });
  TurnUntilIdle();
  EXPECT_EQ(calls, 1);
}

TEST_F(PipelineTest, AShortFeedDoesNotWaitForALongOne) {
  const auto longer = NewFeed(ManyHeartbeats());
  pipeline_.Add(longer.get(), [](Feed&) {});
  const auto brief = NewFeed(Revocation("a"));
  pipeline_.Add(brief.get(), [](Feed&) {});
  EXPECT_TRUE(pipeline_.Turn(now_));
  EXPECT_TRUE(brief->done());
  EXPECT_FALSE(longer->done());
  EXPECT_EQ(node_.StateOf("a"), TokenState::kRevoked);
  pipeline_.Remove(brief.get());
  TurnUntilIdle();
  EXPECT_TRUE(longer->done());
  EXPECT_EQ(longer->report().applied, 300'000u);
}

TEST_F(PipelineTest, LongFeedsTakeTurns) {
  const auto first = NewFeed(ManyHeartbeats());
  const auto second = NewFeed(ManyHeartbeats());
  bool together = false;
  const auto look = [&](Feed&) {
    together |= first->report().lines > 0 && second->report().lines > 0 && !first->done() &&
                !second->done();
  };
  pipeline_.Add(first.get(), look);
  pipeline_.Add(second.get(), look);
  while (!first->done() || !second->done()) pipeline_.Turn(now_);
  EXPECT_TRUE(together);
}

TEST_F(PipelineTest, TellsOfEveryBacklogThatWentDown) {
  const auto feed = NewFeed(ManyHeartbeats(), false);
  std::size_t backlog = feed->backlog();
  int calls = 0;
  pipeline_.Add(feed.get(), [&](Feed& told) {
    EXPECT_LT(told.backlog(), backlog);
    backlog = told.backlog();
    ++calls;
  });
  TurnUntilIdle();
  EXPECT_EQ(backlog, 0u);
  EXPECT_GT(calls, 1);
}

TEST_F(PipelineTest, TellsOfBlankAndOverlongLinesToo) {
  for (const std::string& body : {std::string(10'000, '\n'), std::string(100'000, 'x')}) {
    const auto feed = NewFeed(body, false);
    int calls = 0;
    pipeline_.Add(feed.get(), [&calls](Feed&) { ++calls; });
    TurnUntilIdle();
    EXPECT_GT(calls, 0);
    EXPECT_EQ(feed->backlog(), 0u);
    pipeline_.Remove(feed.get());
  }
}

// Keeps until it is told that it has.
class SlowKeeper final : public Keeper {
 public:
  Target::Keeping Keep(const token::Writer& writer) override {
    return writer.anything_staged() ? Target::Keeping::kUnderWay : Target::Keeping::kNothing;
  }
};

// It may be all that a paused feed had: whoever holds back the rest would wait for ever.
TEST(PipelineKeepTest, TellsOfWhatWasPassedOverWhileAnotherGroupWasKept) {
  for (const std::string& body : {std::string(10'000, '\n'), std::string(100'000, 'x')}) {
    const Now now = Node::At(Node::kNow);
    Node node;
    SlowKeeper keeper;
    StoreTarget target(node.writer, &keeper);
    Pipeline pipeline(target);
    Feed first(node.parser, target, node.admission, node.pusher, Origin::kPusher);
    first.Append(Revocation("a"));
    pipeline.Add(&first, [](Feed&) {});
    pipeline.Turn(now);
    ASSERT_TRUE(pipeline.keeping());
    Feed second(node.parser, target, node.admission, node.pusher, Origin::kPusher);
    second.Append(body);
    int calls = 0;
    pipeline.Add(&second, [&calls](Feed&) { ++calls; });
    while (pipeline.Turn(now)) {
    }
    pipeline.OnKept();
    while (pipeline.Turn(now)) {
    }
    EXPECT_EQ(second.backlog(), 0u);
    EXPECT_EQ(second.report().lines, body.starts_with('x') ? 1 : body.size());
    EXPECT_GT(calls, 0);
  }
}

TEST_F(PipelineTest, AFeedMayGoWhileItsProgressIsTold) {
  auto feed = NewFeed(Revocation("a"));
  pipeline_.Add(feed.get(), [&](Feed& told) {
    pipeline_.Remove(&told);
    feed.reset();
  });
  TurnUntilIdle();
  EXPECT_EQ(feed, nullptr);
}

TEST_F(PipelineTest, AFeedMayGoWhileAnothersProgressIsTold) {
  auto first = NewFeed(Revocation("a"));
  auto second = NewFeed(Revocation("b"));
  auto third = NewFeed(Revocation("c"));
  int calls = 0;
  const auto remove_others = [&](Feed& told) {
    ++calls;
    for (auto* feed : {&first, &second, &third}) {
      if (feed->get() == &told) continue;
      pipeline_.Remove(feed->get());
      feed->reset();
    }
  };
  for (const auto* feed : {&first, &second, &third}) pipeline_.Add(feed->get(), remove_others);
  pipeline_.Turn(now_);
  EXPECT_EQ(calls, 1) << "whoever was told first removed the others";
  pipeline_.Remove(first.get());
  TurnUntilIdle();
}

TEST_F(PipelineTest, AFeedMayComeWhileAnothersProgressIsTold) {
  std::vector<std::unique_ptr<Feed>> feeds;
  int calls = 0;
  const std::function<void(Feed&)> add_another = [&](Feed& told) {
    pipeline_.Remove(&told);
    if (++calls == 50) return;
    feeds.push_back(NewFeed(Revocation(std::to_string(calls))));
    pipeline_.Add(feeds.back().get(), add_another);
  };
  feeds.push_back(NewFeed(Revocation("0")));
  pipeline_.Add(feeds.back().get(), add_another);
  while (calls < 50) pipeline_.Turn(now_);
  EXPECT_EQ(node_.StateOf("49"), TokenState::kRevoked);
}

TEST_F(PipelineTest, DoesNotWaitForAReaderThatIsInside) {
  node_.reader.Enter();
  const auto first = NewFeed(Revocation("a"));
  int calls = 0;
  pipeline_.Add(first.get(), [&](Feed& told) {
    ++calls;
    pipeline_.Remove(&told);
  });
  EXPECT_TRUE(pipeline_.Turn(now_));
  EXPECT_EQ(calls, 1) << "it is visible for whoever enters now";
  const auto second = NewFeed(Revocation("b"));
  pipeline_.Add(second.get(), [&](Feed&) { ++calls; });
  EXPECT_TRUE(pipeline_.Turn(now_));
  EXPECT_EQ(second->report().lines, 0u) << "nothing is staged before the other side is up to date";
  EXPECT_EQ(node_.reader.Find(TokenDigest::Of("a"), Node::kNow).state, TokenState::kUnknown);
  node_.reader.Leave();
  EXPECT_FALSE(pipeline_.Turn(now_));
  EXPECT_EQ(calls, 2);
  pipeline_.Remove(second.get());
}

TEST_F(PipelineTest, SweepsUnlessAGroupIsUnderWay) {
  node_.Take(R"({"op":"upsert","token":"t","claims":{"exp":1700000100}})");
  const UnixSeconds later = Node::kNow + 400;
  const auto sweep_all = [&] {
    for (std::size_t i = 0; i < token::Table::kShards; ++i) pipeline_.Sweep(later);
  };
  node_.reader.Enter();
  const auto feed = NewFeed(Revocation("a"));
  pipeline_.Add(feed.get(), [](Feed&) {});
  pipeline_.Turn(now_);
  EXPECT_EQ(pipeline_.Sweep(later), Pipeline::Swept::kNothing);
  sweep_all();
  EXPECT_EQ(node_.store.status().tokens, 1u);
  node_.reader.Leave();
  sweep_all();
  EXPECT_EQ(node_.store.status().tokens, 0u);
  EXPECT_EQ(pipeline_.Sweep(later), Pipeline::Swept::kSome);
  EXPECT_TRUE(node_.writer.settled());
  pipeline_.Remove(feed.get());
}

}  // namespace
}  // namespace introspectd::update
