#include "introspection/introspection_fixture.h"

namespace introspectd {
namespace {

using CallerTest = IntrospectionFixture;

TEST_F(CallerTest, KnowsTheTokensOfItsAudiences) {
  Upsert("one", R"("aud":"https://a/")");
  Upsert("many", R"("aud":["https://b/","https://a/"])");
  Upsert("other", R"("aud":"https://c/")");
  const ClientConfig client{.id = "gateway", .audiences = {"https://a/", "https://d/"}};
  EXPECT_TRUE(IsActive("one", client));
  EXPECT_TRUE(IsActive("many", client));
  EXPECT_FALSE(IsActive("other", client));
}

TEST_F(CallerTest, AudiencesAreComparedByteForByte) {
  Upsert("slash", R"("aud":"https://a/")");
  Upsert("case", R"("aud":"https://A")");
  Upsert("star", R"("aud":"*")");
  Upsert("escaped", R"("aud":"\u0068ttps://a")");
  const ClientConfig client{.id = "gateway", .audiences = {"https://a"}};
  EXPECT_FALSE(IsActive("slash", client));
  EXPECT_FALSE(IsActive("case", client));
  EXPECT_FALSE(IsActive("star", client)) << "a token cannot be for everybody";
  EXPECT_TRUE(IsActive("escaped", client)) << "what it says, not how it is written";
}

TEST_F(CallerTest, ATokenWithoutAudienceIsOnlyForEverybodysClient) {
  Upsert("none", "");
  Upsert("empty", R"("aud":[])");
  for (const char* token : {"none", "empty"}) {
    EXPECT_FALSE(IsActive(token, {.id = "gateway", .audiences = {"https://a/", ""}})) << token;
    EXPECT_TRUE(IsActive(token, {.id = "gateway", .audiences = {"*"}})) << token;
  }
}

TEST_F(CallerTest, MayKnowItsOwnTokensWhenItIsSaidSo) {
  Upsert("mine", R"("client_id":"gateway")");
  Upsert("mine, for another", R"("client_id":"gateway","aud":"https://b/")");
  Upsert("another's", R"("client_id":"gateway2")");
  Upsert("nobody's", "");
  const ClientConfig own{.id = "gateway", .audiences = {"https://a/"}, .own_tokens = true};
  EXPECT_TRUE(IsActive("mine", own));
  EXPECT_TRUE(IsActive("mine, for another", own));
  EXPECT_FALSE(IsActive("another's", own));
  EXPECT_FALSE(IsActive("nobody's", own));
  EXPECT_FALSE(IsActive("mine", {.id = "gateway", .audiences = {"https://a/"}}));
}

TEST_F(CallerTest, KnowsTheDefaultIssuersTokensUnlessItIsSaidOtherwise) {
  Upsert("none", R"("aud":"a")");
  Upsert("default", R"("aud":"a","iss":"https://server.example.com/")");
  Upsert("other", R"("aud":"a","iss":"https://other/")");
  Upsert("no slash", R"("aud":"a","iss":"https://server.example.com")");
  const auto knows = [this](const char* token, std::vector<std::string> issuers) {
    return IsActive(token, {.id = "gateway", .audiences = {"a"}, .issuers = std::move(issuers)});
  };
  EXPECT_TRUE(knows("none", {}));
  EXPECT_TRUE(knows("default", {}));
  EXPECT_FALSE(knows("other", {}));
  EXPECT_FALSE(knows("no slash", {}));
  EXPECT_TRUE(knows("other", {"https://other/"}));
  EXPECT_FALSE(knows("none", {"https://other/"}));
  EXPECT_FALSE(knows("default", {"https://other/"}));
  for (const char* token : {"none", "default", "other", "no slash"}) {
    EXPECT_TRUE(knows(token, {"*"})) << token;
  }
}

TEST_F(CallerTest, AnIssuerThatItMayNotKnowIsHiddenEvenForItsOwnTokens) {
  Upsert("t", R"("client_id":"gateway","aud":"a","iss":"https://other/")");
  EXPECT_FALSE(IsActive("t", {.id = "gateway", .audiences = {"a"}, .own_tokens = true}));
  EXPECT_FALSE(IsActive("t", {.id = "gateway", .audiences = {"*"}, .own_tokens = true}));
}

TEST_F(CallerTest, HasTheSettingsOfItsClient) {
  const Caller plain({.id = "gateway", .audiences = {"a"}}, kIssuer);
  EXPECT_EQ(plain.id(), "gateway");
  EXPECT_EQ(plain.unknown_token(), UnknownToken::kInactive);
  EXPECT_EQ(plain.unsupported_hint(), UnsupportedHint::kReject);
  EXPECT_TRUE(plain.sees_all_members());
  const Caller other({.id = "g",
                      .audiences = {"*"},
                      .members = {"sub"},
                      .unknown_token = UnknownToken::kError,
                      .unsupported_hint = UnsupportedHint::kIgnore},
                     kIssuer);
  EXPECT_EQ(other.unknown_token(), UnknownToken::kError);
  EXPECT_EQ(other.unsupported_hint(), UnsupportedHint::kIgnore);
  EXPECT_FALSE(other.sees_all_members());
  EXPECT_TRUE(other.Sees("sub"));
  EXPECT_FALSE(other.Sees("Sub"));
}

}  // namespace
}  // namespace introspectd
