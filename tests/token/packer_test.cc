// What was packed comes out as it went in: every byte, every time, every place of a member.

#include "token/packer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "population/population.h"
#include "population/random.h"
#include "token/said.h"
#include "token/stored_record.h"
#include "update/parser.h"

namespace introspectd::token {
namespace {

class PackerTest : public ::testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'800'000'000;

  // As the tables have them.
  using Block = std::vector<std::uint64_t>;
  static const PackedRecord& In(const Block& block) {
    return *reinterpret_cast<const PackedRecord*>(block.data());
  }

  Block Pack(const Record& record) {
    const PackedRecord& packed = packer_.Pack(record);
    Block block(packed.allocated_bytes() / sizeof(std::uint64_t));
    std::memcpy(block.data(), static_cast<const void*>(&packed), packed.allocated_bytes());
    return block;
  }

  static std::string Everything(const Record& record) {
    std::string all(reinterpret_cast<const char*>(record.digest().bytes.data()), 16);
    StoredRecord::Append(record, all);
    return all;
  }
  std::string Unpacked(const Block& block) { return Everything(unpacker_.Unpack(In(block))); }

  // The same claims for `count` tokens, packed one after the other; how the last one was.
  Block PackSome(const Said& said, int count = 6) {
    Block block;
    for (int i = 0; i < count; ++i) {
      const Upsert upsert = UpsertOf(DigestOf(1, 2, static_cast<std::uint32_t>(i)), 7, said);
      block = Pack(*upsert.record);
      EXPECT_EQ(Unpacked(block), Everything(*upsert.record)) << said.answer;
    }
    return block;
  }

  RecordPtr Parsed(std::string_view claims) {
    const std::string line = R"({"op":"upsert","token":"t","claims":)" + std::string(claims) + "}";
    update::Line parsed = parser_.Parse(line, Pusher{.any_issuer = true}, update::Origin::kPusher,
                                        1, kNow * kMicrosPerSecond);
    auto* update = std::get_if<Update>(&parsed);
    EXPECT_NE(update, nullptr) << claims;
    return std::move(std::get<Upsert>(*update).record);
  }

  // Six tokens like this one: as they come out, and whether a template was used in the end.
  bool Shares(std::string_view claims) {
    Block block;
    for (int i = 0; i < 6; ++i) {
      const RecordPtr record = Parsed(claims);
      block = Pack(*record);
      EXPECT_EQ(Unpacked(block), Everything(*record)) << claims;
    }
    return In(block).template_id() != kPlain;
  }

  Templates templates_;
  Packer packer_{templates_};
  Unpacker unpacker_{templates_};
  update::Parser parser_{{.issuer = "https://i.example/", .line_bytes_max = 1 << 20}};
};

TEST_F(PackerTest, TheSamplePopulationComesOutAsItWentInAndTakesLittle) {
  constexpr std::uint64_t kCount = 20'000;
  const population::Population population({.seed = 1, .now = kNow});
  std::vector<Block> blocks;
  std::vector<std::string> expected;
  std::size_t bytes = 0;
  std::size_t plain = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    std::string claims;
    population.AppendClaims(i, claims);
    const RecordPtr record = Parsed(claims);
    expected.push_back(Everything(*record));
    blocks.push_back(Pack(*record));
    bytes += In(blocks.back()).allocated_bytes();
    plain += In(blocks.back()).template_id() == kPlain ? 1u : 0u;
  }
  for (std::uint64_t i = 0; i < kCount; ++i) ASSERT_EQ(Unpacked(blocks[i]), expected[i]) << i;
  EXPECT_LT(bytes / kCount, 115u);
  EXPECT_LT(plain, kCount / 20);
  EXPECT_LT(templates_.bytes(), 2u << 20);
  for (const Block& block : blocks) templates_.Release(In(block));
  EXPECT_EQ(templates_.size(), 0u);
  EXPECT_EQ(templates_.values().size(), 0u);
  EXPECT_EQ(templates_.bytes(), 0u);
}

