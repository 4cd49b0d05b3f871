#include "token/stored_record.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "population/random.h"
#include "token/said.h"

namespace introspectd::token {
namespace {

const TokenDigest kStoredDigest = TokenDigest::Of("token");
constexpr std::size_t kHeadBytes = 72;
constexpr std::size_t kEndAt = 40;

std::string Stored(const Record& record) {
  std::string stored;
  StoredRecord::Append(record, stored);
  return stored;
}

// From a block of its own, so that a read behind its end is a read outside.
RecordPtr ReadAlone(std::string_view stored) {
  const std::unique_ptr<char[]> block(new char[stored.size()]);
  if (!stored.empty()) std::memcpy(block.get(), stored.data(), stored.size());
  return StoredRecord::Read(kStoredDigest, {block.get(), stored.size()});
}

RecordPtr FullClaims() {
  return Record::Upsert(kStoredDigest, 77,
                        ClaimsOf({.exp = 900,
                                  .nbf = 100,
                                  .iat = 50,
                                  .iss = "https://i/",
                                  .sub = "subject",
                                  .client_id = "client",
                                  .sid = "session",
                                  .jti = "j",
                                  .scope = "a b",
                                  .aud = {"x", "yy", ""},
                                  .answer = R"({"active":true,"more":"of it"})"}));
}

RecordPtr SomeMarker() {
  RecordPtr marker = Record::Marker(kStoredDigest, 78, 900, crypto::Sha256Of("the answer"));
  marker->SetMemory({.known = true, .end = 1200});
  return marker;
}

RecordPtr SomeRevocation() {
  RecordPtr revocation = Record::Revocation(kStoredDigest, 79);
  revocation->SetMemory({.known = false, .end = 1300});
  return revocation;
}

std::vector<RecordPtr> OneOfEachKind() {
  std::vector<RecordPtr> records;
  records.push_back(FullClaims());
  records.push_back(Record::Upsert(kStoredDigest, 1, ClaimsOf({.exp = 9})));
  records.push_back(SomeMarker());
  records.push_back(SomeRevocation());
  return records;
}

// Looks at every byte that the record says is its own; what they are is not the question.
std::size_t TouchAll(const Record& record) {
  const auto sum = [](std::string_view text) {
    std::size_t total = text.size();
    for (const char c : text) total += static_cast<unsigned char>(c);
    return total;
  };
  std::size_t total = sum(record.answer());
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (const auto text = record.field(static_cast<Field>(i))) total += sum(*text);
  }
  for (std::size_t i = 0; i < record.audience_count(); ++i) total += sum(record.audience(i));
  if (record.kind() != Record::Kind::kRevocation) total += record.rank()[0];
  return total + sum(Stored(record));
}

bool Inside(std::string_view text, const Record& record) {
  const auto* begin = reinterpret_cast<const char*>(&record);
  return text.data() >= begin && text.data() + text.size() <= begin + record.allocated_bytes();
}

void ExpectSpansInside(const Record& record) {
  EXPECT_TRUE(Inside(record.answer(), record));
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    EXPECT_TRUE(Inside(record.field(static_cast<Field>(i)).value_or(record.answer()), record));
  }
  for (std::size_t i = 0; i < record.audience_count(); ++i) {
    EXPECT_TRUE(Inside(record.audience(i), record));
  }
  EXPECT_NE(TouchAll(record), 0u);
}

TEST(StoredRecordTest, ClaimsComeBackWithAllTheirParts) {
  const RecordPtr record = ReadAlone(Stored(*FullClaims()));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind(), Record::Kind::kClaims);
  EXPECT_EQ(record->digest(), kStoredDigest);
  EXPECT_EQ(record->sequence(), 77u);
  EXPECT_EQ(record->exp(), 900);
  EXPECT_EQ(record->nbf(), 100);
  EXPECT_EQ(record->iat(), 50);
  EXPECT_EQ(record->answer(), R"({"active":true,"more":"of it"})");
  EXPECT_EQ(record->field(Field::kIss), "https://i/");
  EXPECT_EQ(record->field(Field::kSub), "subject");
  EXPECT_EQ(record->field(Field::kClientId), "client");
  EXPECT_EQ(record->field(Field::kSid), "session");
  EXPECT_EQ(record->field(Field::kJti), "j");
  EXPECT_EQ(record->field(Field::kScope), "a b");
  ASSERT_EQ(record->audience_count(), 3u);
  EXPECT_EQ(record->audience(1), "yy");
  EXPECT_EQ(record->audience(2), "");
}

TEST(StoredRecordTest, WhatIsNotSaidStaysUnsaid) {
  const RecordPtr record =
      ReadAlone(Stored(*Record::Upsert(kStoredDigest, 1, ClaimsOf({.exp = 9}))));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->nbf(), kNever);
  EXPECT_EQ(record->iat(), kNever);
  EXPECT_EQ(record->audience_count(), 0u);
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    EXPECT_EQ(record->field(static_cast<Field>(i)), std::nullopt);
  }
}

TEST(StoredRecordTest, AMarkerKeepsItsRank) {
  const RecordPtr record = ReadAlone(Stored(*SomeMarker()));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind(), Record::Kind::kMarker);
  EXPECT_EQ(record->rank(), crypto::Sha256Of("the answer"));
  EXPECT_EQ(record->sequence(), 78u);
  EXPECT_EQ(record->exp(), 900);
  EXPECT_TRUE(record->memory().known);
  EXPECT_EQ(record->memory().end, 1200);
}

