// The peers say what the tests that ask them rely on.

#include "support/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "support/jwt_peers.h"
#include "support/wire.h"
#include "text/base64.h"

namespace introspectd::support {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Decoded(std::string_view base64url) {
  std::string out(base64url.size() / 4 * 3 + 3, '\0');
  const std::ptrdiff_t size = text::DecodeBase64Url(base64url, out.data());
  if (size < 0) throw std::runtime_error("not base64url: " + std::string(base64url));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string HeaderOf(const std::string& jwt) { return Decoded(jwt.substr(0, jwt.find('.'))); }

std::string ClaimsOf(const std::string& jwt) {
  const std::size_t start = jwt.find('.') + 1;
  return Decoded(std::string_view(jwt).substr(start, jwt.rfind('.') - start));
}

std::string KidOf(const std::string& jwt) { return MemberOf(HeaderOf(jwt), "kid"); }

TEST(JwtMintTest, SignsWithEveryAlgorithmAndPublishesTheKeys) {
  JwtMint mint;
  const std::string published = ReadFile(mint.jwks_file());
  std::set<std::string> kids;
  for (const std::string& alg : JwtAlgorithms()) {
    const std::string jwt = mint.Signed(alg, R"({"iat":@+0})");
    EXPECT_EQ(MemberOf(HeaderOf(jwt), "alg"), alg);
    EXPECT_EQ(MemberOf(HeaderOf(jwt), "typ"), "at+jwt");
    EXPECT_THAT(published, HasSubstr("\"" + KidOf(jwt) + "\""));
    kids.insert(KidOf(jwt));
  }
  EXPECT_EQ(kids.size(), JwtAlgorithms().size());
  EXPECT_THAT(published, Not(HasSubstr("\"d\":"))) << "a private key";
}

TEST(JwtMintTest, SaysWhateverItIsAskedTo) {
  JwtMint mint;
  const std::string typed = mint.Signed("ES256", "{}", R"({"typ":null,"jku":"http://a/"})");
  EXPECT_EQ(HeaderOf(typed), R"({"alg":"ES256","kid":"es256-1","jku":"http://a/"})");
  EXPECT_EQ(ClaimsOf(mint.Token(R"({"alg":"EdDSA","payload":"{\"a\":1,\"a\":2}"})")),
            R"({"a":1,"a":2})");
  EXPECT_EQ(mint.Token(R"({"raw":{"header":{"alg":"none"},"payload":"{}"}})"),
            "eyJhbGciOiJub25lIn0.e30.");
  EXPECT_EQ(HeaderOf(mint.Token(R"({"alg":"HS256","secret":"s"})")),
            R"({"alg":"HS256","typ":"at+jwt","kid":"hs256-1"})");
  EXPECT_THAT(mint.Pem("RS256"), HasSubstr("BEGIN PUBLIC KEY"));
  const std::string other = MemberOf(mint.AttackersJwk("ES256"), "x");
  EXPECT_THAT(ReadFile(mint.jwks_file()), Not(HasSubstr(other)));
  EXPECT_THROW(mint.Signed("XX256", "{}"), std::runtime_error);
}

class JwtIssuerTest : public testing::Test {
 protected:
  std::string Published() {
    const std::string base = issuer_.issuer();
    const auto port = static_cast<std::uint16_t>(std::stoi(base.substr(base.rfind(':') + 1)));
    return Connection::ToPort(port)
        .Ask("GET /jwks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .body;
  }
  JwtIssuer issuer_;
};

TEST_F(JwtIssuerTest, ChangesItsKeysWhileItRuns) {
  EXPECT_EQ(issuer_.jwks_uri(), issuer_.issuer() + "/jwks");
  EXPECT_EQ(KidOf(issuer_.AccessToken()), "es256-1");
  EXPECT_THAT(Published(), HasSubstr("\"es256-1\""));
  issuer_.Rotate();
  EXPECT_EQ(KidOf(issuer_.AccessToken()), "es256-2");
  EXPECT_THAT(Published(), Not(HasSubstr("\"es256-1\"")));
  issuer_.Add();
  EXPECT_EQ(KidOf(issuer_.AccessToken()), "es256-3");
  EXPECT_THAT(Published(), AllOf(HasSubstr("\"es256-2\""), HasSubstr("\"es256-3\"")));
  issuer_.Drop();
  EXPECT_EQ(KidOf(issuer_.AccessToken()), "es256-3");
  EXPECT_THAT(Published(), Not(HasSubstr("\"es256-2\"")));
  EXPECT_EQ(issuer_.Fetches(), 4);
}

TEST_F(JwtIssuerTest, IssuesTokensOfEveryKind) {
  EXPECT_THAT(ClaimsOf(issuer_.AccessToken()), HasSubstr(R"("aud":"https://api.example/")"));
  EXPECT_THAT(ClaimsOf(issuer_.Token("dpop_access")), HasSubstr(R"("cnf":{"jkt":")"));
  const std::string tokens = issuer_.peer().Ask("login");
  EXPECT_THAT(ClaimsOf(MemberOf(tokens, "id_token")), HasSubstr(R"("at_hash":)"));
  EXPECT_FALSE(MemberOf(tokens, "refresh_token").empty());
  EXPECT_EQ(MemberOf(HeaderOf(issuer_.Token("logout")), "typ"), "logout+jwt");
  EXPECT_EQ(MemberOf(HeaderOf(issuer_.Token("introspection")), "typ"), "token-introspection+jwt");
  const std::string any = issuer_.Token(R"(sign {"header":{"typ":"x"},"claims":{"aud":"y"}})");
  EXPECT_EQ(HeaderOf(any), R"({"alg":"ES256","typ":"x","kid":"es256-1"})");
  EXPECT_EQ(MemberOf(ClaimsOf(any), "iss"), issuer_.issuer());
  EXPECT_EQ(MemberOf(ClaimsOf(any), "aud"), "y");
}

TEST_F(JwtIssuerTest, StandsStillAndDies) {
  issuer_.peer().Pause();
  EXPECT_THROW(issuer_.peer().Ask("count", milliseconds(200)), std::runtime_error);
  issuer_.peer().Kill();
  EXPECT_THROW(issuer_.Fetches(), std::runtime_error);
}

TEST(PeerTest, WhoDoesNotStartIsHeard) {
  try {
    Peer peer("none.mjs");
    FAIL() << "there is no such script";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("none.mjs"));
  }
}

}  // namespace
}  // namespace introspectd::support