TEST_F(PackerTest, WhatSharesNothingTakesLittleMoreThanItsOwnBytes) {
  population::Random random(1, 0, 0);
  std::size_t bytes = 0;
  std::size_t own = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto text = [&random] { return std::to_string(random.Next()); };
    const Said said = WithAnswer({.exp = kNow + 100,
                                  .iat = kNow,
                                  .iss = "https://" + text(),
                                  .sub = text() + text(),
                                  .client_id = text(),
                                  .jti = text(),
                                  .scope = text(),
                                  .aud = {text()}},
                                 '"' + text() + R"(":")" + text() + text() + text() + '"');
    const Upsert upsert = UpsertOf(DigestOf(1, 2, static_cast<std::uint32_t>(i)), 7, said);
    const Block block = Pack(*upsert.record);
    ASSERT_EQ(Unpacked(block), Everything(*upsert.record));
    bytes += In(block).allocated_bytes();
    own += said.answer.size();
  }
  EXPECT_LT(bytes, own + 2000 * 70);
}

TEST_F(PackerTest, MembersThatDecideMayBeWrittenInAnyWay) {
  EXPECT_TRUE(Shares(R"({"exp":1800000100,"sub":"s"})"));
  EXPECT_TRUE(Shares(R"({"sub":"5ba552d6-7000-4000-8000-0123456789ab","exp":1800000100})"));
  EXPECT_TRUE(Shares(R"({"sub":"5BA552D6-7000-4000-8000-0123456789AB","exp":1800000100})"));
  EXPECT_TRUE(Shares(R"({"jti":"0123456789abcdef","sid":"0123456789ABCDEF","exp":1800000100})"));
  EXPECT_TRUE(
      Shares(R"({"jti":"","sid":"abc","exp":1800000100,"iat":1799999999,"nbf":1800000000})"));
  EXPECT_TRUE(Shares(R"({"nbf":1800000050,"iat":1800000099,"exp":1800000100,"aud":["a","b"]})"));
  EXPECT_TRUE(Shares(R"({"aud":[],"scope":"","client_id":"","exp":1800000100})"));
  // Escapes in what all share; then in what differs, which is packed as it is.
  EXPECT_TRUE(Shares(R"({"iss":"https:\/\/i.example\/","aud":"a\/b","exp":1800000100})"));
  EXPECT_FALSE(Shares(R"({"sub":"a\/b","exp":1800000100})"));
  EXPECT_FALSE(Shares(R"({"jti":"\u0061","iss":"https:\/\/i.example\/","exp":1800000100})"));
}

TEST_F(PackerTest, OtherMembersMayBeAnything) {
  for (const char* member :
       {R"("x":true)", R"("x":null)", R"("x":{})", R"("x":[])", R"("x":0)", R"("x":-1)",
        R"("x":1.50)", R"("x":1e3)", R"("x":999999999999999999)", R"("x":9223372036854775807)",
        R"("x":"")", R"("x":"a\"b\\")", R"("x":"\ud83d\ude00 \u0000")",
        R"("x":{"a":[1,{"b":"}"}]})", R"("\u0078\"":"y")",
        R"("x":"5ba552d6-7000-4000-8000-0123456789ab")", R"("username":"zo\u00eb")",
        R"("cnf":{"jkt":"0123"},"act":{"sub":"a"})",
        R"("extended_claims":{"department":"sales"},"token_type":"bearer")"}) {
    EXPECT_TRUE(Shares(std::string(R"({"exp":1800000100,)") + member + "}")) << member;
  }
}

TEST_F(PackerTest, TimesMayBeFarAway) {
  for (const UnixSeconds exp : {UnixSeconds{0}, UnixSeconds{1}, UnixSeconds{UINT32_MAX},
                                UnixSeconds{UINT32_MAX} + 1, (UnixSeconds{1} << 53) - 1}) {
    for (const UnixSeconds iat : {kNever, UnixSeconds{0}, exp, (UnixSeconds{1} << 53) - 1}) {
      PackSome(WithAnswer({.exp = exp, .nbf = iat, .iat = iat}));
      PackSome({.exp = exp, .nbf = iat, .iat = iat});
    }
  }
}

