// The payload of a JWT as the answer (contract 4.3 and 4.5).

#include <gtest/gtest.h>

#include <string>

#include "claims/builder.h"

namespace introspectd::claims {
namespace {

using token::Field;

class JwtTest : public ::testing::Test {
 protected:
  std::string Build(std::string_view payload) {
    EXPECT_EQ(parser_.ParseObject(payload), json::Error::kNone) << payload;
    return builder_.BuildFromJwt(TokenDigest::Of("t"), claims_);
  }
  // What stands between `active` and what every answer ends with.
  std::string Members(std::string_view payload) {
    EXPECT_EQ(Build(payload), "") << payload;
    const std::string answer = claims_.bytes.substr(0, claims_.answer_size);
    const std::string_view begin = R"({"active":true,)";
    const std::string_view end = R"(,"token_type":"Bearer","extended_claims":{}})";
    EXPECT_TRUE(answer.starts_with(begin) && answer.ends_with(end)) << answer;
    return answer.substr(begin.size(), answer.size() - begin.size() - end.size());
  }
  bool Refused(std::string_view payload) { return !Build(payload).empty(); }
  std::string_view Text(Field field) const {
    const token::Span16 span = claims_.fields[static_cast<std::size_t>(field)];
    return std::string_view(claims_.bytes).substr(span.offset, span.size);
  }

  json::Parser parser_{100'000, 16};
  Builder builder_{parser_};
  token::Claims claims_;
};

TEST_F(JwtTest, ScopesBecomeOneString) {
  EXPECT_EQ(Members(R"({"exp":9,"scope":"a b"})"), R"("exp":9,"scope":"a b")");
  EXPECT_EQ(Text(Field::kScope), "a b");
  EXPECT_EQ(Members(R"({"scope":["a","b"],"exp":9})"), R"("scope":"a b","exp":9)");
  EXPECT_EQ(Members(R"({"scp":["a"],"exp":9})"), R"("scope":"a","exp":9)");
  EXPECT_EQ(Members(R"({"scp":"a b","exp":9})"), R"("scope":"a b","exp":9)");
  EXPECT_EQ(Members(R"({"scp":[],"exp":9})"), R"("scope":"","exp":9)");
  EXPECT_EQ(Members(R"({"scp":["a\/b","c"],"exp":9})"), R"("scope":"a\/b c","exp":9)");
  EXPECT_EQ(Text(Field::kScope), "a/b c");
}

TEST_F(JwtTest, ScopeWinsOverScp) {
  EXPECT_EQ(Members(R"({"scp":["x"],"scope":"a","exp":9})"), R"("scp":["x"],"scope":"a","exp":9)");
  EXPECT_EQ(Text(Field::kScope), "a");
}

TEST_F(JwtTest, TheClientIsFoundUnderItsOtherNames) {
  EXPECT_EQ(Members(R"({"azp":"z","exp":9})"), R"("azp":"z","exp":9,"client_id":"z")");
  EXPECT_EQ(Text(Field::kClientId), "z");
  EXPECT_EQ(Members(R"({"appid":"p","cid":"d","exp":9})"),
            R"("appid":"p","cid":"d","exp":9,"client_id":"d")");
  EXPECT_EQ(Members(R"({"cid":"\u0064","azp":"z","client_id":"c","exp":9})"),
            R"("cid":"\u0064","azp":"z","client_id":"c","exp":9)");
  EXPECT_EQ(Members(R"({"cid":"\u0064","exp":9})"),
            R"("cid":"\u0064","exp":9,"client_id":"\u0064")");
  EXPECT_EQ(Text(Field::kClientId), "d");
}

TEST_F(JwtTest, TimesMayHaveFractions) {
  EXPECT_EQ(Members(R"({"exp":9.9,"nbf":1.1,"iat":1.0,"auth_time":1.5})"),
            R"("exp":9,"nbf":2,"iat":1,"auth_time":1.5)");
  EXPECT_EQ(claims_.exp, 9);
  EXPECT_EQ(claims_.nbf, 2);
  EXPECT_EQ(claims_.iat, 1);
  EXPECT_EQ(Members(R"({"exp":1.5e9})"), R"("exp":1500000000)");
}

TEST_F(JwtTest, TimesThatAreNoneAreRefused) {
  for (const char* time : {"-1", "\"9\"", "null", "9007199254740992", "18446744073709551615",
                           "1e300", "-0.5", "[9]", "true"}) {
    EXPECT_TRUE(Refused(std::string(R"({"exp":)") + time + "}")) << time;
    EXPECT_TRUE(Refused(std::string(R"({"exp":9,"iat":)") + time + "}")) << time;
    EXPECT_TRUE(Refused(std::string(R"({"exp":9,"nbf":)") + time + "}")) << time;
  }
}

TEST_F(JwtTest, WrongTypesAreRefused) {
  for (const char* member :
       {R"("scope":1)", R"("scope":["a",1])", R"("scp":{})", R"("azp":1)", R"("client_id":null)",
        R"("sub":7)", R"("iss":["i"])", R"("jti":1)", R"("aud":{"a":1})", R"("aud":["a",null])",
        R"("cnf":"x")", R"("act":[])", R"("authorization_details":{})", R"("extended_claims":1)",
        R"("token_type":"N_A")", R"("active":false)", R"("sub":"a\u0000b")", R"("azp":"\u0000")",
        R"("scope":["\u0000"])"}) {
    EXPECT_TRUE(Refused(std::string(R"({"exp":9,)") + member + "}")) << member;
  }
}

TEST_F(JwtTest, OtherKindsOfTokensAreRefused) {
  for (const char* member :
       {R"("typ":"ID")", R"("typ":"Refresh")", R"("typ":"Offline")", R"("typ":"Logout")",
        R"("token_use":"id")", R"("token_use":1)", R"("at_hash":"x")", R"("c_hash":"x")",
        R"("events":{})", R"("token_introspection":{})"}) {
    EXPECT_TRUE(Refused(std::string(R"({"exp":9,)") + member + "}")) << member;
  }
  EXPECT_EQ(Members(R"({"exp":9,"typ":"Bearer","token_use":"access"})"),
            R"("exp":9,"typ":"Bearer","token_use":"access")");
}

TEST_F(JwtTest, WhatIsBoundToAKeyIsDpop) {
  EXPECT_EQ(Build(R"({"exp":9,"cnf":{"jkt":"k"}})"), "");
  EXPECT_NE(claims_.bytes.find(R"("token_type":"DPoP")"), std::string::npos);
}

}  // namespace
}  // namespace introspectd::claims
