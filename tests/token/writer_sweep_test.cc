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

TEST_F(WriterSweepTest, OneStepOfTheSweepEndsAtAThousandTokens) {
  for (std::uint32_t i = 0; i < 1500; ++i) {
    writer_.Stage(UpsertOf(DigestOf(0, i, i), 1, {.exp = kNow + 100}), kNow);
  }
  writer_.PublishAndSettle();
  EXPECT_TRUE(writer_.StageSweep(kNow + 400)) << "there is more in this shard";
  writer_.PublishAndSettle();
  EXPECT_EQ(store_.status().tokens, 500u);
  writer_.StageSweep(kNow + 400);
  writer_.PublishAndSettle();
  EXPECT_EQ(store_.status().tokens, 0u);
}

TEST_F(WriterSweepTest, OneStepOfTheSweepEndsAtAThousandRules) {
  for (int i = 0; i < 1500; ++i) {
    writer_.Stage(AddRule{{RuleKey({.sub = std::to_string(i)})}, 1, kNow, kNow + 100}, kNow);
  }
  writer_.PublishAndSettle();
  writer_.StageSweep(kNow + 100);
  writer_.PublishAndSettle();
  EXPECT_EQ(store_.status().rules, 500u);
  writer_.StageSweep(kNow + 100);
  writer_.PublishAndSettle();
  EXPECT_EQ(store_.status().rules, 0u);
}

}  // namespace
}  // namespace introspectd::token
