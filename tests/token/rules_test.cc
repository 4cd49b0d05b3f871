#include "token/rules.h"

#include <gtest/gtest.h>

#include <string>

#include "token/record.h"

namespace introspectd::token {
namespace {

constexpr UnixSeconds kNow = 1000;
const RuleMembers kToken{.iss = "i", .sub = "s", .client_id = "c", .sid = "d"};

bool Hit(const Rules& rules, const RuleMembers& token, UnixSeconds iat, UnixSeconds now = kNow) {
  std::string scratch = "left over";
  return rules.Hit(token, iat, now, scratch) != 0;
}

bool JtiRevoked(const Rules& rules, std::string_view iss, std::string_view jti,
                UnixSeconds now = kNow) {
  std::string scratch = "left over";
  return rules.JtiRevoked(iss, jti, now, scratch);
}

// The members of `of` that `shape` has a bit for.
RuleMembers Some(const RuleMembers& of, unsigned shape) {
  RuleMembers members;
  if (shape & 1) members.iss = of.iss;
  if (shape & 2) members.sub = of.sub;
  if (shape & 4) members.client_id = of.client_id;
  if (shape & 8) members.sid = of.sid;
  return members;
}

Rules With(const RuleMembers& members, RuleValue value = {.issued_before = 500, .end = 2000}) {
  Rules rules;
  rules.PutRule(RuleKey(members), value);
  return rules;
}

TEST(RulesTest, EveryMemberOfARuleMustMatch) {
  for (unsigned shape = 1; shape < 16; ++shape) {
    const Rules rules = With(Some(kToken, shape));
    EXPECT_TRUE(Hit(rules, kToken, 500)) << shape;
    for (unsigned member = 1; member < 16; member <<= 1) {
      RuleMembers other = kToken;
      if (member == 1) other.iss = "x";
      if (member == 2) other.sub = "x";
      if (member == 4) other.client_id = "x";
      if (member == 8) other.sid = "x";
      EXPECT_EQ(Hit(rules, other, 500), (shape & member) == 0) << shape << " " << member;
    }
  }
}

TEST(RulesTest, ATokenThatLacksAMemberIsNotHitByARuleOnIt) {
  for (unsigned shape = 1; shape < 16; ++shape) {
    const Rules rules = With(Some(kToken, shape));
    for (unsigned has = 1; has < 16; has += 2) {  // a token has an issuer always
      EXPECT_EQ(Hit(rules, Some(kToken, has), 500), (shape & has) == shape) << shape << " " << has;
    }
  }
}

TEST(RulesTest, AnEmptyMemberIsNotAnAbsentOne) {
  const Rules rules = With({.sub = ""});
  EXPECT_TRUE(Hit(rules, {.iss = "i", .sub = ""}, 500));
  EXPECT_FALSE(Hit(rules, {.iss = "i"}, 500));
  EXPECT_FALSE(Hit(With({.sub = "s"}), {.iss = "i", .sub = ""}, 500));
}

TEST(RulesTest, HitsWhatWasIssuedUpToItsTime) {
  const Rules rules = With({.sub = "s"}, {.issued_before = 500, .end = 2000});
  EXPECT_TRUE(Hit(rules, kToken, 0));
  EXPECT_TRUE(Hit(rules, kToken, 500));
  EXPECT_FALSE(Hit(rules, kToken, 501));
  EXPECT_TRUE(Hit(rules, kToken, kNever)) << "a token without iat";
  EXPECT_TRUE(Hit(With({.sub = "s"}, {.issued_before = 0, .end = 2000}), kToken, kNever));
}

TEST(RulesTest, EndsAtItsEnd) {
  const Rules rules = With({.sub = "s"}, {.issued_before = 500, .end = 2000});
  EXPECT_TRUE(Hit(rules, kToken, 500, 1999));
  EXPECT_FALSE(Hit(rules, kToken, 500, 2000));
  EXPECT_FALSE(Hit(rules, kToken, kNever, 2000));
}

TEST(RulesTest, IsReplacedAndErased) {
  Rules rules = With({.sub = "s"}, {.issued_before = 500, .end = 2000});
  const std::string key = RuleKey({.sub = "s"});
  rules.PutRule(key, {.issued_before = 600, .end = 2000});
  EXPECT_TRUE(Hit(rules, kToken, 600));
  rules.PutRule(RuleKey({.sub = "other"}), {.issued_before = 600, .end = 2000});
  rules.EraseRule(key);
  EXPECT_FALSE(Hit(rules, kToken, 600));
  EXPECT_TRUE(Hit(rules, {.iss = "i", .sub = "other"}, 600)) << "the same shape is still in use";
  rules.EraseRule(key);  // again, to no effect
  EXPECT_TRUE(Hit(rules, {.iss = "i", .sub = "other"}, 600));
  EXPECT_EQ(rules.FindRule(key), nullptr);
  EXPECT_EQ(rules.rules().size(), 1u);
}

TEST(RulesTest, RevokesAJtiOfOneIssuer) {
  Rules rules;
  EXPECT_FALSE(rules.any_jti());
  rules.PutJti(JtiKey("i", "j"), {.end = 2000});
  EXPECT_TRUE(rules.any_jti());
  EXPECT_TRUE(JtiRevoked(rules, "i", "j"));
  EXPECT_TRUE(JtiRevoked(rules, "i", "j", 1999));
  EXPECT_FALSE(JtiRevoked(rules, "i", "j", 2000));
  EXPECT_FALSE(JtiRevoked(rules, "i2", "j"));
  EXPECT_FALSE(JtiRevoked(rules, "i", "j2"));
  rules.EraseJti(JtiKey("i", "j"));
  EXPECT_FALSE(JtiRevoked(rules, "i", "j"));
  EXPECT_FALSE(rules.any_jti());
}

TEST(RuleKeyTest, ReadsBackWhatWasWritten) {
  for (unsigned shape = 0; shape < 16; ++shape) {
    const RuleMembers members = Some(kToken, shape);
    const std::string key = RuleKey(members);
    const RuleMembers back = MembersOf(key);
    EXPECT_EQ(back.iss, members.iss);
    EXPECT_EQ(back.sub, members.sub);
    EXPECT_EQ(back.client_id, members.client_id);
    EXPECT_EQ(back.sid, members.sid);
  }
  const std::string jti = JtiKey("issuer", "");
  EXPECT_EQ(IssAndJtiOf(jti), std::pair(std::string_view("issuer"), std::string_view()));
}

TEST(RuleKeyTest, PartsCannotBeTakenForEachOther) {
  EXPECT_NE(RuleKey({.sub = "x"}), RuleKey({.client_id = "x"}));
  EXPECT_NE(RuleKey({.sub = "a", .client_id = "b"}), RuleKey({.sub = "ab", .client_id = ""}));
  EXPECT_NE(RuleKey({.sub = ""}), RuleKey({}));
  EXPECT_NE(JtiKey("a", "bc"), JtiKey("ab", "c"));
  // A member made of what stands between members.
  const std::string forged = std::string("x") + std::string(4, '\xff');
  EXPECT_NE(RuleKey({.sub = forged}), RuleKey({.sub = "x"}));
}

}  // namespace
}  // namespace introspectd::token
