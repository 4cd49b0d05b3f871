// What the writer lets go of, and when.

#include <string>

#include "token/store_fixture.h"
#include "token/writer.h"

namespace introspectd::token {
namespace {

using WriterSweepTest = StoreFixture;

TEST_F(WriterSweepTest, TheSweepLetsGoOfWhatIsOver) {
  Upsert("short", 1, {.exp = kNow + 100});
  Upsert("long", 1, {.exp = kNow + 500});
  Upsert("expired", 1, {.exp = kNow - 1});
  Revoke("revoked");
  RevokeJti(kIssuer, "j1", kNow + 400);
  RevokeJti(kIssuer, "j2", kNow + 401);
  Rule({.sub = "1"}, kNow, kNow + 400);
  Rule({.sub = "2"}, kNow, kNow + 401);
  EXPECT_EQ(store_.status().tokens, 3u);
  EXPECT_EQ(store_.status().revocations, 3u);
  EXPECT_EQ(store_.status().rules, 2u);
  SweepAll(kNow + 400);
  EXPECT_EQ(store_.status().tokens, 2u);
  EXPECT_EQ(store_.status().revocations, 2u);
  EXPECT_EQ(store_.status().rules, 1u);
  EXPECT_EQ(StateOf("long", kNow + 400), TokenState::kActive);
  SweepAll(kNow + 3000);
  EXPECT_EQ(store_.status().tokens, 0u);
  EXPECT_EQ(store_.status().revocations, 0u);
  EXPECT_EQ(store_.status().rules, 0u);
  EXPECT_EQ(store_.status().record_bytes, 0u);
}

TEST_F(WriterSweepTest, ARuleThatWasRenewedSurvivesTheSweepOfItsFirstEnd) {
  Rule({.sub = "s"}, kNow, kNow + 100);
  Rule({.sub = "s"}, kNow, kNow + 300);
  RevokeJti(kIssuer, "j", kNow + 100);
  RevokeJti(kIssuer, "j", kNow + 300);
  SweepAll(kNow + 299);
  EXPECT_EQ(store_.status().rules, 1u);
  EXPECT_EQ(store_.status().revocations, 1u);
  SweepAll(kNow + 300);
  EXPECT_EQ(store_.status().rules, 0u);
  EXPECT_EQ(store_.status().revocations, 0u);
  Rule({.sub = "s"}, kNow + 300, kNow + 900, kNow + 300);
  EXPECT_EQ(store_.status().rules, 1u) << "and it can come again";
}

// However many tokens a shard has, and however many of them are over.
TEST_F(WriterSweepTest, AStepLooksAtAFewTokensAndAPassAtAll) {
  constexpr std::uint64_t kTokens = 5000;
  constexpr std::uint64_t kStepMax = 256;
  for (std::uint32_t i = 0; i < kTokens; ++i) {
    const UnixSeconds exp = i % 3 == 0 ? kNow + 1000 : kNow + 100;
    writer_.Stage(UpsertOf(DigestOf(0, i, i), 1, {.exp = exp}), kNow);
  }
  writer_.PublishAndSettle();
  std::uint64_t before = kTokens;
  for (int step = 0; writer_.StageSweep(kNow + 400); ++step) {
    ASSERT_LT(step, 100) << "the shard has no end";
    writer_.PublishAndSettle();
    EXPECT_LT(before - store_.status().tokens, kStepMax);
    before = store_.status().tokens;
  }
  EXPECT_EQ(store_.status().tokens, (kTokens + 2) / 3);
}

TEST_F(WriterSweepTest, TheSweepOfAShardGoesOnWhileItGrows) {
  const auto upsert = [this](std::uint32_t i, UnixSeconds exp) {
    writer_.Stage(UpsertOf(DigestOf(0, i, i), 1, {.exp = exp}), kNow);
  };
  for (std::uint32_t i = 0; i < 1000; ++i) upsert(i, kNow + 100);
  writer_.PublishAndSettle();
  for (std::uint32_t fresh = 1000; writer_.StageSweep(kNow + 400); fresh += 1000) {
    for (std::uint32_t i = 0; i < 1000; ++i) upsert(fresh + i, kNow + 1000);
    writer_.PublishAndSettle();
    ASSERT_LT(fresh, 100'000u);
  }
  EXPECT_EQ(store_.status().tokens % 1000, 0u) << "those that are over have gone";
}

TEST_F(WriterSweepTest, AStepTakesAHundredRules) {
  for (int i = 0; i < 150; ++i) {
    writer_.Stage(AddRule{{RuleKey({.sub = std::to_string(i)})}, 1, kNow, kNow + 100}, kNow);
  }
  writer_.PublishAndSettle();
  EXPECT_TRUE(writer_.StageSweep(kNow + 100)) << "there are more";
  writer_.PublishAndSettle();
  EXPECT_EQ(store_.status().rules, 50u);
  EXPECT_FALSE(writer_.StageSweep(kNow + 100));
  writer_.PublishAndSettle();
  EXPECT_EQ(store_.status().rules, 0u);
}

}  // namespace
}  // namespace introspectd::token
