// Every reason for which contract 5 refuses a line, and that no reason repeats what the line says.

#include <gtest/gtest.h>

#include <string>

#include "update/parser.h"

namespace introspectd::update {
namespace {

struct Case {
  std::string line;
  std::string reason;
};

class ParserRefusalsTest : public ::testing::Test {
 protected:
  static constexpr UnixSeconds kNow = 1'700'000'000;
  static constexpr const char* kIssuer = "https://server.example.com/";

  std::string ReasonOf(const std::string& line, Origin origin = Origin::kPusher) {
    Line parsed = parser_.Parse(line, pusher_, origin, 1, kNow * kMicrosPerSecond);
    auto* refused = std::get_if<Refused>(&parsed);
    return refused == nullptr ? "accepted" : std::move(refused->reason);
  }
  void Check(std::initializer_list<Case> cases, Origin origin = Origin::kPusher) {
    for (const auto& [line, reason] : cases) EXPECT_EQ(ReasonOf(line, origin), reason) << line;
  }

  Pusher pusher_{.issuers = {kIssuer}};
  Parser parser_{{.issuer = kIssuer, .token_lifetime_max_s = 1000}};
};

TEST_F(ParserRefusalsTest, WhatIsNotOneStrictObject) {
  const std::string not_json = "not one JSON object in UTF-8";
  Check({{"", not_json},
         {"x", not_json},
         {R"({"op":"heartbeat"}x)", not_json},
         {R"({"op":"heartbeat"}{"op":"heartbeat"})", not_json},
         {R"({"op":"heartbeat",})", not_json},
         {"{\"op\":\"heart\xff"
          "beat\"}",
          not_json},
         {"\xef\xbb\xbf{\"op\":\"heartbeat\"}", not_json},
         {"[]", "not a JSON object"},
         {"\"upsert\"", "not a JSON object"},
         {R"({"op":"heartbeat","op":"heartbeat"})", "a member stands twice in one object"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1,"a":{"b":1,"\u0062":2}}})",
          "a member stands twice in one object"}});
}

TEST_F(ParserRefusalsTest, WhatIsTooDeepOrTooLong) {
  const auto nested = [](int levels) {
    std::string open;
    std::string close;
    for (int i = 0; i < levels; ++i) {
      open += R"({"a":)";
      close += "}";
    }
    return R"({"op":"upsert","token":"t","claims":{"exp":1,"x":)" + open + "1" + close + "}}";
  };
  EXPECT_EQ(ReasonOf(nested(14)), "accepted") << "16 levels with the line's own two";
  EXPECT_EQ(ReasonOf(nested(15)), "nested too deeply");
  std::string line = R"({"op":"upsert","token":"t","claims":{"exp":1,"x":"")";
  line.insert(line.size() - 1, std::string(16'384 - line.size() - 2, 'x'));
  line += "}}";
  ASSERT_EQ(line.size(), 16'384u);
  EXPECT_EQ(ReasonOf(line), "accepted");
  EXPECT_EQ(ReasonOf(line + " "), "the line is longer than its limit");
}

TEST_F(ParserRefusalsTest, UnknownOps) {
  const std::string unknown = "unknown op; allowed: upsert, revoke, heartbeat, complete";
  Check({{"{}", "op is missing"},
         {R"({"op":1})", "op is missing"},
         {R"({"op":null})", "op is missing"},
         {R"({"op":""})", unknown},
         {R"({"op":"Upsert"})", unknown},
         {R"({"op":"delete","token":"t"})", unknown},
         {R"({"op":"position","sequence":1})", unknown},
         {R"({"op":"end","lines":1})", unknown}});
}

TEST_F(ParserRefusalsTest, MembersThatAnOpDoesNotHave) {
  const std::string extra = "a member that this op does not have";
  Check({{R"({"op":"upsert","token":"t","claims":{"exp":1},"ttl":5})", extra},
         {R"({"op":"upsert","token":"t","claims":{"exp":1},"end":5})", extra},
         {R"({"op":"upsert","token":"t","claims":{"exp":1},"claims_sha256":""})", extra},
         {R"({"op":"revoke","token":"t","sub":"s"})", extra},
         {R"({"op":"revoke","token":"t","end":5})", extra},
         {R"({"op":"revoke","token":"t","known":true})", extra},
         {R"({"op":"revoke","iss":"https://server.example.com/","jti":"j","sub":"s"})", extra},
         {R"({"op":"revoke","sub":"s","issued_befor":5})", extra},
         {R"({"op":"revoke","sub":"s","end":5})", extra},
         {R"({"op":"heartbeat","token":"t"})", extra},
         {R"({"op":"complete","lines":1})", extra}});
}

TEST_F(ParserRefusalsTest, IdentitiesThatAreNone) {
  const std::string one = "exactly one of token and token_sha256";
  const std::string empty = "token must be a string that is not empty";
  const std::string form =
      "token_sha256 must be 43 base64url characters without padding, or the first 16 bytes as 22";
  const std::string a42(42, 'A');
  const std::string a21(21, 'A');
  Check({{R"({"op":"upsert","claims":{"exp":1}})", one},
         {R"({"op":"revoke","token":"t","token_sha256":")" + a42 + "A\"}", one},
         {R"({"op":"revoke","token":""})", empty},
         {R"({"op":"revoke","token":1})", empty},
         {R"({"op":"revoke","token":null})", empty},
         {R"({"op":"revoke","token_sha256":""})", form},
         {R"({"op":"revoke","token_sha256":1})", form},
         {R"({"op":"revoke","token_sha256":")" + a42 + "\"}", form},
         {R"({"op":"revoke","token_sha256":")" + a42 + "AA\"}", form},
         {R"({"op":"revoke","token_sha256":")" + a42 + "A=\"}", form},
         {R"({"op":"revoke","token_sha256":")" + a42 + "B\"}", form},  // unused bits
         {R"({"op":"revoke","token_sha256":")" + a42 + "+\"}", form},
         {R"({"op":"revoke","token_sha256":")" + a21 + "\"}", form},
         {R"({"op":"revoke","token_sha256":")" + a21 + "B\"}", form}});
}

