// Clients that are known by their certificates, over real TLS with a client of others (curl). Rows
// A10 and A11 of the bad inputs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/certificates.h"
#include "support/child.h"
#include "support/temp_dir.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::Authority;
using support::CertificateSpec;
using support::Certified;
using support::ClientSpec;

const std::string kAbout = "&token=" + std::string(support::kExampleToken);

CertificateSpec GatewaySpec() {
  CertificateSpec spec = ClientSpec("gateway");
  spec.organization = "Example, Inc.";
  spec.alternatives = "DNS:gateway.example.com,IP:2001:db8::1,URI:spiffe://example.com/gateway";
  return spec;
}

class ClientCertificateTest : public testing::Test {
 protected:
  ClientCertificateTest() : node_(Config()) {
    node_.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  }

  static std::string TlsClient(std::string_view id, std::string_view method,
                               std::string_view line) {
    return fmt::format(
        "[[clients]]\nid = \"{}\"\nauth = [\"{}\"]\naudiences = [\"*\"]\nissuers = [\"*\"]\n{}\n",
        id, method, line);
  }
  ConfigText Config() const {
    const Certified server = authority_.Issue();
    ConfigText config;
    config.tables =
        fmt::format("[server.tls]\ncertificate = \"{}\"\nkey = \"{}\"\nclient_ca = \"{}\"\n",
                    files_.Write("server.crt", server.certificate).string(),
                    files_.Write("server.key", server.key).string(),
                    files_.Write("ca.crt", authority_.certificate()).string()) +
        TlsClient("by-subject", "tls_client_auth",
                  R"(tls_subject_dn = "CN=gateway, O=Example\\, Inc.")") +
        TlsClient("by-dns", "tls_client_auth", "tls_san_dns = \"gateway.example.com\"") +
        TlsClient("by-uri", "tls_client_auth", "tls_san_uri = \"spiffe://example.com/gateway\"") +
        TlsClient("by-ip", "tls_client_auth", "tls_san_ip = \"2001:DB8:0::1\"") +
        TlsClient("pinned", "self_signed_tls_client_auth",
                  fmt::format("tls_certificates_sha256 = [\"{}\", \"{}\"]",
                              support::ThumbprintOf(support::SelfSigned().certificate),
                              support::ThumbprintOf(pinned_.certificate)));
    return config;
  }

  // What curl says to `body`; with the certificate, unless it is empty.
  std::string Ask(const Certified& certified, const std::string& body,
                  const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"/usr/bin/curl",
                                          "--silent",
                                          "--show-error",
                                          "--cacert",
                                          (files_.path() / "ca.crt").string(),
                                          "--data",
                                          body,
                                          "--write-out",
                                          " %{http_code}"};
    if (!certified.certificate.empty()) {
      arguments.insert(arguments.end(),
                       {"--cert", files_.Write("client.crt", certified.certificate).string(),
                        "--key", files_.Write("client.key", certified.key).string()});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(
        fmt::format("https://localhost:{}/introspect", node_.process().port(Plane::kData)));
    return support::RunToEnd(arguments).output;
  }
  void ExpectActive(const Certified& certified, const std::string& id) {
    EXPECT_EQ(Ask(certified, "client_id=" + id + kAbout), support::ExampleAnswer() + " 200") << id;
  }
  void ExpectRefused(const Certified& certified, const std::string& id,
                     const std::vector<std::string>& more = {}) {
    EXPECT_THAT(Ask(certified, "client_id=" + id + kAbout, more), testing::EndsWith(" 401")) << id;
  }

  const support::TempDir files_;
  const Authority authority_;
  const Certified pinned_ = support::SelfSigned(ClientSpec("pinned"));
  Node node_;
};

TEST_F(ClientCertificateTest, ACertificateProvesItsClient) {
  const Certified gateway = authority_.Issue(GatewaySpec());
  for (const char* id : {"by-subject", "by-dns", "by-uri", "by-ip"}) ExpectActive(gateway, id);
  ExpectRefused(gateway, "pinned");
  ExpectActive(pinned_, "pinned");
  for (const char* id : {"by-subject", "by-dns", "by-uri", "by-ip"}) ExpectRefused(pinned_, id);
}

TEST_F(ClientCertificateTest, NoOtherDoes) {
  const auto with = [](auto member, auto value) {
    CertificateSpec spec = GatewaySpec();
    spec.*member = value;
    return spec;
  };
  for (const char* id : {"by-subject", "by-dns", "pinned"}) {
    ExpectRefused({}, id);
    ExpectRefused(Authority().Issue(GatewaySpec()), id);
    ExpectRefused(support::SelfSigned(GatewaySpec()), id);
    ExpectRefused(authority_.Issue(with(&CertificateSpec::ends_in_s, -1)), id);
    ExpectRefused(authority_.Issue(with(&CertificateSpec::begins_in_s, 600)), id);
    ExpectRefused(authority_.Issue(with(&CertificateSpec::usage, "serverAuth")), id);
  }
  ExpectRefused(authority_.Issue(with(&CertificateSpec::common_name, "Gateway")), "by-subject");
  ExpectRefused(authority_.Issue(with(&CertificateSpec::organization, "")), "by-subject");
  ExpectRefused(authority_.Issue(with(&CertificateSpec::alternatives, "DNS:*.example.com")),
                "by-dns");
}

TEST_F(ClientCertificateTest, NeitherASecretNorACertificateStandsInForTheOther) {
  const Certified gateway = authority_.Issue(GatewaySpec());
  ExpectRefused(gateway, "by-dns", {"--user", "by-dns:secret"});
  ExpectRefused(gateway, "by-dns", {"--data", "client_secret=secret"});
  ExpectRefused(gateway, std::string(support::kGateway));
  const std::string user = fmt::format("{}:{}", support::kGateway, support::kGatewaySecret);
  EXPECT_EQ(Ask(gateway, kAbout.substr(1), {"--user", user}), support::ExampleAnswer() + " 200");
}

// A connection outlives its certificate.
TEST_F(ClientCertificateTest, ItsEndIsTheEndOfWhatItProves) {
  CertificateSpec spec = GatewaySpec();
  spec.ends_in_s = 4;
  const Certified brief = authority_.Issue(spec);
  ExpectActive(brief, "by-dns");
  const std::string url =
      fmt::format("https://localhost:{}/introspect", node_.process().port(Plane::kData));
  // Twice on one connection, the second time when it has ended.
  const std::string said = Ask(brief, "client_id=by-dns" + kAbout, {"--rate", "10/m", url});
  EXPECT_THAT(said, testing::StartsWith(support::ExampleAnswer() + " 200"));
  EXPECT_THAT(said, testing::EndsWith(" 401"));
}

}  // namespace
}  // namespace introspectd::system_test
