#include "client/certificate_rule.h"

#include <gtest/gtest.h>

#include <string>

#include "text/base64.h"

namespace introspectd::client {
namespace {

constexpr UnixSeconds kNow = 1'500;

crypto::PeerCertificate Certificate() {
  return {.sha256 = crypto::Sha256Of("certificate"),
          .chain_verified = true,
          .not_before = 1'000,
          .not_after = 2'000,
          .subject_dn = "CN=gateway,O=Example\\, Inc.",
          .dns_names = {"*.example.com", "gateway.example.com"},
          .uris = {"spiffe://example.com/gateway"},
          .ip_addresses = {"10.0.0.1", "2001:db8::1"},
          .emails = {"ops@example.com"}};
}

ClientConfig By(std::string ClientConfig::*member, const std::string& value) {
  ClientConfig config{.id = "a", .auth = {AuthMethod::kTlsClientAuth}};
  config.*member = value;
  return config;
}

bool Admits(const ClientConfig& config, const crypto::PeerCertificate& certificate = Certificate(),
            UnixSeconds now = kNow) {
  return CertificateRule(config).Admits(certificate, now);
}

TEST(CertificateRuleTest, ComparesOneThing) {
  EXPECT_TRUE(Admits(By(&ClientConfig::tls_subject_dn, R"(cn = gateway, o = Example\2C Inc.)")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_subject_dn, R"(O=Example\, Inc.,CN=gateway)")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_subject_dn, "CN=gateway")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_subject_dn, R"(CN=Gateway,O=Example\, Inc.)")));
  EXPECT_TRUE(Admits(By(&ClientConfig::tls_san_dns, "gateway.example.com")));
  EXPECT_TRUE(Admits(By(&ClientConfig::tls_san_dns, "*.example.com")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_san_dns, "other.example.com"))) << "no wildcards";
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_san_dns, "gateway.example.com.")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_san_dns, "ops@example.com"))) << "another kind";
  EXPECT_TRUE(Admits(By(&ClientConfig::tls_san_uri, "spiffe://example.com/gateway")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_san_uri, "spiffe://example.com/gateway/")));
  EXPECT_TRUE(Admits(By(&ClientConfig::tls_san_ip, "2001:DB8:0::1")));
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_san_ip, "::ffff:10.0.0.1")));
  EXPECT_TRUE(Admits(By(&ClientConfig::tls_san_email, "ops@example.com")));
}

TEST(CertificateRuleTest, AChainIsNeededUnlessTheCertificateItselfIsKnown) {
  crypto::PeerCertificate certificate = Certificate();
  certificate.chain_verified = false;
  EXPECT_FALSE(Admits(By(&ClientConfig::tls_san_dns, "gateway.example.com"), certificate));
  const std::string digest = text::EncodeBase64Url(
      {reinterpret_cast<const char*>(certificate.sha256.data()), certificate.sha256.size()});
  const ClientConfig self_signed{.id = "a",
                                 .auth = {AuthMethod::kSelfSignedTlsClientAuth},
                                 .tls_certificates_sha256 = {std::string(43, 'A'), digest}};
  EXPECT_TRUE(Admits(self_signed, certificate)) << "the second of two, for rotation";
  certificate.chain_verified = true;
  EXPECT_TRUE(Admits(self_signed, certificate));
  certificate.sha256[0] ^= 1;
  EXPECT_FALSE(Admits(self_signed, certificate));
}

TEST(CertificateRuleTest, TimeIsAskedForAtEveryRequest) {
  const CertificateRule rule(By(&ClientConfig::tls_san_dns, "gateway.example.com"));
  for (const auto& [now, admitted] :
       {std::pair{999, false}, {1'000, true}, {2'000, true}, {2'001, false}}) {
    EXPECT_EQ(rule.Admits(Certificate(), now), admitted) << now;
  }
}

TEST(CertificateRuleTest, AClientWithoutATlsMethodHasNoCertificate) {
  ClientConfig config = By(&ClientConfig::tls_san_dns, "gateway.example.com");
  config.auth = {AuthMethod::kClientSecretBasic};
  EXPECT_FALSE(Admits(config));
}

}  // namespace
}  // namespace introspectd::client
