#include "token/turnstile.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace introspectd::token {
namespace {

using Reader = Turnstile::Reader;

TEST(TurnstileTest, WithoutReadersItIsDrainedAtOnce) {
  Turnstile turnstile;
  EXPECT_EQ(turnstile.visible(), 0);
  EXPECT_EQ(turnstile.hidden(), 1);
  EXPECT_FALSE(turnstile.draining());
  EXPECT_TRUE(turnstile.Drained());
  turnstile.Flip();
  EXPECT_EQ(turnstile.visible(), 1);
  EXPECT_TRUE(turnstile.draining());
  EXPECT_TRUE(turnstile.Drained());
  EXPECT_FALSE(turnstile.draining());
}

TEST(TurnstileTest, WaitsForWhoEnteredBeforeTheFlip) {
  Turnstile turnstile;
  Reader reader(turnstile);
  EXPECT_EQ(reader.Enter(), 0);
  EXPECT_TRUE(reader.inside());
  turnstile.Flip();
  EXPECT_FALSE(turnstile.Drained());
  EXPECT_FALSE(turnstile.Drained());
  reader.Leave();
  EXPECT_FALSE(reader.inside());
  EXPECT_TRUE(turnstile.Drained());
}

TEST(TurnstileTest, DoesNotWaitForWhoEnteredAfterwards) {
  Turnstile turnstile;
  Reader before(turnstile);
  Reader after(turnstile);
  before.Enter();
  turnstile.Flip();
  EXPECT_EQ(after.Enter(), 1);
  EXPECT_FALSE(turnstile.Drained());
  before.Leave();
  EXPECT_EQ(before.Enter(), 1) << "back again, on the other side";
  EXPECT_TRUE(turnstile.Drained());
  turnstile.Flip();
  EXPECT_FALSE(turnstile.Drained());
  after.Leave();
  EXPECT_FALSE(turnstile.Drained());
  before.Leave();
  EXPECT_TRUE(turnstile.Drained());
}

TEST(TurnstileTest, AReaderMayComeAtAnyTime) {
  Turnstile turnstile;
  turnstile.Flip();
  Reader late(turnstile);
  EXPECT_EQ(late.Enter(), 1);
  EXPECT_TRUE(turnstile.Drained()) << "it came after the flip";
  turnstile.Flip();
  EXPECT_FALSE(turnstile.Drained());
  late.Leave();
  EXPECT_TRUE(turnstile.Drained());
}

TEST(TurnstileTest, AReaderThatGoesHasLeft) {
  Turnstile turnstile;
  auto reader = std::make_unique<Reader>(turnstile);
  reader->Enter();
  turnstile.Flip();
  EXPECT_FALSE(turnstile.Drained());
  reader.reset();
  EXPECT_TRUE(turnstile.Drained());
}

TEST(TurnstileTest, ThePlaceOfAReaderThatWentIsUsedAgain) {
  Turnstile turnstile;
  for (std::size_t i = 0; i < 2 * Turnstile::kReadersMax; ++i) {
    Reader reader(turnstile);
    EXPECT_EQ(reader.Enter(), turnstile.visible());
    turnstile.Flip();
    EXPECT_FALSE(turnstile.Drained());
    reader.Leave();
    EXPECT_TRUE(turnstile.Drained());
  }
}

TEST(TurnstileTest, HasRoomForAsManyReadersAsItSays) {
  Turnstile turnstile;
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::size_t i = 0; i < Turnstile::kReadersMax; ++i) {
    readers.push_back(std::make_unique<Reader>(turnstile));
    readers.back()->Enter();
  }
  turnstile.Flip();
  for (const auto& reader : readers) {
    EXPECT_FALSE(turnstile.Drained());
    reader->Leave();
  }
  EXPECT_TRUE(turnstile.Drained());
}

TEST(TurnstileDeathTest, DoesNotFlipBeforeItIsDrained) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Turnstile turnstile;
  turnstile.Flip();
  EXPECT_DEATH(turnstile.Flip(), "CHECK failed: !draining_");
}

}  // namespace
}  // namespace introspectd::token