TEST(StoredRecordTest, ARevocationKeepsWhatItWaitsFor) {
  const RecordPtr record = ReadAlone(Stored(*SomeRevocation()));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind(), Record::Kind::kRevocation);
  EXPECT_EQ(record->sequence(), 79u);
  EXPECT_FALSE(record->memory().known);
  EXPECT_EQ(record->memory().end, 1300);
  record->SetMemory({.known = true, .end = 5});
  EXPECT_TRUE(ReadAlone(Stored(*record))->memory().known);
}

TEST(StoredRecordTest, HoldsUpTo64KiB) {
  Said said{.exp = 9, .sub = "at the end"};
  said.answer.assign(Span16::kAbsent - said.sub->size(), 'x');
  const std::string stored = Stored(*Record::Upsert(kStoredDigest, 1, ClaimsOf(said)));
  const RecordPtr record = ReadAlone(stored);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->answer(), said.answer);
  EXPECT_EQ(record->field(Field::kSub), "at the end");
  EXPECT_EQ(ReadAlone(stored + "x"), nullptr) << "longer than any";
}

TEST(StoredRecordTest, TheSameRecordIsTheSameBytes) {
  for (const RecordPtr& record : OneOfEachKind()) {
    const std::string stored = Stored(*record);
    EXPECT_EQ(Stored(*ReadAlone(stored)), stored);
    EXPECT_EQ(ReadAlone(stored)->allocated_bytes(), record->allocated_bytes());
  }
}

TEST(StoredRecordTest, IsAppended) {
  std::string out = "before";
  StoredRecord::Append(*SomeRevocation(), out);
  EXPECT_EQ(out, "before" + Stored(*SomeRevocation()));
}

TEST(StoredRecordTest, ItsHeadIs72Bytes) { EXPECT_EQ(Stored(*SomeRevocation()).size(), 72u); }

TEST(StoredRecordTest, NoPartOfOneIsReadOutside) {
  for (const RecordPtr& record : OneOfEachKind()) {
    const std::string stored = Stored(*record);
    for (std::size_t size = 0; size < stored.size(); ++size) {
      const RecordPtr read = ReadAlone(stored.substr(0, size));
      EXPECT_TRUE(read == nullptr || size >= kHeadBytes) << size;
      if (read != nullptr) ExpectSpansInside(*read);
    }
  }
}

TEST(StoredRecordTest, AMarkerOrRevocationOfAnotherSizeIsNone) {
  for (const RecordPtr& record : {SomeMarker(), SomeRevocation()}) {
    const std::string stored = Stored(*record);
    EXPECT_EQ(ReadAlone(stored + "x"), nullptr);
    EXPECT_EQ(ReadAlone(stored.substr(0, stored.size() - 1)), nullptr);
  }
}

TEST(StoredRecordTest, NoByteOfItLeadsOutside) {
  for (const RecordPtr& record : OneOfEachKind()) {
    std::string stored = Stored(*record);
    for (char& byte : stored) {
      const char before = byte;
      for (int value = 0; value < 256; ++value) {
        byte = static_cast<char>(value);
        if (const RecordPtr read = ReadAlone(stored)) ExpectSpansInside(*read);
      }
      byte = before;
    }
  }
}

TEST(StoredRecordTest, NoTwoBytesOfItLeadOutside) {
  population::Random random(1, 1, 0);
  for (int i = 0; i < 100'000; ++i) {
    std::string stored = Stored(i % 4 == 0 ? *SomeMarker() : *FullClaims());
    for (int twice = 0; twice < 2; ++twice) {
      stored[random.Below(i % 8 == 0 ? stored.size() : kHeadBytes + 12)] =
          random.Chance(50) ? static_cast<char>(random.Below(256)) : '\xff';
    }
    if (const RecordPtr read = ReadAlone(stored)) ExpectSpansInside(*read);
  }
}

TEST(StoredRecordTest, TheEndIsReadFromTheHeadAlone) {
  for (const RecordPtr& record : OneOfEachKind()) {
    const std::string stored = Stored(*record);
    EXPECT_EQ(StoredRecord::EndOf(stored), record->end());
    EXPECT_EQ(StoredRecord::EndOf(std::string_view(stored).substr(0, kHeadBytes)), record->end());
    EXPECT_EQ(StoredRecord::EndOf(std::string_view(stored).substr(0, kHeadBytes - 1)), kNever);
  }
  EXPECT_EQ(StoredRecord::EndOf(""), kNever);
}

// Version 1, written down: a build that reads or writes it otherwise needs another version.
TEST(StoredRecordTest, Version1IsWhatItWas) {
  RecordPtr record = Record::Upsert(
      kStoredDigest, 0x0102030405060708,
      ClaimsOf({.exp = 0x11, .nbf = 0x12, .iat = 0x13, .sub = "s", .aud = {"a"}, .answer = "{}"}));
  record->SetMemory({.known = true, .end = 0x14});
  const auto number = [](std::uint64_t value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  std::string expected("\x00\x01\x02\x00\x01\x00\x00\x00", 8);
  expected += number(0x0102030405060708) + number(0x11) + number(0x12) + number(0x13);
  ASSERT_EQ(expected.size(), kEndAt);
  expected += number(0x14);
  const std::string absent("\xff\xff\x00\x00", 4);
  expected += absent + std::string("\x02\x00\x01\x00", 4) + absent + absent + absent + absent;
  expected += std::string("\x03\x00\x01\x00", 4) + "{}sa";
  EXPECT_EQ(Stored(*record), expected);
  EXPECT_EQ(StoredRecord::kVersion, 1u);
}

}  // namespace
}  // namespace introspectd::token