TEST_F(ParserRefusalsTest, Sequences) {
  const std::string form = "sequence must be a whole number of microseconds below 2^63";
  Check({{R"({"op":"revoke","token":"t","sequence":-1})", form},
         {R"({"op":"revoke","token":"t","sequence":"1"})", form},
         {R"({"op":"revoke","token":"t","sequence":1.5})", form},
         {R"({"op":"revoke","token":"t","sequence":9223372036854775808})", form},
         {R"({"op":"heartbeat","sequence":-1})", form},
         {R"({"op":"revoke","token":"t","sequence":1700000300000001})",
          "sequence is more than 300 s ahead"},
         {R"({"op":"upsert","token":"t","sequence":9223372036854775807,"claims":{"exp":1}})",
          "sequence is more than 300 s ahead"}});
}

TEST_F(ParserRefusalsTest, Claims) {
  Check({{R"({"op":"upsert","token":"t"})", "claims must be an object"},
         {R"({"op":"upsert","token":"t","claims":[]})", "claims must be an object"},
         {R"({"op":"upsert","token":"t","claims":null})", "claims must be an object"},
         {R"({"op":"upsert","token":"t","claims":{}})", "claims.exp is missing"},
         {R"({"op":"upsert","token":"t","claims":{"exp":"1"}})",
          "claims.exp must be a whole number of seconds"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1,"active":false}})",
          "claims.active must be true"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1,"token_type":"mac"}})",
          "claims.token_type must be Bearer or DPoP"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1,"token_use":"refresh"}})",
          "claims.token_use must be access"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1,"typ":"ID"}})",
          "claims.typ must be that of an access token"}});
}

TEST_F(ParserRefusalsTest, TokensThatWouldLiveTooLong) {
  Check({{R"({"op":"upsert","token":"t","claims":{"exp":1700001301}})",
          "claims.exp is more than 1300 s ahead"},
         {R"({"op":"upsert","token":"t","claims":{"exp":9007199254740991}})",
          "claims.exp is more than 1300 s ahead"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1301,"iat":0}})",
          "claims.exp is more than 1300 s after claims.iat"}});
}

