#include "client/presented.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/base64.h"

namespace introspectd::client {
namespace {

using Kind = Presented::Kind;

class PresentedTest : public ::testing::Test {
 protected:
  Presented Read(std::optional<std::string> authorization, const FormCredentials& form = {}) {
    authorization_ = std::move(authorization);
    return ReadPresented(authorization_, form, scratch_);
  }
  Presented Basic(std::string_view id_and_secret, const FormCredentials& form = {}) {
    return Read("Basic " + text::EncodeBase64(id_and_secret), form);
  }

  std::optional<std::string> authorization_;
  std::string scratch_ = "left over";
};

std::vector<Pair> PairsOf(const Presented& presented) {
  return {presented.pairs.begin(),
          presented.pairs.begin() + static_cast<std::ptrdiff_t>(presented.pair_count)};
}

TEST_F(PresentedTest, NothingIsNothing) {
  EXPECT_EQ(Read(std::nullopt).kind, Kind::kNothing);
  const Presented id_alone = Read(std::nullopt, {.client_id = "id"});
  EXPECT_EQ(id_alone.kind, Kind::kNothing) << "a client_id alone is no mechanism";
  EXPECT_EQ(id_alone.scheme, Scheme::kNone);
}

TEST_F(PresentedTest, BasicIsSplitAtTheFirstColon) {
  const Presented presented = Basic("id:se:cret");
  EXPECT_EQ(presented.kind, Kind::kPairs);
  EXPECT_EQ(presented.scheme, Scheme::kBasic);
  EXPECT_EQ(presented.method, AuthMethod::kClientSecretBasic);
  EXPECT_EQ(PairsOf(presented), (std::vector<Pair>{{"id", "se:cret"}}));
  EXPECT_EQ(PairsOf(Basic(":")), (std::vector<Pair>{{"", ""}}));
  EXPECT_EQ(PairsOf(Basic("id:")), (std::vector<Pair>{{"id", ""}}));
}

TEST_F(PresentedTest, TheSchemeIsOfAnyCase) {
  const std::string encoded = text::EncodeBase64("id:s");
  for (const char* scheme : {"Basic ", "basic ", "BASIC ", "bAsIc   "}) {
    EXPECT_EQ(Read(scheme + encoded).kind, Kind::kPairs) << scheme;
  }
  for (const char* scheme : {"Basi ", "Basics ", "Basic\t", "Basic", " Basic "}) {
    EXPECT_EQ(Read(scheme + encoded).kind, Kind::kUnusable) << scheme;
  }
}

TEST_F(PresentedTest, BothReadingsAreGivenWhereTheyDiffer) {
  const Presented presented = Basic("i%64:s+%2B%3a");
  EXPECT_EQ(PairsOf(presented), (std::vector<Pair>{{"i%64", "s+%2B%3a"}, {"id", "s +:"}}));
  EXPECT_EQ(Basic("id:s%zz").pair_count, 1u) << "what is no escape can only be meant as it stands";
  EXPECT_EQ(Basic("i%6:secret+").pair_count, 1u);
}

TEST_F(PresentedTest, TheReadingsStayGoodWhateverTheirSize) {
  for (const std::size_t size : {1u, 10u, 100u, 10'000u}) {
    const std::string id(size, '+');
    const std::string secret(size, '%');
    EXPECT_EQ(PairsOf(Basic(id + ":" + secret)), (std::vector<Pair>{{id, secret}}));
    const Presented both = Basic(id + ":" + id);
    EXPECT_EQ(PairsOf(both),
              (std::vector<Pair>{{id, id}, {std::string(size, ' '), std::string(size, ' ')}}));
  }
}

TEST_F(PresentedTest, BasicThatCannotBeReadIsUnusable) {
  for (const char* bad : {"Basic", "Basic ", "Basic =", "Basic aWQ", "Basic aWQ6cw",
                          "Basic aWQ6cw=", "Basic aWQ6cw== ", "Basic aWQ6cw==,",
                          "Basic aWQ6c!==", "Basic -_-_", "Basic aWQ6cw== aWQ6cw=="}) {
    EXPECT_EQ(Read(bad).kind, Kind::kUnusable) << bad;
    EXPECT_EQ(Read(bad).scheme, Scheme::kBasic) << bad;
  }
  for (const std::string& bad :
       {std::string("no colon"), std::string("id:\n"), std::string("i\rd:s"),
        std::string("id:\x7f"), std::string("i\0d:s", 5), std::string("\tid:s")}) {
    EXPECT_EQ(Basic(bad).kind, Kind::kUnusable) << bad;
  }
  EXPECT_EQ(Basic("id:pässwörd").kind, Kind::kPairs);
}

TEST_F(PresentedTest, OtherSchemesAreUnusable) {
  for (const char* empty : {"bearer", "Bearer ", "Bearer   "}) {
    EXPECT_EQ(Read(empty).kind, Kind::kUnusable) << empty;
    EXPECT_EQ(Read(empty).scheme, Scheme::kBearer) << empty;
  }
  for (const char* other : {"Digest username=\"id\"", "", "x", "Basic:"}) {
    EXPECT_EQ(Read(other).kind, Kind::kUnusable) << other;
    EXPECT_EQ(Read(other).scheme, Scheme::kOther) << other;
  }
}

TEST_F(PresentedTest, PostIsAPairAsItIs) {
  const Presented presented = Read(std::nullopt, {.client_id = "i%64", .client_secret = "a+b"});
  EXPECT_EQ(presented.kind, Kind::kPairs);
  EXPECT_EQ(presented.scheme, Scheme::kNone);
  EXPECT_EQ(presented.method, AuthMethod::kClientSecretPost);
  EXPECT_EQ(PairsOf(presented), (std::vector<Pair>{{"i%64", "a+b"}}));
}

TEST_F(PresentedTest, ASecretWithoutItsClientIsUnusable) {
  const Presented presented = Read(std::nullopt, {.client_secret = "s"});
  EXPECT_EQ(presented.kind, Kind::kUnusable);
  EXPECT_EQ(presented.method, AuthMethod::kClientSecretPost);
}

TEST_F(PresentedTest, ABearerPresentsAToken) {
  for (const char* said : {"Bearer abc", "bearer abc", "BEARER   abc"}) {
    EXPECT_EQ(Read(said).kind, Kind::kBearer) << said;
    EXPECT_EQ(Read(said).scheme, Scheme::kBearer) << said;
    EXPECT_EQ(Read(said).bearer, "abc") << said;
  }
}

TEST_F(PresentedTest, TheSameInHeaderAndBodyIsOneMechanism) {
  EXPECT_EQ(Basic("id:s", {.client_id = "id"}).kind, Kind::kPairs);
  EXPECT_EQ(Basic("id:s", {.client_id = "id", .client_secret = "s"}).kind, Kind::kPairs);
  EXPECT_EQ(Basic("id:s", {.client_secret = "s"}).kind, Kind::kPairs);
  EXPECT_EQ(Basic("id:s", {.client_id = "id", .client_secret = "s"}).method,
            AuthMethod::kClientSecretBasic);
}

TEST_F(PresentedTest, AnotherInTheBodyIsAContradiction) {
  EXPECT_EQ(Basic("id:s", {.client_id = "other"}).kind, Kind::kContradiction);
  EXPECT_EQ(Basic("id:s", {.client_id = "id", .client_secret = "t"}).kind, Kind::kContradiction);
  EXPECT_EQ(Basic("id:s", {.client_id = "other", .client_secret = "s"}).kind, Kind::kContradiction);
  EXPECT_EQ(Basic("id:s", {.client_secret = ""}).kind, Kind::kContradiction);
  EXPECT_EQ(Read("Bearer abc", {.client_id = "id", .client_secret = "s"}).kind,
            Kind::kContradiction);
  EXPECT_EQ(Read("Basic !", {.client_id = "id", .client_secret = "s"}).kind, Kind::kContradiction);
  EXPECT_EQ(Read("Bearer abc", {.client_id = "id"}).kind, Kind::kBearer)
      << "a client_id alone is no mechanism";
}

// The body says "ab"; the other reading of the header would authenticate "a%62" in its name.
TEST_F(PresentedTest, OnlyTheReadingThatTheBodyAgreesWithIsLeft) {
  const Presented decoded = Basic("a%62:s", {.client_id = "ab"});
  EXPECT_EQ(decoded.kind, Kind::kPairs);
  EXPECT_EQ(PairsOf(decoded), (std::vector<Pair>{{"ab", "s"}}));
  EXPECT_EQ(PairsOf(Basic("a%62:s", {.client_id = "a%62"})), (std::vector<Pair>{{"a%62", "s"}}));
  EXPECT_EQ(PairsOf(Basic("id:a+b", {.client_id = "id"})),
            (std::vector<Pair>{{"id", "a+b"}, {"id", "a b"}}));
  EXPECT_EQ(PairsOf(Basic("id:a+b", {.client_id = "id", .client_secret = "a b"})),
            (std::vector<Pair>{{"id", "a b"}}));
  EXPECT_EQ(Basic("a%62:x+y", {.client_id = "ab", .client_secret = "x+y"}).kind,
            Kind::kContradiction)
      << "half of one reading and half of the other";
}

TEST_F(PresentedTest, AnAssertionIsAMechanismOfItsOwn) {
  const FormCredentials form{.client_assertion = "a.b.c", .client_assertion_type = kJwtBearer};
  EXPECT_EQ(Read(std::nullopt, form).kind, Kind::kAssertion);
  EXPECT_EQ(Read(std::nullopt, form).method, AuthMethod::kPrivateKeyJwt);
  EXPECT_EQ(Read(std::nullopt, form).scheme, Scheme::kNone);
  FormCredentials named = form;
  named.client_id = "id";
  EXPECT_EQ(Read(std::nullopt, named).kind, Kind::kAssertion);
  for (const char* header : {"Bearer abc", "Basic !", "Digest x", ""}) {
    EXPECT_EQ(Read(header, form).kind, Kind::kContradiction) << header;
  }
  EXPECT_EQ(Basic("id:s", form).kind, Kind::kContradiction);
  FormCredentials with_secret = named;
  with_secret.client_secret = "s";
  EXPECT_EQ(Read(std::nullopt, with_secret).kind, Kind::kContradiction);
}

// RFC 6749 5.2: an authentication method that is not supported is invalid_client.
TEST_F(PresentedTest, HalfAnAssertionIsNone) {
  EXPECT_EQ(Read(std::nullopt, {.client_assertion = "a.b.c"}).kind, Kind::kUnusable);
  EXPECT_EQ(Read(std::nullopt, {.client_assertion_type = kJwtBearer}).kind, Kind::kUnusable);
  for (const std::string_view type :
       {"urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer",
        "urn:ietf:params:oauth:client-assertion-type:JWT-bearer"}) {
    EXPECT_EQ(Read(std::nullopt, {.client_assertion = "a.b.c", .client_assertion_type = type}).kind,
              Kind::kUnusable)
        << type;
  }
  EXPECT_EQ(Basic("id:s", {.client_assertion_type = kJwtBearer}).kind, Kind::kContradiction);
}

TEST(BearerTokenTest, IsWhatFollowsTheScheme) {
  EXPECT_EQ(BearerToken("Bearer abc"), "abc");
  EXPECT_EQ(BearerToken("bEARER   a b"), "a b");
  for (const char* none : {"", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc"}) {
    EXPECT_EQ(BearerToken(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace introspectd::client
