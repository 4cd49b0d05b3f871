#include "introspection/introspection_fixture.h"

namespace introspectd {
namespace {

using IntrospectorTest = IntrospectionFixture;
using Kind = Verdict::Kind;

TEST_F(IntrospectorTest, GivesTheAnswerOfTheRfc) {
  Line(R"({"op":"upsert","token":"2YotnFZFEjr1zCsicMWpAA","claims":{)"
       R"("client_id":"l238j323ds-23ij4","username":"jdoe","scope":"read write dolphin",)"
       R"("sub":"Z5O3upPC88QrAjx00dis","aud":["https://protected.example.net/resource"],)"
       R"("iss":"https://server.example.com/","exp":1700000100,"iat":1699990000,)"
       R"("token_type":"Bearer","extension_field":"twenty-seven","extended_claims":{}}})");
  const ClientConfig client{.id = "gateway",
                            .audiences = {"https://protected.example.net/resource"}};
  EXPECT_EQ(Answer("2YotnFZFEjr1zCsicMWpAA", client),
            R"({"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe",)"
            R"("scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",)"
            R"("aud":["https://protected.example.net/resource"],)"
            R"("iss":"https://server.example.com/","exp":1700000100,"iat":1699990000,)"
            R"("token_type":"Bearer","extension_field":"twenty-seven","extended_claims":{}})");
}

TEST_F(IntrospectorTest, TellsUnknownFromInactiveAndWhy) {
  Upsert("t", "");
  Upsert("early", R"("nbf":1700000050)");
  Upsert("jti", R"("jti":"j")");
  Upsert("rule", R"("sub":"s")");
  Line(R"({"op":"revoke","token":"revoked"})");
  Line(R"({"op":"revoke","iss":"https://server.example.com/","jti":"j"})");
  Line(R"({"op":"revoke","sub":"s"})");
  const auto kind = [this](const char* token, UnixSeconds now = kNow) {
    const Verdict verdict = Ask(token, anybody_, "", now);
    EXPECT_EQ(verdict.body.empty(), verdict.kind != Kind::kActive) << token;
    return std::pair(verdict.kind, verdict.state);
  };
  EXPECT_EQ(kind("t"), std::pair(Kind::kActive, TokenState::kActive));
  EXPECT_EQ(kind("nobody's"), std::pair(Kind::kUnknown, TokenState::kUnknown));
  EXPECT_EQ(kind("early"), std::pair(Kind::kInactive, TokenState::kNotYetValid));
  EXPECT_EQ(kind("revoked"), std::pair(Kind::kInactive, TokenState::kRevoked));
  EXPECT_EQ(kind("jti"), std::pair(Kind::kInactive, TokenState::kRevokedJti));
  EXPECT_EQ(kind("rule"), std::pair(Kind::kInactive, TokenState::kRevokedRule));
  EXPECT_EQ(kind("t", kNow + 100), std::pair(Kind::kInactive, TokenState::kExpired));
  EXPECT_EQ(kind("t", kNow + 399), std::pair(Kind::kInactive, TokenState::kExpired));
  EXPECT_EQ(kind("t", kNow + 400), std::pair(Kind::kUnknown, TokenState::kUnknown));
}

TEST_F(IntrospectorTest, WhatIsNoneOfTheCallersBusinessIsInactiveNotUnknown) {
  Upsert("t", R"("aud":"a")");
  const Verdict verdict = Ask("t", {.id = "gateway", .audiences = {"b"}});
  EXPECT_EQ(verdict.kind, Kind::kInactive);
  EXPECT_EQ(verdict.body, "");
}

TEST_F(IntrospectorTest, AllScopesThatAreAskedForMustBeThere) {
  Upsert("t", R"("scope":"read write dolphin")");
  const auto active = [this](std::string_view scope) { return IsActive("t", anybody_, scope); };
  for (const char* good : {"", "read", "dolphin", "dolphin read", "write  read", " read ", " "}) {
    EXPECT_TRUE(active(good)) << "\"" << good << "\"";
  }
  for (const char* bad :
       {"rea", "reads", "Read", "read delete", "delete", "read\twrite", "*", "read,write"}) {
    EXPECT_FALSE(active(bad)) << "\"" << bad << "\"";
  }
}

TEST_F(IntrospectorTest, ATokenWithoutScopeHasNone) {
  Upsert("none", "");
  Upsert("empty", R"("scope":"")");
  for (const char* token : {"none", "empty"}) {
    EXPECT_TRUE(IsActive(token, anybody_)) << token;
    EXPECT_FALSE(IsActive(token, anybody_, "read")) << token;
  }
}

TEST_F(IntrospectorTest, ScopesAreReadUnescaped) {
  Upsert("t", R"("scope":"re\u0061d\u0020write")");
  EXPECT_TRUE(IsActive("t", anybody_, "read write"));
}

TEST_F(IntrospectorTest, ACallerMaySeeSomeMembersOnly) {
  Upsert("t", R"("sub":"s","username":"u","scope":"a","aud":"x","ext":{"sub":1})");
  ClientConfig client = anybody_;
  client.members = {"sub", "aud"};
  EXPECT_EQ(Answer("t", client), R"({"active":true,"exp":1700000100,"sub":"s","aud":["x"]})");
  client.members = {"ext", "token_type", "extended_claims"};
  EXPECT_EQ(Answer("t", client),
            R"({"active":true,"exp":1700000100,"ext":{"sub":1},"token_type":"Bearer",)"
            R"("extended_claims":{}})");
  client.members = {"nothing that it has"};
  EXPECT_EQ(Answer("t", client), R"({"active":true,"exp":1700000100})");
}

TEST_F(IntrospectorTest, WhatAProtectedResourceMustKnowAlwaysStays) {
  Upsert("dpop", R"("cnf":{"jkt":"k"},"sub":"s")");
  Upsert("mtls", R"("sub":"s","cnf":{"x5t#S256":"k"})");
  Upsert("spelled", R"("token_type":"bEARER","sub":"s")");
  Upsert("said", R"("token_type":"dpop","sub":"s")");
  ClientConfig client = anybody_;
  client.members = {"username"};
  EXPECT_EQ(Answer("dpop", client),
            R"({"active":true,"exp":1700000100,"cnf":{"jkt":"k"},"token_type":"DPoP"})");
  EXPECT_EQ(Answer("mtls", client), R"({"active":true,"exp":1700000100,"cnf":{"x5t#S256":"k"}})");
  EXPECT_EQ(Answer("spelled", client), R"({"active":true,"exp":1700000100})");
  EXPECT_EQ(Answer("said", client), R"({"active":true,"exp":1700000100,"token_type":"dpop"})");
}

TEST_F(IntrospectorTest, MembersAreFoundHoweverTheyAreWritten) {
  Line(R"({"op":"upsert","token":"t","claims":{"\u0065xp":1700000100,"c\u006ef":{"jkt":"k"},)"
       R"("us\u0065rname":"u","tricky":"},\"username\":\"x\"","sub":"s"}})");
  ClientConfig client = anybody_;
  client.members = {"username"};
  EXPECT_EQ(Answer("t", client),
            R"({"active":true,"exp":1700000100,"cnf":{"jkt":"k"},"username":"u",)"
            R"("token_type":"DPoP"})");
}

TEST_F(IntrospectorTest, OneAnswerLeavesNothingInTheNext) {
  Upsert("long", R"("username":")" + std::string(1000, 'u') + "\"");
  Upsert("short", "");
  ClientConfig client = anybody_;
  client.members = {"username"};
  EXPECT_GT(Answer("long", client).size(), 1000u);
  EXPECT_EQ(Answer("short", client), R"({"active":true,"exp":1700000100})");
}

}  // namespace
}  // namespace introspectd