TEST_F(ParserRefusalsTest, Rules) {
  const std::string nothing =
      "revoke needs token, token_sha256, iss and jti, or one of sub, client_id, sid";
  Check(
      {{R"({"op":"revoke"})", nothing},
       {R"({"op":"revoke","iss":"https://server.example.com/"})", nothing},
       {R"({"op":"revoke","issued_before":1})", nothing},
       {R"({"op":"revoke","jti":"j"})", "a jti is revoked together with its iss, which is missing"},
       {R"({"op":"revoke","iss":1,"jti":"j"})", "iss must be a string"},
       {R"({"op":"revoke","iss":"https://server.example.com/","jti":1})", "jti must be a string"},
       {R"({"op":"revoke","sub":null})", "sub must be a string"},
       {R"({"op":"revoke","client_id":["c"]})", "client_id must be a string"},
       {R"({"op":"revoke","sid":1})", "sid must be a string"},
       {R"({"op":"revoke","sub":"s","iss":{}})", "iss must be a string"},
       {R"({"op":"revoke","sub":"s","issued_before":"1"})",
        "issued_before must be a whole number of seconds"},
       {R"({"op":"revoke","sub":"s","issued_before":-1})",
        "issued_before must be a whole number of seconds"},
       {R"({"op":"revoke","sub":"s","issued_before":1700000061})",
        "issued_before is more than 60 s ahead"}});
}

TEST_F(ParserRefusalsTest, IssuersThatThePusherMayNotSpeakFor) {
  const std::string foreign = "an issuer that this token may not speak for";
  Check({{R"({"op":"upsert","token":"t","claims":{"exp":1,"iss":"https://other/"}})", foreign},
         {R"({"op":"upsert","token":"t","claims":{"exp":1,"iss":"https://server.example.com"}})",
          foreign},
         {R"({"op":"revoke","iss":"https://other/","jti":"j"})", foreign},
         {R"({"op":"revoke","iss":"https://other/","sub":"s"})", foreign}});
  pusher_ = {.issuers = {"https://other/"}};
  Check({{R"({"op":"upsert","token":"t","claims":{"exp":1}})", foreign}});
  pusher_ = {};
  Check({{R"({"op":"revoke","sub":"s"})", "this token speaks for no issuer"}});
}

TEST_F(ParserRefusalsTest, OpsThatThePusherHasNoScopeFor) {
  pusher_.may_upsert = false;
  Check(
      {{R"({"op":"upsert","token":"t","claims":{"exp":1}})", "this token has no scope for upsert"},
       {R"({"op":"revoke","token":"t"})", "accepted"}});
  pusher_ = {.may_revoke = false, .issuers = {kIssuer}};
  Check({{R"({"op":"upsert","token":"t","claims":{"exp":1}})", "accepted"},
         {R"({"op":"revoke","token":"t"})", "this token has no scope for revoke"},
         {R"({"op":"revoke","sub":"s"})", "this token has no scope for revoke"}});
}

TEST_F(ParserRefusalsTest, WhatNodesGetWrong) {
  Check({{R"({"op":"position"})", "sequence must be a whole number of microseconds"},
         {R"({"op":"position","sequence":-1})", "sequence must be a whole number of microseconds"},
         {R"({"op":"end"})", "lines must be a whole number"},
         {R"({"op":"end","lines":"1"})", "lines must be a whole number"},
         {R"({"op":"revoke","token":"t","end":-1})", "end must be a whole number of seconds"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1},"claims_sha256":"x"})",
          "claims_sha256 must be 43 base64url characters"},
         {R"({"op":"upsert","token":"t","claims":{"exp":1},"ttl":1})",
          "a member that this op does not have"}},
        Origin::kNode);
}

// Reasons end up in answers and logs.
TEST_F(ParserRefusalsTest, NoReasonRepeatsWhatTheLineSays) {
  for (const char* line :
       {R"({"op":"CANARY"})", R"({"CANARY":1})", R"(CANARY)",
        R"({"op":"revoke","token":["CANARY"]})",
        R"({"op":"upsert","token":"CANARY","claims":{"exp":"CANARY"}})",
        R"({"op":"upsert","token":"CANARY","claims":{"CANARY":1}})",
        R"({"op":"upsert","token":"CANARY","CANARY":1,"claims":{"exp":1}})",
        R"({"op":"upsert","token":"t","claims":{"exp":1,"iss":"CANARY"}})",
        R"({"op":"upsert","token":"t","claims":{"exp":1,"token_type":"CANARY"}})",
        R"({"op":"revoke","token_sha256":"CANARY"})", R"({"op":"revoke","iss":"CANARY","sub":"s"})",
        R"({"op":"revoke","token":"t","sequence":"CANARY"})"}) {
    const std::string reason = ReasonOf(line);
    EXPECT_NE(reason, "accepted") << line;
    EXPECT_EQ(reason.find("CANARY"), std::string::npos) << reason;
  }
}

}  // namespace
}  // namespace introspectd::update
