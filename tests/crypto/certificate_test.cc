#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "crypto/openssl_ptr.h"

namespace introspectd::crypto {
namespace {

using testing::ElementsAre;

struct Entry {
  const char* type;  // as OBJ_txt2obj takes it
  int encoding;      // V_ASN1_UTF8STRING, ..., or MBSTRING_…
  std::string value;
  int set = 0;  // -1: a part of the RDN before it
};

struct Alternative {
  int kind;  // GEN_DNS, ...
  std::string value;
};

struct Wanted {
  std::vector<Entry> subject;
  std::vector<Alternative> alternatives;
  std::string not_before = "20200101000000Z";
  std::string not_after = "20300101000000Z";
};

void AddAlternatives(X509* certificate, const std::vector<Alternative>& alternatives) {
  if (alternatives.empty()) return;
  const GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  for (const auto& [kind, value] : alternatives) {
    ASN1_STRING* text = kind == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    CHECK(ASN1_STRING_set(text, value.data(), static_cast<int>(value.size())) == 1);
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, kind, text);
    CHECK(sk_GENERAL_NAME_push(names.get(), name) > 0);
  }
  CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) ==
        1);
}

std::string DerOf(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  CHECK(size > 0);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

// Signed by itself.
X509Ptr Make(const Wanted& wanted) {
  X509Ptr certificate(X509_new());
  const PkeyPtr key(EVP_EC_gen("P-256"));
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  CHECK(ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()),
                                  wanted.not_before.c_str()) == 1);
  CHECK(ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()),
                                  wanted.not_after.c_str()) == 1);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (const Entry& entry : wanted.subject) {
    const Asn1ObjectPtr type(OBJ_txt2obj(entry.type, 0));
    CHECK(X509_NAME_add_entry_by_OBJ(subject, type.get(), entry.encoding,
                                     Unsigned(entry.value.data()),
                                     static_cast<int>(entry.value.size()), -1, entry.set) == 1);
  }
  AddAlternatives(certificate.get(), wanted.alternatives);
  X509_set_pubkey(certificate.get(), key.get());
  CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return certificate;
}

std::optional<PeerCertificate> Read(const Wanted& wanted) {
  return ReadPeerCertificate(DerOf(Make(wanted).get()));
}

std::string SubjectOf(const std::vector<Entry>& subject) {
  const auto read = Read({.subject = subject});
  return read ? read->subject_dn : "nothing";
}

TEST(CertificateTest, ReadsDigestAndTimes) {
  const std::string der = DerOf(Make({}).get());
  const auto read = ReadPeerCertificate(der);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->sha256, Sha256Of(der));
  EXPECT_FALSE(read->chain_verified);
  EXPECT_EQ(read->not_before, 1577836800);
  EXPECT_EQ(read->not_after, 1893456000);
  EXPECT_FALSE(read->valid_at(1577836799));
  EXPECT_TRUE(read->valid_at(1577836800));
  EXPECT_TRUE(read->valid_at(1893456000));
  EXPECT_FALSE(read->valid_at(1893456001));
}

TEST(CertificateTest, ReadsTimesOfAllCenturies) {
  const auto read = Read({.not_before = "19500101000000Z", .not_after = "99991231235959Z"});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->not_before, -631152000);
  EXPECT_EQ(read->not_after, 253402300799);  // RFC 5280 4.1.2.5: no end
}

TEST(CertificateTest, WritesTheSubjectMostSpecificFirst) {
  EXPECT_EQ(SubjectOf({}), "");
  EXPECT_EQ(SubjectOf({{"C", V_ASN1_PRINTABLESTRING, "NL"},
                       {"O", V_ASN1_UTF8STRING, "Example, Inc."},
                       {"OU", V_ASN1_UTF8STRING, "b"},
                       {"OU", V_ASN1_UTF8STRING, "a"},
                       {"CN", V_ASN1_UTF8STRING, " #gate=way\n"}}),
            R"(CN=\ #gate=way\0A,OU=a,OU=b,O=Example\, Inc.,C=NL)");
}

TEST(CertificateTest, TheEncodingOfANameSaysNothing) {
  for (const Entry& entry :
       {Entry{"CN", V_ASN1_UTF8STRING, "Z\xC3\xBCrich"}, Entry{"CN", V_ASN1_T61STRING, "Z\xFCrich"},
        Entry{"CN", V_ASN1_BMPSTRING, {"\0Z\0\xFC\0r\0i\0c\0h", 12}}}) {
    EXPECT_EQ(SubjectOf({entry}), "CN=Z\xC3\xBCrich");
  }
}

