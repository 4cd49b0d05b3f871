#include "update/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "text/base64.h"
#include "token/rules.h"

namespace introspectd::update {
namespace {

using token::Record;

constexpr std::int64_t kLifetimeMax = 1000;
constexpr std::int64_t kLongestLife = kLifetimeMax + 300;
constexpr UnixSeconds kNow = 1'700'000'000;
constexpr UnixMicros kNow_us = kNow * kMicrosPerSecond;
constexpr std::uint64_t kEntry = 4711;  // the sequence of a line that brings none
constexpr const char* kIssuer = "https://server.example.com/";

class ParserTest : public ::testing::Test {
 protected:
  // What the line says, which must be a `What`.
  template <class What>
  What Get(std::string_view line, Origin origin = Origin::kPusher) {
    Line parsed = parser_.Parse(line, pusher_, origin, kEntry, kNow_us);
    if (const auto* refused = std::get_if<Refused>(&parsed)) {
      ADD_FAILURE() << line << ": " << refused->reason;
      return What{};
    }
    if constexpr (std::is_constructible_v<token::Update, What>) {
      return std::get<What>(std::get<token::Update>(std::move(parsed)));
    } else {
      return std::get<What>(std::move(parsed));
    }
  }
  token::Upsert Upsert(std::string_view line, Origin origin = Origin::kPusher) {
    return Get<token::Upsert>(line, origin);
  }

  Pusher pusher_{.issuers = {kIssuer}};
  Parser parser_{{.issuer = kIssuer, .token_lifetime_max_s = kLifetimeMax}};
};

std::string Sha256Text(std::string_view token, std::size_t bytes) {
  const crypto::Sha256 digest = crypto::Sha256Of(token);
  return text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), bytes});
}

TEST_F(ParserTest, ReadsAnUpsert) {
  const auto upsert =
      Upsert(R"( {"op":"upsert","token":"t","claims":{"exp":1700000100,"sub":"s"}})");
  EXPECT_EQ(upsert.record->digest(), TokenDigest::Of("t"));
  EXPECT_EQ(upsert.record->sequence(), kEntry);
  EXPECT_EQ(upsert.record->exp(), kNow + 100);
  EXPECT_EQ(upsert.record->answer(),
            R"({"active":true,"exp":1700000100,"sub":"s","token_type":"Bearer",)"
            R"("extended_claims":{}})");
  EXPECT_EQ(upsert.end, 0);
}

TEST_F(ParserTest, ATokenIsKnownByItsDigestInThreeForms) {
  const TokenDigest digest = TokenDigest::Of("t");
  for (const std::string& identity :
       {std::string(R"("token":"t")"), std::string(R"("token":"\u0074")"),
        R"("token_sha256":")" + Sha256Text("t", 32) + "\"",
        R"("token_sha256":")" + Sha256Text("t", 16) + "\""}) {
    EXPECT_EQ(Get<token::RevokeToken>(R"({"op":"revoke",)" + identity + "}").digest, digest);
    EXPECT_EQ(Upsert(R"({"op":"upsert",)" + identity + R"(,"claims":{"exp":1}})").record->digest(),
              digest);
  }
}

TEST_F(ParserTest, ASequenceIsBroughtOrGiven) {
  EXPECT_EQ(Get<token::RevokeToken>(R"({"op":"revoke","token":"t"})").sequence, kEntry);
  EXPECT_EQ(Get<token::RevokeToken>(R"({"op":"revoke","token":"t","sequence":0})").sequence, 0u);
  EXPECT_EQ(
      Upsert(R"({"op":"upsert","sequence":5,"token":"t","claims":{"exp":1}})").record->sequence(),
      5u);
  EXPECT_EQ(Get<token::AddRule>(R"({"op":"revoke","sub":"s","sequence":6})").sequence, 6u);
  EXPECT_EQ(Get<token::RevokeToken>(R"({"op":"revoke","token":"t","sequence":1700000300000000})")
                .sequence,
            1700000300000000u)
      << "300 s ahead, not more";
}

