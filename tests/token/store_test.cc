#include "introspectd/store.h"

#include "token/store_fixture.h"

namespace introspectd::token {
namespace {

using StoreTest = StoreFixture;

TEST_F(StoreTest, KnowsNothingOfATokenThatNobodySpokeOf) {
  EXPECT_EQ(StateOf("t"), TokenState::kUnknown);
}

TEST_F(StoreTest, ShowsWhatTheIssuerSaid) {
  Upsert("t", 1,
         {.exp = kNow + 100,
          .iss = "https://i/",
          .client_id = "c",
          .scope = "a b",
          .aud = {"x", "y"},
          .answer = R"({"active":true,"answer":1})"});
  reader_.Enter();
  const Store::Finding found = reader_.Find(TokenDigest::Of("t"), kNow);
  ASSERT_EQ(found.state, TokenState::kActive);
  EXPECT_EQ(found.token.answer(), R"({"active":true,"answer":1})");
  EXPECT_EQ(found.token.exp(), kNow + 100);
  EXPECT_EQ(found.token.issuer(), "https://i/");
  EXPECT_EQ(found.token.client_id(), "c");
  EXPECT_EQ(found.token.scope(), "a b");
  ASSERT_EQ(found.token.audience_count(), 2u);
  EXPECT_EQ(found.token.audience(1), "y");
  reader_.Leave();
}

TEST_F(StoreTest, ATokenIsGoodBeforeItsExp) {
  Upsert("t", 1, {.exp = kNow + 100});
  EXPECT_EQ(StateOf("t", kNow + 99), TokenState::kActive);
  EXPECT_EQ(StateOf("t", kNow + 100), TokenState::kExpired);
}

TEST_F(StoreTest, ATokenIsGoodFromItsNbfOn) {
  Upsert("t", 1, {.exp = kNow + 100, .nbf = kNow + 10});
  EXPECT_EQ(StateOf("t", kNow + 9), TokenState::kNotYetValid);
  EXPECT_EQ(StateOf("t", kNow + 10), TokenState::kActive);
}

TEST_F(StoreTest, AKnownTokenStaysKnownFor300SecondsSweptOrNot) {
  Upsert("t", 1, {.exp = kNow + 100});
  SweepAll(kNow + 399);
  EXPECT_EQ(StateOf("t", kNow + 399), TokenState::kExpired);
  EXPECT_EQ(StateOf("t", kNow + 400), TokenState::kUnknown) << "before the sweep, too";
  SweepAll(kNow + 400);
  EXPECT_EQ(StateOf("t", kNow + 400), TokenState::kUnknown);
}

TEST_F(StoreTest, ARuleHitsWithEveryMemberAndIssuer) {
  Upsert("t", 1, {.exp = kNow + 100, .iat = kNow, .iss = "https://i/", .sub = "s", .sid = "d"});
  Rule({.iss = "https://other/", .sub = "s"}, kNow, kNow + 500);
  Rule({.sub = "s", .client_id = "c"}, kNow, kNow + 500);
  Rule({.iss = "https://i/", .sub = "s"}, kNow - 1, kNow + 500);
  EXPECT_EQ(StateOf("t"), TokenState::kActive);
  Rule({.sub = "s", .sid = "d"}, kNow, kNow + 500);
  EXPECT_EQ(StateOf("t"), TokenState::kRevokedRule);
}

TEST_F(StoreTest, ARuleHitsTokensThatComeLater) {
  Rule({.sub = "s"}, kNow, kNow + 500);
  Upsert("old", 1, {.exp = kNow + 200, .iat = kNow, .sub = "s"}, kNow + 1);
  Upsert("new", 1, {.exp = kNow + 200, .iat = kNow + 1, .sub = "s"}, kNow + 1);
  EXPECT_EQ(StateOf("old", kNow + 1), TokenState::kRevokedRule);
  EXPECT_EQ(StateOf("new", kNow + 1), TokenState::kActive);
}

TEST_F(StoreTest, ATokenWithoutIatIsHitWhateverTheTime) {
  Upsert("t", 1, {.exp = kNow + 100, .sub = "s"});
  Rule({.sub = "s"}, 0, kNow + 500);
  EXPECT_EQ(StateOf("t"), TokenState::kRevokedRule);
}

TEST_F(StoreTest, ATokenWithoutIssIsTheDefaultIssuers) {
  Upsert("t", 1, {.exp = kNow + 100, .iat = kNow, .sub = "s", .jti = "j"});
  Rule({.iss = "https://other/", .sub = "s"}, kNow, kNow + 500);
  RevokeJti("https://other/", "j", kNow + 500);
  EXPECT_EQ(StateOf("t"), TokenState::kActive);
  RevokeJti(kIssuer, "j", kNow + 500);
  EXPECT_EQ(StateOf("t"), TokenState::kRevokedJti);
  Upsert("u", 1, {.exp = kNow + 100, .iat = kNow, .sub = "s"});
  Rule({.iss = kIssuer, .sub = "s"}, kNow, kNow + 500);
  EXPECT_EQ(StateOf("u"), TokenState::kRevokedRule);
}

TEST_F(StoreTest, ARevokedJtiNeedsItsIssuerToMatch) {
  RevokeJti("https://i/", "j", kNow + 500);
  Upsert("mine", 1, {.exp = kNow + 100, .iss = "https://i/", .jti = "j"});
  Upsert("other", 1, {.exp = kNow + 100, .iss = "https://i2/", .jti = "j"});
  Upsert("none", 1, {.exp = kNow + 100, .iss = "https://i/"});
  EXPECT_EQ(StateOf("mine"), TokenState::kRevokedJti);
  EXPECT_EQ(StateOf("other"), TokenState::kActive);
  EXPECT_EQ(StateOf("none"), TokenState::kActive);
}

TEST_F(StoreTest, OfWhatIsRevokedNothingIsHeld) {
  Upsert("t", 1, {.exp = kNow + 100, .sub = "s", .aud = {"a"}, .answer = std::string(500, 'x')});
  Revoke("t");
  reader_.Enter();
  const Store::Finding found = reader_.Find(TokenDigest::Of("t"), kNow);
  EXPECT_EQ(found.state, TokenState::kRevoked);
  EXPECT_EQ(found.token.answer(), "");
  EXPECT_EQ(found.token.audience_count(), 0u);
  EXPECT_EQ(found.token.client_id(), std::nullopt);
  reader_.Leave();
}

TEST_F(StoreTest, AReaderSeesOneStateUntilItLeaves) {
  Upsert("t", 1, {.exp = kNow + 100, .answer = "first"});
  reader_.Enter();
  const TokenView view = reader_.Find(TokenDigest::Of("t"), kNow).token;
  writer_.Stage(UpsertOf(TokenDigest::Of("t"), 2, {.exp = kNow + 100, .answer = "second"}), kNow);
  writer_.Publish();
  EXPECT_FALSE(writer_.TrySettle());
  EXPECT_EQ(view.answer(), "first");
  EXPECT_EQ(reader_.Find(TokenDigest::Of("t"), kNow).token.answer(), "first");
  Store::Reader other(store_);
  other.Enter();
  EXPECT_EQ(other.Find(TokenDigest::Of("t"), kNow).token.answer(), "second");
  other.Leave();
  EXPECT_FALSE(writer_.TrySettle());
  reader_.Leave();
  EXPECT_TRUE(writer_.TrySettle());
  EXPECT_EQ(AnswerOf("t"), "second");
}

TEST_F(StoreTest, AVisitLastsToTheEndOfItsScope) {
  {
    const Store::Visit visit(reader_);
    EXPECT_TRUE(reader_.inside());
  }
  EXPECT_FALSE(reader_.inside());
  EXPECT_EQ(reader_.issuer(), kIssuer);
}

TEST_F(StoreTest, LookingAheadChangesNothing) {
  Upsert("t", 1, {.exp = kNow + 100, .answer = "a"});
  reader_.Enter();
  for (const char* token : {"t", "unknown"}) {
    reader_.Prefetch(TokenDigest::Of(token));
    reader_.PrefetchRecord(TokenDigest::Of(token));
  }
  EXPECT_EQ(reader_.Find(TokenDigest::Of("t"), kNow).token.answer(), "a");
  reader_.Leave();
  EXPECT_FALSE(reader_.inside());
}

TEST_F(StoreTest, CanGoWhileSomethingIsStagedOrVisibleOnOneSideOnly) {
  {
    Store store({.issuer = "i"});
    store.writer().Stage(UpsertOf(TokenDigest::Of("t"), 1, {.exp = kNow + 1}), kNow);
  }
  Store store({.issuer = "i"});
  Store::Reader reader(store);
  reader.Enter();
  store.writer().Stage(UpsertOf(TokenDigest::Of("t"), 1, {.exp = kNow + 1}), kNow);
  store.writer().Publish();
  EXPECT_FALSE(store.writer().settled());
  reader.Leave();
}

}  // namespace
}  // namespace introspectd::token
