#include "token/writer.h"

#include "token/store_fixture.h"

namespace introspectd::token {
namespace {

using WriterTest = StoreFixture;

TEST_F(WriterTest, NothingIsVisibleBeforeItIsPublished) {
  writer_.Stage(UpsertOf(TokenDigest::Of("t"), 1, {.exp = kNow + 1}), kNow);
  EXPECT_TRUE(writer_.anything_staged());
  EXPECT_EQ(StateOf("t"), TokenState::kUnknown);
  writer_.Publish();
  EXPECT_EQ(StateOf("t"), TokenState::kActive);
  EXPECT_TRUE(writer_.TrySettle());
  EXPECT_FALSE(writer_.anything_staged());
  EXPECT_EQ(StateOf("t"), TokenState::kActive);
}

TEST_F(WriterTest, PublishingWhileAReaderIsInsideIsNoError) {
  reader_.Enter();
  writer_.Stage(UpsertOf(TokenDigest::Of("t"), 1, {.exp = kNow + 1}), kNow);
  writer_.Publish();
  writer_.Publish();
  EXPECT_FALSE(writer_.TrySettle());
  reader_.Leave();
  writer_.PublishAndSettle();
  EXPECT_EQ(StateOf("t"), TokenState::kActive);
}

TEST_F(WriterTest, TheHigherSequenceWinsInEitherOrder) {
  const Said low{.exp = kNow + 100, .answer = "low"};
  const Said high{.exp = kNow + 50, .answer = "high"};
  Upsert("t", 1, low);
  Upsert("t", 2, high);
  Upsert("u", 2, high);
  Upsert("u", 1, low);
  EXPECT_EQ(AnswerOf("t"), "high");
  EXPECT_EQ(AnswerOf("u"), "high");
}

TEST_F(WriterTest, EqualSequencesAreDecidedByTheGreaterDigest) {
  const bool a_is_greater = crypto::Sha256Of("a") > crypto::Sha256Of("b");
  const Said a{.exp = kNow + 100, .answer = "a"};
  const Said b{.exp = kNow + 100, .answer = "b"};
  Upsert("t", 5, a);
  Upsert("t", 5, b);
  Upsert("u", 5, b);
  Upsert("u", 5, a);
  EXPECT_EQ(AnswerOf("t"), a_is_greater ? "a" : "b");
  EXPECT_EQ(AnswerOf("u"), a_is_greater ? "a" : "b");
}

TEST_F(WriterTest, TheSameUpdateTwiceChangesNothing) {
  Upsert("t", 5, {.exp = kNow + 100, .answer = "a"});
  Revoke("r");
  Rule({.sub = "s"}, kNow, kNow + 500);
  RevokeJti(kIssuer, "j", kNow + 500);
  const StoreStatus before = store_.status();
  Upsert("t", 5, {.exp = kNow + 100, .answer = "a"});
  Revoke("r");
  writer_.Stage(AddRule{{RuleKey({.sub = "s"})}, 1, kNow, kNow + 500}, kNow);
  writer_.Stage(token::RevokeJti{JtiKey(kIssuer, "j"), 1, kNow + 500}, kNow);
  EXPECT_FALSE(writer_.anything_staged());
  const StoreStatus after = store_.status();
  EXPECT_EQ(after.tokens, before.tokens);
  EXPECT_EQ(after.revocations, before.revocations);
  EXPECT_EQ(after.rules, before.rules);
  EXPECT_EQ(after.record_bytes, before.record_bytes);
}

// It may be in memory alone: no room was left when it came first.
TEST_F(WriterTest, WhatChangesNothingIsKeptAgain) {
  Upsert("t", 5, {.exp = kNow + 100});
  Revoke("r");
  EXPECT_FALSE(writer_.anything_to_keep());
  writer_.Stage(UpsertOf(TokenDigest::Of("t"), 5, {.exp = kNow + 100}), kNow);
  writer_.Stage(RevokeToken{TokenDigest::Of("r"), 1, {.known = false, .end = kNow + 1}}, kNow);
  EXPECT_FALSE(writer_.anything_staged());
  ASSERT_EQ(writer_.staged().records.size(), 2u);
  EXPECT_EQ(writer_.staged().records[0]->digest(), TokenDigest::Of("t"));
  EXPECT_EQ(writer_.staged().records[1]->digest(), TokenDigest::Of("r"));
}

TEST_F(WriterTest, WithoutAJournalNothingIsHeldForOne) {
  Store store({.issuer = "i", .kept = false});
  Writer& writer = store.writer();
  writer.Stage(UpsertOf(TokenDigest::Of("t"), 5, {.exp = kNow + 100}), kNow);
  EXPECT_TRUE(writer.anything_staged());
  EXPECT_FALSE(writer.anything_to_keep());
  writer.PublishAndSettle();
  EXPECT_EQ(store.status().tokens, 1u);
}

TEST_F(WriterTest, RevocationIsFinalBeforeAndAfterItsToken) {
  Upsert("t", 1, {.exp = kNow + 100});
  Revoke("t");
  Upsert("t", 99, {.exp = kNow + 100});
  Revoke("u");
  Upsert("u", 99, {.exp = kNow + 100});
  EXPECT_EQ(StateOf("t"), TokenState::kRevoked);
  EXPECT_EQ(StateOf("u"), TokenState::kRevoked);
}

TEST_F(WriterTest, ARevocationIsRememberedUntilTheExpOfItsToken) {
  Upsert("before", 1, {.exp = kNow + 100});
  Revoke("before");
  Revoke("after");
  Upsert("after", 1, {.exp = kNow + 100});
  Revoke("alone");
  for (const char* token : {"before", "after"}) {
    EXPECT_EQ(StateOf(token, kNow + 399), TokenState::kRevoked) << token;
    EXPECT_EQ(StateOf(token, kNow + 400), TokenState::kUnknown) << token;
  }
  EXPECT_EQ(StateOf("alone", kNow + kLongestLife + 299), TokenState::kRevoked);
  EXPECT_EQ(StateOf("alone", kNow + kLongestLife + 300), TokenState::kUnknown);
}

TEST_F(WriterTest, ARevocationOutlivesTheLongestOfItsUpserts) {
  Upsert("t", 1, {.exp = kNow + 900});
  Upsert("t", 2, {.exp = kNow + 100});
  Revoke("t");
  Upsert("t", 1, {.exp = kNow + 900}, kNow + 500);  // the first one again, late
  EXPECT_EQ(StateOf("t", kNow + 500), TokenState::kRevoked);
}

TEST_F(WriterTest, ARevocationWhoseTimeIsOverStillEndsItsToken) {
  Revoke("before", 1, {.known = false, .end = 5});
  Upsert("before", 1, {.exp = kNow + 100});
  Upsert("after", 1, {.exp = kNow + 100});
  Revoke("after", 1, {.known = true, .end = 5});
  EXPECT_EQ(StateOf("before"), TokenState::kRevoked);
  EXPECT_EQ(StateOf("after"), TokenState::kRevoked);
}

TEST_F(WriterTest, AnExpiredUpsertEndsTheToken) {
  EXPECT_EQ(Upsert("t", 1, {.exp = kNow + 100}), Outcome::kApplied);
  EXPECT_EQ(Upsert("t", 2, {.exp = kNow}), Outcome::kExpired);
  EXPECT_EQ(Upsert("u", 2, {.exp = kNow - 5000}), Outcome::kExpired);
  EXPECT_EQ(Upsert("u", 1, {.exp = kNow + 100}), Outcome::kApplied);
  EXPECT_EQ(StateOf("t"), TokenState::kExpired);
  EXPECT_EQ(StateOf("u"), TokenState::kExpired);
}

TEST_F(WriterTest, AnExpiredUpsertIsRememberedForAsLongAsOlderOnesCanLive) {
  Upsert("t", 2, {.exp = kNow - 5000});
  const UnixSeconds late = kNow + kLongestLife + 299;
  Upsert("t", 1, {.exp = late + 100}, late);
  EXPECT_EQ(StateOf("t", late), TokenState::kExpired);
}

TEST_F(WriterTest, AnExpiredUpsertThatIsOlderChangesNothing) {
  Upsert("t", 2, {.exp = kNow + 100, .answer = "a"});
  EXPECT_EQ(Upsert("t", 1, {.exp = kNow - 1}), Outcome::kExpired);
  EXPECT_EQ(AnswerOf("t"), "a");
}

TEST_F(WriterTest, AnUpsertAfterAnExpiredOneBringsTheTokenBack) {
  Upsert("t", 1, {.exp = kNow - 1});
  Upsert("t", 2, {.exp = kNow + 100, .answer = "renewed"});
  EXPECT_EQ(AnswerOf("t"), "renewed");
}

TEST_F(WriterTest, AMarkerOfAnotherNodeIsExpiredWhateverTheClockSays) {
  const crypto::Sha256 rank = crypto::Sha256Of("claims");
  Do(token::Upsert{Record::Marker(TokenDigest::Of("t"), 2, kNow + 50, rank), kNow + 500}, kNow);
  EXPECT_EQ(StateOf("t"), TokenState::kExpired);
  Upsert("t", 1, {.exp = kNow + 100});
  EXPECT_EQ(StateOf("t"), TokenState::kExpired);
}

TEST_F(WriterTest, AMarkerRanksAsItsClaimsDid) {
  const bool a_is_greater = crypto::Sha256Of("a") > crypto::Sha256Of("b");
  Upsert("t", 5, {.exp = kNow - 1, .answer = "a"});  // a marker
  Upsert("t", 5, {.exp = kNow + 100, .answer = "b"});
  EXPECT_EQ(StateOf("t"), a_is_greater ? TokenState::kExpired : TokenState::kActive);
}

TEST_F(WriterTest, WhatIsForgottenBeginsAnewSweptOrNot) {
  const UnixSeconds later = kNow + 400;
  for (const bool swept : {false, true}) {
    const std::string token = swept ? "swept" : "not swept";
    Upsert(token, 9, {.exp = kNow + 100, .answer = "old"});
    Revoke(token);
    if (swept) SweepAll(later);
    Upsert(token, 1, {.exp = later + 100, .answer = "new"}, later);
    EXPECT_EQ(AnswerOf(token, later), "new") << token;
  }
}

TEST_F(WriterTest, OfTwoRulesOnTheSameMembersTheLaterOfEverythingIsKept) {
  Upsert("t", 1, {.exp = kNow + 900, .iat = kNow - 10, .sub = "s"});
  Rule({.sub = "s"}, kNow - 5, kNow + 100);
  Rule({.sub = "s"}, kNow - 50, kNow + 800);
  EXPECT_EQ(store_.status().rules, 1u);
  EXPECT_EQ(StateOf("t", kNow + 799), TokenState::kRevokedRule);
  EXPECT_EQ(StateOf("t", kNow + 800), TokenState::kActive);
}

TEST_F(WriterTest, ARuleCanStandForSeveralIssuers) {
  Do(AddRule{{RuleKey({.iss = "a", .sub = "s"}), RuleKey({.iss = "b", .sub = "s"})},
             1,
             kNow,
             kNow + 500},
     kNow);
  EXPECT_EQ(store_.status().rules, 2u);
  for (const char* issuer : {"a", "b", "c"}) {
    Upsert(issuer, 1, {.exp = kNow + 100, .iat = kNow, .iss = issuer, .sub = "s"});
  }
  EXPECT_EQ(StateOf("a"), TokenState::kRevokedRule);
  EXPECT_EQ(StateOf("b"), TokenState::kRevokedRule);
  EXPECT_EQ(StateOf("c"), TokenState::kActive);
}

TEST_F(WriterTest, ARevokedJtiIsRememberedAsLongAsATokenOfIt) {
  RevokeJti(kIssuer, "j", kNow + 500);
  Upsert("t", 1, {.exp = kNow + 900, .jti = "j"}, kNow + 400);
  SweepAll(kNow + 600);
  EXPECT_EQ(StateOf("t", kNow + 600), TokenState::kRevokedJti);
  EXPECT_EQ(StateOf("t", kNow + 899), TokenState::kRevokedJti);
  Upsert("u", 1, {.exp = kNow + 950, .jti = "another"}, kNow + 400);
  EXPECT_EQ(StateOf("u", kNow + 899), TokenState::kActive);
  SweepAll(kNow + 1500);
  EXPECT_EQ(store_.status().revocations, 0u);
}

TEST_F(WriterTest, AnEntrySequenceIsNowAndAboveEveryOneSeen) {
  EXPECT_EQ(writer_.EntrySequence(77), 77u);
  Upsert("t", 100, {.exp = kNow + 1});
  EXPECT_EQ(writer_.EntrySequence(77), 101u);
  Revoke("r", 200, {.known = true, .end = kNow + 1});
  EXPECT_EQ(writer_.sequence(), 200u);
  Do(AddRule{{RuleKey({.sub = "s"})}, 300, kNow, kNow + 1}, kNow);
  Do(token::RevokeJti{JtiKey("i", "j"), 400, kNow + 1}, kNow);
  EXPECT_EQ(writer_.EntrySequence(77), 401u);
  EXPECT_EQ(writer_.EntrySequence(5000), 5000u);
  writer_.SawSequence(9000);
  EXPECT_EQ(writer_.EntrySequence(5000), 9001u);
  writer_.SawSequence(8000);
  EXPECT_EQ(writer_.sequence(), 9000u);
}

TEST_F(WriterTest, ALosingUpdateStillRaisesTheSequence) {
  Revoke("t");
  Upsert("t", 50, {.exp = kNow + 1});
  EXPECT_EQ(writer_.sequence(), 50u);
}

TEST_F(WriterTest, CountsWhatItHolds) {
  Upsert("t", 1, {.exp = kNow + 100});
  EXPECT_EQ(store_.status().tokens, 1u);
  EXPECT_EQ(store_.status().revocations, 0u);
  EXPECT_GT(store_.status().record_bytes, 0u);
  EXPECT_EQ(store_.status().template_bytes, 0u);
  Upsert("t", 2, {.exp = kNow + 100});
  EXPECT_GT(store_.status().template_bytes, 0u) << "the second one of its kind";
  Revoke("t");
  EXPECT_EQ(store_.status().tokens, 0u);
  EXPECT_EQ(store_.status().revocations, 1u);
  EXPECT_GT(store_.status().index_bytes, 0u);
}

TEST_F(WriterTest, AGroupMayTouchATokenManyTimes) {
  const TokenDigest digest = TokenDigest::Of("t");
  for (std::uint64_t i = 1; i <= 50; ++i) {
    writer_.Stage(UpsertOf(digest, i, {.exp = kNow + 100, .answer = std::to_string(i)}), kNow);
  }
  writer_.StageSweep(kNow);
  writer_.PublishAndSettle();
  EXPECT_EQ(AnswerOf("t"), "50");
  writer_.Stage(RevokeToken{digest, 99, {.known = false, .end = kNow + kLongestLife}}, kNow);
  writer_.Stage(UpsertOf(digest, 100, {.exp = kNow + 100}), kNow);
  writer_.PublishAndSettle();
  EXPECT_EQ(StateOf("t"), TokenState::kRevoked);
  EXPECT_EQ(store_.status().tokens, 0u);
  EXPECT_EQ(store_.status().revocations, 1u);
}

TEST(WriterDeathTest, DoesNotStageBetweenPublishAndSettle) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Store store({.issuer = "i"});
  Writer& writer = store.writer();
  Store::Reader reader(store);
  reader.Enter();
  writer.Stage(UpsertOf(TokenDigest::Of("t"), 1, {.exp = 2}), 1);
  writer.Publish();
  EXPECT_DEATH(writer.Stage(UpsertOf(TokenDigest::Of("u"), 1, {.exp = 2}), 1),
               "CHECK failed: settled\\(\\)");
  reader.Leave();
}

}  // namespace
}  // namespace introspectd::token
