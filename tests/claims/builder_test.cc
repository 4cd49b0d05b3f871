#include "claims/builder.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "population/random.h"

namespace introspectd::claims {
namespace {

using token::Field;

constexpr std::string_view kToken = "2YotnFZFEjr1zCsicMWpAA";

struct Built {
  Reason wrong;
  std::string answer;
  token::Claims claims;

  std::optional<std::string> Text(token::Span16 span) const {
    if (span.offset == token::Span16::kAbsent) return std::nullopt;
    return claims.bytes.substr(span.offset, span.size);
  }
  std::optional<std::string> field(Field field) const {
    return Text(claims.fields[static_cast<std::size_t>(field)]);
  }
  std::optional<std::string> audience(std::size_t i) const { return Text(claims.audiences[i]); }
};

class BuilderTest : public ::testing::Test {
 protected:
  Built Build(std::string_view claims) {
    const std::string line = R"({"claims":)" + std::string(claims) + "}";
    EXPECT_EQ(parser_.ParseObject(line), json::Error::kNone) << claims;
    Built built;
    built.wrong = builder_.Build(parser_.members()[0].value, TokenDigest::Of(kToken), built.claims);
    if (built.wrong.empty()) built.answer = built.claims.bytes.substr(0, built.claims.answer_size);
    return built;
  }
  std::string Answer(std::string_view claims) {
    const Built built = Build(claims);
    EXPECT_EQ(built.wrong, "") << claims;
    return built.answer;
  }
  std::string Wrong(std::string_view claims) { return Build(claims).wrong; }