TEST_F(PackerTest, EveryKindAndMemoryComesOut) {
  for (const Record::Memory memory : {Record::Memory{true, 100}, {false, 100}, {true, 1 << 30}}) {
    RecordPtr records[] = {
        Record::Revocation(DigestOf(1, 2, 3), 1ull << 63),
        Record::Marker(DigestOf(1, 2, 3), 5, 100, crypto::Sha256Of("rank")),
        Record::Upsert(DigestOf(1, 2, 3), 5, ClaimsOf(WithAnswer({.exp = 100, .sub = "s"})))};
    for (const RecordPtr& record : records) {
      record->SetMemory(memory);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(Unpacked(Pack(*record)), Everything(*record));
    }
  }
}

TEST_F(PackerTest, TheLargestOnesFit) {
  std::string many = R"({"exp":1800000100)";
  for (int i = 0; i < 200; ++i) many += R"(,"m)" + std::to_string(i) + R"(":1)";
  EXPECT_FALSE(Shares(many + "}")) << "more holes than a template has";
  const std::string large(65'000, 'x');
  Shares(R"({"exp":1800000100,"x":")" + large + R"("})");
  Shares(R"({"exp":1800000100,"sub":")" + large + R"("})");
  Shares(R"({"exp":1800000100,"aud":")" + large + R"("})");
  std::string audiences = R"({"exp":1800000100,"aud":[)";
  for (int i = 0; i < 7000; ++i) audiences += R"("","\/",)";
  audiences.back() = ']';
  Shares(audiences + "}");
}

// A template is of one client's tokens; another client's with the same members share less.
TEST_F(PackerTest, TokensOfManyClientsShareWhatTheyCan) {
  Block of_one_client;
  Block of_many;
  for (int i = 0; i < 20; ++i) {
    const std::string client = "client-" + std::to_string(i);
    of_one_client = PackSome(WithAnswer({.exp = kNow, .client_id = "the-client", .scope = "a b"}));
    of_many = PackSome(WithAnswer({.exp = kNow, .client_id = client, .scope = "a b"}), 1);
  }
  EXPECT_NE(In(of_many).template_id(), kPlain);
  EXPECT_NE(In(of_many).template_id(), In(of_one_client).template_id());
  EXPECT_LT(of_one_client.size(), of_many.size());
}

// Spans that say otherwise than the answer does are kept, too.
TEST_F(PackerTest, MembersThatAreNotWhereTheAnswerSaysAreKept) {
  Said said = WithAnswer({.exp = kNow, .iss = "i", .sub = "s"});
  PackSome(said);
  said.fields_in_answer = false;  // the same answer; what decides stands behind it
  PackSome(said);
  said.sub = "another";
  PackSome(said);
  said.client_id = "nowhere";
  PackSome(said);
}

// Templates and values come and go, and their numbers are used again.
TEST_F(PackerTest, EqualsAMapUnderRandomComingAndGoing) {
  population::Random random(7, 0, 0);
  std::map<std::uint64_t, std::pair<Block, std::string>> held;
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    if (random.Chance(48) && !held.empty()) {
      auto gone = held.lower_bound(random.Below(i));
      if (gone == held.end()) gone = held.begin();
      ASSERT_EQ(Unpacked(gone->second.first), gone->second.second);
      templates_.Release(In(gone->second.first));
      held.erase(gone);
      continue;
    }
    const auto some = [&](std::uint64_t of) { return std::to_string(random.Below(of) + i / 4000); };
    Said said{.exp = kNow, .sub = some(1'000'000), .client_id = some(9)};
    if (random.Chance(30)) said.aud = {some(3)};
    const Said whole =
        WithAnswer(said, R"("username":"u)" + some(6) + R"(","deep":{"x":)" + some(40) + "}");
    const Upsert upsert = UpsertOf(DigestOf(1, 2, static_cast<std::uint32_t>(i)), i, whole);
    held[i] = {Pack(*upsert.record), Everything(*upsert.record)};
  }
  EXPECT_GT(templates_.size(), 0u);
  for (const auto& [i, one] : held) {
    ASSERT_EQ(Unpacked(one.first), one.second);
    templates_.Release(In(one.first));
  }
  EXPECT_EQ(templates_.bytes(), 0u);
}

}  // namespace
}  // namespace introspectd::token