TEST(CertificateTest, WritesTheSameAsIsConfigured) {
  const std::vector<Entry> both_orders[] = {{{"O", V_ASN1_UTF8STRING, "Example"},
                                             {"OU", V_ASN1_UTF8STRING, "Sales"},
                                             {"CN", V_ASN1_UTF8STRING, "a+b", -1}},
                                            {{"O", V_ASN1_UTF8STRING, "Example"},
                                             {"CN", V_ASN1_UTF8STRING, "a+b"},
                                             {"OU", V_ASN1_UTF8STRING, "Sales", -1}}};
  for (const auto& subject : both_orders) {
    EXPECT_EQ(SubjectOf(subject), R"(CN=a\+b+OU=Sales,O=Example)");
  }
  EXPECT_EQ(SubjectOf({{"1.3.6.1.4.1.99999.7", V_ASN1_UTF8STRING, "x"},
                       {"emailAddress", V_ASN1_IA5STRING, "a@example.com"}}),
            "emailAddress=a@example.com,1.3.6.1.4.1.99999.7=x");
}

TEST(CertificateTest, ReadsAlternativeNamesAsTheyStand) {
  const auto read =
      Read({.alternatives = {{GEN_DNS, "Gateway.example.com"},
                             {GEN_DNS, "*.example.com"},
                             {GEN_URI, "spiffe://example.com/gateway"},
                             {GEN_EMAIL, "ops@example.com"},
                             {GEN_IPADD, {"\x0A\x00\x00\x01", 4}},
                             {GEN_IPADD, {"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16}}}});
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(read->dns_names, ElementsAre("Gateway.example.com", "*.example.com"));
  EXPECT_THAT(read->uris, ElementsAre("spiffe://example.com/gateway"));
  EXPECT_THAT(read->emails, ElementsAre("ops@example.com"));
  EXPECT_THAT(read->ip_addresses, ElementsAre("10.0.0.1", "2001:db8::1"));
}

TEST(CertificateTest, RefusesNamesWithANul) {
  const std::string name("gateway.example.com\0.evil.example", 33);
  for (const int kind : {GEN_DNS, GEN_URI, GEN_EMAIL}) {
    EXPECT_FALSE(Read({.alternatives = {{kind, name}}}).has_value()) << kind;
  }
  EXPECT_FALSE(Read({.subject = {{"CN", V_ASN1_UTF8STRING, name}}}).has_value());
  EXPECT_FALSE(Read({.subject = {{"CN", V_ASN1_BMPSTRING, {"\0a\0\0", 4}}}}).has_value());
}

TEST(CertificateTest, RefusesWhatCannotBeRead) {
  EXPECT_FALSE(Read({.alternatives = {{GEN_IPADD, "12345"}}}).has_value());
  const std::string der = DerOf(Make({}).get());
  EXPECT_FALSE(ReadPeerCertificate("").has_value());
  EXPECT_FALSE(ReadPeerCertificate(der.substr(0, der.size() - 1)).has_value());
  EXPECT_FALSE(ReadPeerCertificate(der + '\0').has_value());
  EXPECT_FALSE(ReadPeerCertificate("-----BEGIN CERTIFICATE-----").has_value());
}

// Of two lists of names, nobody can say which one others read.
TEST(CertificateTest, RefusesTwoListsOfAlternativeNames) {
  const X509Ptr certificate = Make({.alternatives = {{GEN_DNS, "a.example"}}});
  AddAlternatives(certificate.get(), {{GEN_DNS, "b.example"}});
  // What the signature covers is encoded anew.
  CHECK(i2d_re_X509_tbs(certificate.get(), nullptr) > 0);
  EXPECT_FALSE(ReadPeerCertificate(DerOf(certificate.get())).has_value());
}

TEST(CertificateTest, ReadsThumbprints) {
  // RFC 8705 3.1
  const auto thumbprint = ParseThumbprint("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2");
  EXPECT_FALSE(thumbprint.has_value()) << "the RFC's example has bits that mean nothing";
  const auto zeros = ParseThumbprint(std::string(43, 'A'));
  ASSERT_TRUE(zeros.has_value());
  EXPECT_EQ(*zeros, Sha256{});
  for (const std::string& bad : {std::string(), std::string(42, 'A'), std::string(44, 'A'),
                                 std::string(42, 'A') + "=", std::string(42, 'A') + "+"}) {
    EXPECT_FALSE(ParseThumbprint(bad).has_value()) << bad;
  }
}

TEST(CertificateTest, WritesAddressesInOneWay) {
  EXPECT_EQ(CanonicalAddress("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(CanonicalAddress("2001:DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(CanonicalAddress("::ffff:10.0.0.1"), "::ffff:10.0.0.1");
  for (const char* bad : {"", "10.0.0", "10.0.0.1/8", "[::1]", "::1%lo", "gateway.example"}) {
    EXPECT_FALSE(CanonicalAddress(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace introspectd::crypto
