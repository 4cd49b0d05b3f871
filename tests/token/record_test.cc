#include "token/record.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "token/said.h"

namespace introspectd::token {
namespace {

const TokenDigest kDigest = DigestOf(1, 2, 3);

TEST(RecordTest, GivesBackWhatWasSaid) {
  const Said said{.exp = 200,
                  .nbf = 50,
                  .iat = 40,
                  .iss = "https://i/",
                  .sub = "",
                  .scope = "read write",
                  .aud = {"a", "", "ccc"},
                  .answer = R"({"active":true,"exp":200})"};
  const RecordPtr record = Record::Upsert(kDigest, 7, ClaimsOf(said));
  EXPECT_EQ(record->kind(), Record::Kind::kClaims);
  EXPECT_EQ(record->digest(), kDigest);
  EXPECT_EQ(record->sequence(), 7u);
  EXPECT_EQ(record->answer(), said.answer);
  EXPECT_EQ(record->exp(), 200);
  EXPECT_EQ(record->nbf(), 50);
  EXPECT_EQ(record->iat(), 40);
  EXPECT_EQ(record->field(Field::kIss), "https://i/");
  EXPECT_EQ(record->field(Field::kSub), "") << "empty, not absent";
  EXPECT_EQ(record->field(Field::kScope), "read write");
  for (const Field absent : {Field::kClientId, Field::kSid, Field::kJti}) {
    EXPECT_EQ(record->field(absent), std::nullopt);
  }
  ASSERT_EQ(record->audience_count(), 3u);
  EXPECT_EQ(record->audience(0), "a");
  EXPECT_EQ(record->audience(1), "");
  EXPECT_EQ(record->audience(2), "ccc");
}

TEST(RecordTest, TimesThatAreNotSaidAreNever) {
  const RecordPtr record = Record::Upsert(kDigest, 1, ClaimsOf({.exp = 9}));
  EXPECT_EQ(record->nbf(), kNever);
  EXPECT_EQ(record->iat(), kNever);
  EXPECT_EQ(record->audience_count(), 0u);
}

TEST(RecordTest, HoldsUpTo64KiB) {
  Said said{.exp = 9, .sub = "at the end"};
  said.answer.assign(Span16::kAbsent - said.sub->size(), 'x');
  const RecordPtr record = Record::Upsert(kDigest, 1, ClaimsOf(said));
  EXPECT_EQ(record->answer(), said.answer);
  EXPECT_EQ(record->field(Field::kSub), "at the end");
}

TEST(RecordTest, IsRememberedUntil300SecondsAfterItsEnd) {
  const RecordPtr record = Record::Upsert(kDigest, 1, ClaimsOf({.exp = 1000}));
  EXPECT_EQ(record->end(), 1000);
  EXPECT_TRUE(record->Remembered(0));
  EXPECT_TRUE(record->Remembered(1299));
  EXPECT_FALSE(record->Remembered(1300));
  record->SetMemory({.known = true, .end = 2000});
  EXPECT_TRUE(record->Remembered(2299));
  EXPECT_FALSE(record->Remembered(2300));
}

TEST(RecordTest, AMarkerRanksAsTheClaimsThatItStandsFor) {
  const RecordPtr claims = Record::Upsert(kDigest, 1, ClaimsOf({.exp = 5, .answer = "{1}"}));
  const RecordPtr marker = Record::Marker(kDigest, 1, 5, claims->rank());
  EXPECT_EQ(marker->kind(), Record::Kind::kMarker);
  EXPECT_EQ(marker->rank(), claims->rank());
  EXPECT_EQ(claims->rank(), crypto::Sha256Of("{1}"));
  EXPECT_EQ(marker->exp(), 5);
  EXPECT_EQ(marker->answer(), "");
  EXPECT_EQ(marker->field(Field::kIss), std::nullopt);
}

TEST(RecordTest, ARevocationHoldsNothingOfTheToken) {
  const RecordPtr record = Record::Revocation(kDigest, 8);
  record->SetMemory({.known = false, .end = 77});
  EXPECT_EQ(record->kind(), Record::Kind::kRevocation);
  EXPECT_EQ(record->answer(), "");
  EXPECT_EQ(record->sequence(), 8u);
  EXPECT_FALSE(record->memory().known);
  EXPECT_EQ(record->memory().end, 77);
  record->SetSequence(9);
  EXPECT_EQ(record->sequence(), 9u);
}

TEST(RecordTest, ItsSizeIsThatOfItsParts) {
  const RecordPtr empty = Record::Revocation(kDigest, 1);
  const RecordPtr claims =
      Record::Upsert(kDigest, 1, ClaimsOf({.exp = 5, .aud = {"1234"}, .answer = "123456"}));
  EXPECT_EQ(claims->allocated_bytes() - empty->allocated_bytes(), sizeof(Span16) + 10);
}

TEST(RecordTest, ACopyNeedsNothingOfTheOriginal) {
  RecordPtr record = Record::Upsert(kDigest, 3, ClaimsOf({.exp = 5, .sub = "s", .aud = {"a"}}));
  const RecordPtr copy = record->Copy();
  const std::string answer(record->answer());
  record.reset();
  EXPECT_EQ(copy->answer(), answer);
  EXPECT_EQ(copy->field(Field::kSub), "s");
  EXPECT_EQ(copy->audience(0), "a");
  EXPECT_EQ(copy->digest(), kDigest);
  EXPECT_EQ(copy->sequence(), 3u);
}

TEST(ClaimsTest, ClearLeavesNothing) {
  Claims claims = ClaimsOf({.exp = 5, .nbf = 1, .iat = 2, .sub = "s", .aud = {"a"}});
  claims.Clear();
  EXPECT_EQ(claims.bytes, "");
  EXPECT_EQ(claims.answer_size, 0u);
  EXPECT_TRUE(claims.audiences.empty());
  EXPECT_EQ(claims.exp, 0);
  EXPECT_EQ(claims.nbf, kNever);
  EXPECT_EQ(claims.iat, kNever);
  for (const Span16 span : claims.fields) EXPECT_EQ(span.offset, Span16::kAbsent);
}

}  // namespace
}  // namespace introspectd::token