TEST_F(ParserTest, AnUpsertMayLiveForTheLongestLife) {
  Upsert(R"({"op":"upsert","token":"t","claims":{"exp":1700001300}})");
  Upsert(R"({"op":"upsert","token":"t","claims":{"exp":1700001300,"iat":1700000000}})");
  Upsert(R"({"op":"upsert","token":"t","claims":{"exp":1300,"iat":0}})");
}

TEST_F(ParserTest, ARevocationMattersForAsLongAsAnUpsertCanLive) {
  const auto memory = [this](std::string_view line) {
    return Get<token::RevokeToken>(line).memory;
  };
  EXPECT_FALSE(memory(R"({"op":"revoke","token":"t"})").known);
  EXPECT_EQ(memory(R"({"op":"revoke","token":"t"})").end, kNow + kLongestLife)
      << "a sequence that was given on entry is low here, and must not shorten it";
  EXPECT_EQ(memory(R"({"op":"revoke","token":"t","sequence":1})").end, kNow + kLongestLife);
  EXPECT_EQ(memory(R"({"op":"revoke","token":"t","sequence":1700000200000000})").end,
            kNow + 200 + kLongestLife);
}

TEST_F(ParserTest, ReadsTheRevocationOfAJti) {
  const auto revoke =
      Get<token::RevokeJti>(R"({"op":"revoke","iss":"https://server.example.com/","jti":"j"})");
  EXPECT_EQ(revoke.key, token::JtiKey(kIssuer, "j"));
  EXPECT_EQ(revoke.sequence, kEntry);
  EXPECT_EQ(revoke.end, kNow + kLongestLife);
}

TEST_F(ParserTest, ReadsRules) {
  const auto rule = Get<token::AddRule>(
      R"({"op":"revoke","sub":"s","client_id":"c","sid":"d","iss":"https://server.example.com/",)"
      R"("issued_before":1600000000})");
  ASSERT_EQ(rule.keys.size(), 1u);
  EXPECT_EQ(rule.keys[0],
            token::RuleKey({.iss = kIssuer, .sub = "s", .client_id = "c", .sid = "d"}));
  EXPECT_EQ(rule.issued_before, 1'600'000'000);
  EXPECT_EQ(rule.end, kNow + kLongestLife) << "from its acceptance, which is later";
  EXPECT_EQ(rule.sequence, kEntry);
}

TEST_F(ParserTest, ARuleIsOfNowUnlessItSays) {
  const auto now = Get<token::AddRule>(R"({"op":"revoke","sub":"s"})");
  EXPECT_EQ(now.issued_before, kNow);
  EXPECT_EQ(now.end, kNow + kLongestLife);
  const auto ahead = Get<token::AddRule>(R"({"op":"revoke","sub":"s","issued_before":1700000060})");
  EXPECT_EQ(ahead.issued_before, kNow + 60);
  EXPECT_EQ(ahead.end, kNow + 60 + kLongestLife);
}

TEST_F(ParserTest, ARuleWithoutIssCoversThoseOfItsPusher) {
  pusher_ = {.issuers = {"a", "b"}};
  const auto rule = Get<token::AddRule>(R"({"op":"revoke","sub":"s"})");
  ASSERT_EQ(rule.keys.size(), 2u);
  EXPECT_EQ(rule.keys[0], token::RuleKey({.iss = "a", .sub = "s"}));
  EXPECT_EQ(rule.keys[1], token::RuleKey({.iss = "b", .sub = "s"}));
  pusher_ = {.any_issuer = true};
  const auto any = Get<token::AddRule>(R"({"op":"revoke","sub":"s"})");
  ASSERT_EQ(any.keys.size(), 1u);
  EXPECT_EQ(any.keys[0], token::RuleKey({.sub = "s"}));
}

TEST_F(ParserTest, ATokenOfNoIssuerIsTheDefaultOnes) {
  Upsert(R"({"op":"upsert","token":"t","claims":{"exp":1}})");
  pusher_ = {.issuers = {"other"}};
  Upsert(R"({"op":"upsert","token":"t","claims":{"exp":1,"iss":"other"}})");
  EXPECT_TRUE(std::holds_alternative<Refused>(
      parser_.Parse(R"({"op":"upsert","token":"t","claims":{"exp":1}})", pusher_, Origin::kPusher,
                    kEntry, kNow_us)));
}

TEST_F(ParserTest, RevokingATokenNeedsNoIssuer) {
  pusher_ = {};
  Get<token::RevokeToken>(R"({"op":"revoke","token":"t"})");
}

TEST_F(ParserTest, ReadsHeartbeatAndComplete) {
  Get<Heartbeat>(R"({"op":"heartbeat"})");
  Get<Complete>(R"({"op":"complete"})");
  Get<Heartbeat>(R"({"op":"heartbeat","sequence":1})");
  Get<Complete>(R"({"op":"complete","sequence":1})");
}

TEST_F(ParserTest, ReadsWhatNodesSay) {
  EXPECT_EQ(Get<Position>(R"({"op":"position","sequence":77})", Origin::kNode).sequence, 77u);
  EXPECT_EQ(Get<End>(R"({"op":"end","lines":3})", Origin::kNode).lines, 3u);
  pusher_ = {};  // nothing of what nodes say is judged again
  const auto revoke = Get<token::RevokeToken>(
      R"({"op":"revoke","token":"t","sequence":9,"known":true,"end":1600000000})", Origin::kNode);
  EXPECT_TRUE(revoke.memory.known);
  EXPECT_EQ(revoke.memory.end, 1'600'000'000);
  EXPECT_EQ(
      Get<token::RevokeJti>(R"({"op":"revoke","iss":"x","jti":"j","end":8})", Origin::kNode).end,
      8);
  const auto rule = Get<token::AddRule>(
      R"({"op":"revoke","sub":"s","issued_before":1800000000,"end":1900000000})", Origin::kNode);
  ASSERT_EQ(rule.keys.size(), 1u);
  EXPECT_EQ(rule.keys[0], token::RuleKey({.sub = "s"}));
  EXPECT_EQ(rule.end, 1'900'000'000);
  const auto upsert =
      Upsert(R"({"op":"upsert","token":"t","sequence":1800000000000000,"end":1900000000,)"
             R"("claims":{"exp":1850000000,"iss":"x"}})",
             Origin::kNode);
  EXPECT_EQ(upsert.end, 1'900'000'000);
  EXPECT_EQ(upsert.record->sequence(), 1'800'000'000'000'000u);
}

TEST_F(ParserTest, ReadsTheMarkerOfANode) {
  const crypto::Sha256 rank = crypto::Sha256Of("claims");
  const auto upsert =
      Upsert(R"({"op":"upsert","token":"t","sequence":9,"end":10,"claims_sha256":")" +
                 Sha256Text("claims", 32) + R"(","claims":{"exp":5}})",
             Origin::kNode);
  EXPECT_EQ(upsert.record->kind(), Record::Kind::kMarker);
  EXPECT_EQ(upsert.record->rank(), rank);
  EXPECT_EQ(upsert.record->exp(), 5);
  EXPECT_EQ(upsert.end, 10);
}

TEST_F(ParserTest, NodesMayAddToTheLongestLine) {
  const std::size_t limit = parser_.line_bytes_max(Origin::kPusher);
  EXPECT_EQ(limit, 16'384u);
  std::string line = R"({"op":"revoke","token":"t"})";
  line.append(limit - line.size(), ' ');
  Get<token::RevokeToken>(line);
  EXPECT_TRUE(std::holds_alternative<Refused>(
      parser_.Parse(line + " ", pusher_, Origin::kPusher, kEntry, kNow_us)));
  Get<token::RevokeToken>(line + std::string(1000, ' '), Origin::kNode);
}

}  // namespace
}  // namespace introspectd::update
