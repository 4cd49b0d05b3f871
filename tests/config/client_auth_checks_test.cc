#include "config/client_auth_checks.h"

#include <gtest/gtest.h>

#include <string>

#include "config/sample.h"
#include "support/certificates.h"
#include "support/temp_dir.h"

namespace introspectd::config {
namespace {

constexpr std::string_view kThumbprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

// A directory with a.crt, a.key and ca.crt.
const std::filesystem::path& Files() {
  struct Directory : support::TempDir {
    Directory() {
      const support::Authority authority;
      const support::Certified server = authority.Issue();
      Write("a.crt", server.certificate);
      Write("a.key", server.key);
      Write("ca.crt", authority.certificate());
    }
  };
  static const Directory directory;
  return directory.path();
}

// With TLS in five lines, and [introspection] in two, then a client of four or more.
std::string WithTls(std::string_view client_ca, std::string_view client) {
  return Join("[server.tls]\ncertificate = \"a.crt\"\nkey = \"a.key\"\nclient_ca = \"", client_ca,
              "\"\n", kMinimal, client);
}
std::string Client(std::string_view auth, std::string_view lines) {
  return Join("[[clients]]\nid = \"a\"\naudiences = [\"*\"]\nauth = [", auth, "]\n", lines);
}
std::string ErrorOfClient(std::string_view auth, std::string_view lines) {
  return ErrorOf(WithTls("ca.crt", Client(auth, lines)), Files());
}

TEST(ClientAuthChecksTest, TakesWhatFits) {
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_subject_dn = \"CN=a,O=b\"\n"), "");
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_dns = \"gateway.example\"\n"), "");
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_uri = \"spiffe://a/b\"\n"), "");
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_ip = \"2001:DB8::1\"\n"), "");
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_email = \"a@b.example\"\n"), "");
  EXPECT_EQ(ErrorOf(WithTls("", Client(R"("self_signed_tls_client_auth")",
                                       Join("tls_certificates_sha256 = [\"", kThumbprint, "\", \"",
                                            kThumbprint, "\"]\n"))),
                    Files()),
            "");
  EXPECT_EQ(ErrorOf(Join(kMinimal, "endpoint = \"https://a.example/introspect\"\n",
                         Client(R"("bearer")", ""))),
            "");
}

TEST(ClientAuthChecksTest, ATlsMethodStandsAlone) {
  constexpr std::string_view kRest =
      " must stand alone: its certificate is all that proves such a client";
  EXPECT_EQ(ErrorOfClient(R"("client_secret_basic", "tls_client_auth")",
                          Join("secret = \"", kSampleSecret, "\"\ntls_san_dns = \"a\"\n")),
            Join("gateway.toml:10: clients[0].auth: \"tls_client_auth\"", kRest));
  EXPECT_EQ(
      ErrorOfClient(R"("self_signed_tls_client_auth", "tls_client_auth")", "tls_san_dns = \"a\"\n"),
      Join("gateway.toml:10: clients[0].auth: \"self_signed_tls_client_auth\"", kRest));
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth", "bearer")", "tls_san_dns = \"a\"\n"),
            Join("gateway.toml:10: clients[0].auth: \"tls_client_auth\"", kRest));
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")",
                          Join("secret = \"", kSampleSecret, "\"\ntls_san_dns = \"a\"\n")),
            "gateway.toml:7: clients[0]: has a secret, which nothing in its auth uses");
}

TEST(ClientAuthChecksTest, TlsMethodsNeedTls) {
  EXPECT_EQ(ErrorOf(Join(kMinimal, Client(R"("tls_client_auth")", "tls_san_dns = \"a\"\n"))),
            "gateway.toml:6: clients[0].auth: \"tls_client_auth\" needs TLS; allowed: with "
            "certificate and key in [server.tls]");
  EXPECT_EQ(ErrorOf(WithTls("", Client(R"("tls_client_auth")", "tls_san_dns = \"a\"\n")), Files()),
            "gateway.toml:10: clients[0].auth: \"tls_client_auth\" needs server.tls.client_ca, the "
            "issuers of such certificates");
}

TEST(ClientAuthChecksTest, ACertificateIsKnownByOneThing) {
  constexpr std::string_view kRest =
      "gateway.toml:7: clients[0]: needs exactly one of tls_subject_dn, tls_san_dns, tls_san_uri, "
      "tls_san_ip, tls_san_email for tls_client_auth, not ";
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", ""), Join(kRest, "0"));
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_dns = \"a\"\ntls_san_ip = \"::1\"\n"),
            Join(kRest, "2"));
  EXPECT_EQ(ErrorOfClient(R"("self_signed_tls_client_auth")", ""),
            "gateway.toml:7: clients[0]: needs tls_certificates_sha256 for "
            "self_signed_tls_client_auth; allowed: one of 43 characters for each of its "
            "certificates");
}

TEST(ClientAuthChecksTest, KeysOfOtherMethodsAreOfNoUse) {
  const std::string digests = Join("tls_certificates_sha256 = [\"", kThumbprint, "\"]\n");
  EXPECT_EQ(ErrorOf(Join(kMinimal, kClient, "tls_san_uri = \"spiffe://a/b\"\n")),
            "gateway.toml:7: clients[0].tls_san_uri: is of no use; allowed: with auth = "
            "[\"tls_client_auth\"]");
  EXPECT_EQ(ErrorOfClient(R"("self_signed_tls_client_auth")", digests + "tls_san_dns = \"a\"\n"),
            "gateway.toml:12: clients[0].tls_san_dns: is of no use; allowed: with auth = "
            "[\"tls_client_auth\"]");
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_dns = \"a\"\n" + digests),
            "gateway.toml:12: clients[0].tls_certificates_sha256: is of no use; allowed: with auth "
            "= [\"self_signed_tls_client_auth\"]");
}

TEST(ClientAuthChecksTest, WhatIsComparedCanBeRead) {
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_subject_dn = \"CN=a;O=b\"\n"),
            "gateway.toml:11: clients[0].tls_subject_dn: \"CN=a;O=b\" is no distinguished name: ; "
            "is not escaped; allowed: as RFC 4514 writes it, most specific first, such as "
            "CN=gateway,O=Example,C=NL");
  EXPECT_EQ(ErrorOfClient(R"("tls_client_auth")", "tls_san_ip = \"10.0.0.0/8\"\n"),
            "gateway.toml:11: clients[0].tls_san_ip: \"10.0.0.0/8\" is no address; allowed: IPv4 "
            "or IPv6, such as 2001:db8::1");
  EXPECT_EQ(ErrorOfClient(R"("self_signed_tls_client_auth")",
                          "tls_certificates_sha256 = [\"00:11:22\"]\n"),
            "gateway.toml:11: clients[0].tls_certificates_sha256[0]: \"00:11:22\" is no SHA-256; "
            "allowed: 43 characters of base64url without padding");
}

TEST(ClientAuthChecksTest, ABearerIsMeantForTheEndpoint) {
  EXPECT_EQ(ErrorOf(Join(kMinimal, Client(R"("bearer")", ""))),
            "gateway.toml:6: clients[0].auth: \"bearer\" needs introspection.endpoint, which `aud` "
            "of its tokens must have");
}

}  // namespace
}  // namespace introspectd::config