  json::Parser parser_{100'000, 16};
  Builder builder_{parser_};
};

TEST_F(BuilderTest, GiveTheAnswerOfTheRfc) {
  EXPECT_EQ(Answer(R"({"client_id":"l238j323ds-23ij4","username":"jdoe",)"
                   R"("scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",)"
                   R"("aud":"https://protected.example.net/resource",)"
                   R"("iss":"https://server.example.com/","exp":1419356238,"iat":1419350238,)"
                   R"("extension_field":"twenty-seven"})"),
            R"({"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe",)"
            R"("scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",)"
            R"("aud":["https://protected.example.net/resource"],)"
            R"("iss":"https://server.example.com/","exp":1419356238,"iat":1419350238,)"
            R"("extension_field":"twenty-seven","token_type":"Bearer","extended_claims":{}})");
}

TEST_F(BuilderTest, KeepTheIssuersOrderAndEveryByteButWhiteSpace) {
  EXPECT_EQ(
      Answer("{ \"z\" : [ 1.50 , -0.0, 1E+2 ] ,\n\t\"exp\" : 9 , \"sub\":\"\\u00e9\\/ é\",\r"
             "\"a\":{ \"k\": null , \"\\u0078\" : true } }"),
      "{\"active\":true,\"z\":[1.50,-0.0,1E+2],\"exp\":9,\"sub\":\"\\u00e9\\/ é\","
      "\"a\":{\"k\":null,\"\\u0078\":true},\"token_type\":\"Bearer\",\"extended_claims\":{}}");
}

TEST_F(BuilderTest, AudienceIsAlwaysAnArray) {
  EXPECT_EQ(Answer(R"({"exp":9,"aud":"a"})"),
            R"({"active":true,"exp":9,"aud":["a"],"token_type":"Bearer","extended_claims":{}})");
  EXPECT_EQ(Answer(R"({"aud":["a","\u0062"],"exp":9})"),
            R"({"active":true,"aud":["a","\u0062"],"exp":9,"token_type":"Bearer",)"
            R"("extended_claims":{}})");
  EXPECT_EQ(Answer(R"({"aud":[],"exp":9})"),
            R"({"active":true,"aud":[],"exp":9,"token_type":"Bearer","extended_claims":{}})");
}

TEST_F(BuilderTest, TokenTypeIsTheIssuersOrFollowsFromCnf) {
  const auto type = [this](const std::string& members) {
    const std::string answer = Answer("{\"exp\":9" + members + "}");
    const std::size_t at = answer.find("\"token_type\":");
    return answer.substr(at, answer.find(',', at) - at);
  };
  EXPECT_EQ(type(""), R"("token_type":"Bearer")");
  EXPECT_EQ(type(R"(,"cnf":{"jkt":"x"})"), R"("token_type":"DPoP")");
  EXPECT_EQ(type(R"(,"cnf":{"\u006akt":"x"})"), R"("token_type":"DPoP")");
  EXPECT_EQ(type(R"(,"cnf":{"x5t#S256":"x"})"), R"("token_type":"Bearer")");
  EXPECT_EQ(type(R"(,"token_type":"bearer")"), R"("token_type":"bearer")");
  EXPECT_EQ(type(R"(,"token_type":"Bearer","cnf":{"jkt":"x"})"), R"("token_type":"Bearer")");
  EXPECT_EQ(type(R"(,"token_type":"dPoP")"), R"("token_type":"dPoP")");
}

TEST_F(BuilderTest, ExtendedClaimsStayWhereTheyAre) {
  EXPECT_EQ(Answer(R"({"extended_claims":{"k":[1, 2]},"token_type":"DPoP","exp":9})"),
            R"({"active":true,"extended_claims":{"k":[1,2]},"token_type":"DPoP","exp":9})");
}

TEST_F(BuilderTest, ActiveIsSaidOnceAndFirst) {
  EXPECT_EQ(Answer(R"({"exp":9,"active":true})"), Answer(R"({"exp":9})"));
  EXPECT_EQ(Answer(R"({"\u0061ctive":true,"exp":9})"), Answer(R"({"exp":9})"));
}

TEST_F(BuilderTest, AJtiThatIsTheTokenIsLeftOut) {
  const std::string token(kToken);
  EXPECT_EQ(Answer(R"({"exp":9,"jti":")" + token + R"("})"), Answer(R"({"exp":9})"));
  EXPECT_EQ(Answer(R"({"jti":"\u0032)" + token.substr(1) + R"(","exp":9})"),
            Answer(R"({"exp":9})"));
  EXPECT_EQ(Build(R"({"exp":9,"jti":")" + token + R"("})").field(Field::kJti), std::nullopt);
  EXPECT_EQ(Build(R"({"exp":9,"jti":"another"})").field(Field::kJti), "another");
}

TEST_F(BuilderTest, MembersThatDecideAreWrittenPlainly) {
  EXPECT_EQ(Answer(R"({"\u0065xp":9,"s\u0063ope":"a","\u0078":1})"),
            R"({"active":true,"exp":9,"scope":"a","\u0078":1,"token_type":"Bearer",)"
            R"("extended_claims":{}})");
}

TEST_F(BuilderTest, TheStringsThatDecideAreFound) {
  const Built built = Build(R"({"iss":"i","sub":"s","client_id":"c","sid":"d","jti":"j",)"
                            R"("scope":"a b","aud":["x","y"],"exp":9})");
  EXPECT_EQ(built.field(Field::kIss), "i");
  EXPECT_EQ(built.field(Field::kSub), "s");
  EXPECT_EQ(built.field(Field::kClientId), "c");
  EXPECT_EQ(built.field(Field::kSid), "d");
  EXPECT_EQ(built.field(Field::kJti), "j");
  EXPECT_EQ(built.field(Field::kScope), "a b");
  EXPECT_EQ(built.audience(0), "x");
  EXPECT_EQ(built.audience(1), "y");
  EXPECT_EQ(Build(R"({"exp":9})").field(Field::kSub), std::nullopt);
  EXPECT_EQ(Build(R"({"exp":9,"sub":""})").field(Field::kSub), "");
}

TEST_F(BuilderTest, TheStringsThatDecideAreUnescaped) {
  const Built built = Build(R"({"sub":"\u00e9","exp":9,"aud":["a","\"b\"","\u0000c"],)"
                            R"("scope":"a\u0020b"})");
  EXPECT_EQ(built.field(Field::kSub), "é");
  EXPECT_EQ(built.field(Field::kScope), "a b");
  EXPECT_EQ(built.audience(0), "a");
  EXPECT_EQ(built.audience(1), "\"b\"");
  EXPECT_EQ(built.audience(2), std::string("\0c", 2));
}

TEST_F(BuilderTest, TimesAreReadAndMayBeMissingButExp) {
  const token::Claims all = Build(R"({"exp":30,"iat":10,"nbf":20})").claims;
  EXPECT_EQ(all.exp, 30);
  EXPECT_EQ(all.iat, 10);
  EXPECT_EQ(all.nbf, 20);
  const token::Claims least = Build(R"({"exp":0})").claims;
  EXPECT_EQ(least.exp, 0);
  EXPECT_EQ(least.iat, token::kNever);
  EXPECT_EQ(least.nbf, token::kNever);
}

TEST_F(BuilderTest, SayWhatIsWrong) {
  EXPECT_EQ(Wrong("{}"), "claims.exp is missing");
  for (const char* name : {"client_id", "username", "scope", "sub", "iss", "jti", "sid"}) {
    for (const char* value : {"1", "null", "true", "{}", R"(["a"])"}) {
      EXPECT_EQ(Wrong("{\"exp\":9,\"" + std::string(name) + "\":" + value + "}"),
                "claims." + std::string(name) + " must be a string");
    }
  }
  for (const char* name : {"exp", "iat", "nbf"}) {
    for (const char* value : {"\"9\"", "9.5", "9.0", "9e1", "-1", "null", "9007199254740992"}) {
      EXPECT_EQ(Wrong("{\"" + std::string(name) + "\":" + value + "}"),
                "claims." + std::string(name) + " must be a whole number of seconds");
    }
  }
  for (const char* value : {"1", "null", "{}", "[1]", R"(["a",null])", R"([["a"]])"}) {
    EXPECT_EQ(Wrong("{\"exp\":9,\"aud\":" + std::string(value) + "}"),
              "claims.aud must be a string or an array of strings");
  }
  for (const char* name : {"cnf", "act", "extended_claims"}) {
    for (const char* value : {"1", "null", "[]", "\"x\""}) {
      EXPECT_EQ(Wrong("{\"exp\":9,\"" + std::string(name) + "\":" + value + "}"),
                "claims." + std::string(name) + " must be an object");
    }
  }
  EXPECT_EQ(Wrong(R"({"exp":9,"authorization_details":{}})"),
            "claims.authorization_details must be an array");
  for (const char* value : {"false", "\"true\"", "1", "null"}) {
    EXPECT_EQ(Wrong("{\"exp\":9,\"active\":" + std::string(value) + "}"),
              "claims.active must be true");
  }
  for (const char* value : {R"("mac")", R"("Bearer ")", R"("N_A")", "1", "null"}) {
    EXPECT_EQ(Wrong("{\"exp\":9,\"token_type\":" + std::string(value) + "}"),
              "claims.token_type must be Bearer or DPoP");
  }
}

TEST_F(BuilderTest, RefuseWhatIsNoAccessToken) {
  for (const char* use : {"refresh", "refresh_token", "id", "ID_TOKEN", "", "accessory"}) {
    EXPECT_EQ(Wrong("{\"exp\":9,\"token_use\":\"" + std::string(use) + "\"}"),
              "claims.token_use must be access");
  }
  EXPECT_EQ(Wrong(R"({"exp":9,"token_use":1})"), "claims.token_use must be access");
  for (const char* typ :
       {"ID", "id_token", "Refresh", "refresh_token", "Offline", "Logout", "logout_token"}) {
    EXPECT_EQ(Wrong("{\"exp\":9,\"typ\":\"" + std::string(typ) + "\"}"),
              "claims.typ must be that of an access token");
  }
  for (const char* good : {R"("token_use":"access")", R"("token_use":"access_token")",
                           R"("typ":"Bearer")", R"("typ":"at+jwt")"}) {
    EXPECT_EQ(Wrong("{\"exp\":9," + std::string(good) + "}"), "");
  }
}

TEST_F(BuilderTest, AFailureLeavesNothingBehindForTheNext) {
  const std::string fresh = BuilderTest::Answer(R"({"exp":9})");
  for (const char* bad : {R"({"exp":9,"cnf":{"jkt":"x"},"sub":1})", R"({"token_type":"DPoP"})",
                          R"({"sub":"\u0061","aud":["\u0062"],"extended_claims":{},"exp":-1})"}) {
    EXPECT_NE(Wrong(bad), "");
    const Built built = Build(R"({"exp":9})");
    EXPECT_EQ(built.answer, fresh);
    EXPECT_EQ(built.field(Field::kSub), std::nullopt);
    EXPECT_TRUE(built.claims.audiences.empty());
  }
}

TEST_F(BuilderTest, AreBounded) {
  const std::string fits = R"({"exp":9,"x":")" + std::string(60'000, 'x') + R"("})";
  EXPECT_EQ(Wrong(fits), "");
  const std::string large = R"({"exp":9,"x":")" + std::string(65'600, 'x') + R"("})";
  EXPECT_EQ(Wrong(large), "claims are too large");
  const std::string twice = R"({"exp":9,"sub":"\n)" + std::string(40'000, 'x') + R"("})";
  EXPECT_EQ(Wrong(twice), "claims are too large") << "once as it came, once unescaped";
}

// Claims with everything that is written in another way than it came.
std::string RandomClaims(population::Random& random) {
  constexpr std::array<const char*, 22> kMembers = {R"("active" : true)",
                                                    R"("sub":"\u0041b")",
                                                    R"("aud":"a")",
                                                    R"("aud" : [ "a", "\/" ])",
                                                    R"("scope":"")",
                                                    R"("x":[1, {"y":-1.0e-1}])",
                                                    R"("token_type":"DPoP")",
                                                    R"("cnf":{"jkt" : "k"})",
                                                    R"("extended_claims":{"a": 1})",
                                                    R"("\u0069at":5)",
                                                    R"("nbf":6)",
                                                    R"("jti":"2YotnFZFEjr1zCsicMWpAA")",
                                                    R"("jti":"j")",
                                                    R"("iss":"https:\/\/i\/")",
                                                    R"("":null)",
                                                    R"("\u0077":"\ud83d\ude00")",
                                                    R"("y":18446744073709551615)",
                                                    R"("z":0.1E5)",
                                                    R"("authorization_details":[ ])",
                                                    R"("act":{"sub": "x"})",
                                                    R"("username":"\\\"")",
                                                    R"("typ":"at+jwt")"};
  std::string claims = "{";
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) {
    const std::string member = kMembers[random.Below(kMembers.size())];
    std::string name = member.substr(1, member.find('"', 1) - 1);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.push_back(name);
    claims += " " + member + ",";
  }
  return claims + "\"exp\":9}";
}

TEST_F(BuilderTest, BuildingAgainChangesNothing) {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    population::Random random(seed, 0, 0);
    const std::string claims = RandomClaims(random);
    const Built once = Build(claims);
    ASSERT_EQ(once.wrong, "") << claims;
    const Built again = Build(once.answer);
    ASSERT_EQ(again.wrong, "") << once.answer;
    ASSERT_EQ(again.answer, once.answer) << "seed " << seed << ": " << claims;
    for (std::size_t i = 0; i < token::kFieldCount; ++i) {
      ASSERT_EQ(again.field(static_cast<Field>(i)), once.field(static_cast<Field>(i))) << claims;
    }
  }
}

}  // namespace
}  // namespace introspectd::claims
