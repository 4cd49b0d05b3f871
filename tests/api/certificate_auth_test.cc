// Clients that are known by their certificates (RFC 8705; contract 4.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/data_plane.h"
#include "crypto/certificate.h"
#include "fmt/format.h"
#include "support/certificates.h"
#include "support/request.h"
#include "support/temp_dir.h"
#include "text/base64.h"

namespace introspectd::api {
namespace {

using support::Basic;
using support::ConfigText;
using support::kGateway;
using support::kGatewaySecret;
using support::Request;
using testing::HasSubstr;

std::string TlsClient(std::string_view id, std::string_view method, std::string_view line) {
  return fmt::format(
      "[[clients]]\nid = \"{}\"\nauth = [\"{}\"]\naudiences = [\"*\"]\nissuers = [\"*\"]\n{}\n", id,
      method, line);
}

crypto::PeerCertificate Certificate() {
  return {.sha256 = crypto::Sha256Of("a certificate"),
          .chain_verified = true,
          .not_before = support::StartSeconds() - 60,
          .not_after = support::StartSeconds() + 60,
          .subject_dn = "CN=gateway,O=Example",
          .dns_names = {"gateway.example"}};
}

std::string Thumbprint() {
  const crypto::Sha256 digest = Certificate().sha256;
  return text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// What the listener has is of no meaning here, but it must be good.
std::string ServerTls() {
  static const support::TempDir files;
  const support::Authority authority;
  const support::Certified server = authority.Issue();
  return fmt::format("[server.tls]\ncertificate = \"{}\"\nkey = \"{}\"\nclient_ca = \"{}\"\n",
                     files.Write("a.crt", server.certificate).string(),
                     files.Write("a.key", server.key).string(),
                     files.Write("ca.crt", authority.certificate()).string());
}

std::string Text() {
  return ConfigText{.tables =
                        ServerTls() +
                        TlsClient("pki", "tls_client_auth", "tls_san_dns = \"gateway.example\"") +
                        TlsClient("pinned", "self_signed_tls_client_auth",
                                  fmt::format("tls_certificates_sha256 = [\"{}\"]", Thumbprint()))}
      .Text();
}

class CertificateAuthTest : public testing::Test {
 protected:
  CertificateAuthTest() : plane_(Text()) {
    plane_.Push(support::Upsert(support::kExampleToken, support::ExampleClaims()));
    plane_.peer.certificate = &certificate_;
  }

  support::Response Ask(std::string_view id, const std::string& more = "",
                        const std::string& authorization = "") {
    return plane_.AskAnew(
        Request{.authorization = authorization,
                .body = fmt::format("client_id={}{}&{}", id, more, Request{}.body)}
            .Bytes());
  }

  crypto::PeerCertificate certificate_ = Certificate();
  DataPlane plane_;
};

TEST_F(CertificateAuthTest, ACertificateProvesItsClient) {
  EXPECT_EQ(Ask("pki").body, support::ExampleAnswer());
  EXPECT_EQ(Ask("pinned").body, support::ExampleAnswer());
  EXPECT_EQ(plane_.verified, 0) << "there is no secret";
}

// A10: none, unknown, expired, of somebody else. All look as if there were no such client.
TEST_F(CertificateAuthTest, NoOtherCertificateDoes) {
  const auto said = [this](std::string_view id) {
    plane_.Reconnect();
    return plane_.Say(
        Request{.authorization = "", .body = fmt::format("client_id={}&{}", id, Request{}.body)}
            .Bytes());
  };
  const std::string refused = said("nobody");
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 401 "));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Basic "));
  EXPECT_EQ(said(kGateway), refused) << "a client with a secret";
  certificate_.chain_verified = false;
  EXPECT_EQ(said("pki"), refused);
  EXPECT_EQ(Ask("pinned").status, 200) << "its chain does not matter";
  certificate_ = Certificate();
  certificate_.dns_names = {"other.example"};
  certificate_.sha256[0] ^= 1;
  EXPECT_EQ(said("pki"), refused);
  EXPECT_EQ(said("pinned"), refused);
  plane_.peer.certificate = nullptr;
  EXPECT_EQ(said("pki"), refused);
  EXPECT_EQ(said("pinned"), refused);
  EXPECT_EQ(plane_.counters.Get(Count::kUnauthorized), 7u);
}

// A11: connections outlive certificates.
TEST_F(CertificateAuthTest, ItsTimesAreLookedAtAtEveryRequest) {
  const std::string request =
      Request{.authorization = "", .body = "client_id=pinned&" + Request{}.body}.Bytes();
  EXPECT_EQ(plane_.AskAnew(request).status, 200);
  plane_.now.wall_us += 60 * kMicrosPerSecond;
  EXPECT_EQ(plane_.Ask(request).status, 200);
  plane_.now.wall_us += kMicrosPerSecond;
  EXPECT_EQ(plane_.Ask(request).status, 401) << "on the same connection";
}

// A10: never a fallback.
TEST_F(CertificateAuthTest, ASecretDoesNotProveAClientOfCertificates) {
  for (const std::string_view id : {"pki", "pinned"}) {
    EXPECT_EQ(Ask(id, "&client_secret=x").status, 401);
    EXPECT_EQ(Ask(id, "", Basic(id, "x")).status, 401);
    EXPECT_EQ(Ask(id, "", Basic(id, "")).status, 401);
    EXPECT_EQ(Ask(id, "", "Authorization: Bearer x\r\n").status, 401);
  }
}

TEST_F(CertificateAuthTest, ACertificateIsNoSecondMechanism) {
  const Request request{.authorization = Basic(kGateway, kGatewaySecret)};
  EXPECT_EQ(plane_.AskAnew(request.Bytes()).body, support::ExampleAnswer());
  EXPECT_EQ(Ask(kGateway, fmt::format("&client_secret={}", kGatewaySecret)).status, 200);
  EXPECT_EQ(Ask("pki", "", request.authorization).status, 400) << "two clients";
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = ""}.Bytes()).status, 401)
      << "a certificate alone says not which client";
}

TEST_F(CertificateAuthTest, AReloadCounts) {
  const std::string request =
      Request{.authorization = "", .body = "client_id=pki&" + Request{}.body}.Bytes();
  ASSERT_EQ(plane_.AskAnew(request).status, 200);
  plane_.Reload(ConfigText{}.Text());
  EXPECT_EQ(plane_.Ask(request).status, 401);
}

}  // namespace
}  // namespace introspectd::api
