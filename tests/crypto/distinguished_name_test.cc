#include "crypto/distinguished_name.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace introspectd::crypto {
namespace {

std::string Canonical(std::string_view text) {
  const auto name = CanonicalName(text);
  return name.ok() ? *name : std::string(name.status().message());
}

TEST(DistinguishedNameTest, WritesWhatSaysTheSameInOneWay) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"CN=gateway,O=Example,C=NL", "CN=gateway,O=Example,C=NL"},
      {"cn=gateway, o = Example , C=NL", "CN=gateway,O=Example,C=NL"},
      {"commonName=gateway,2.5.4.10=Example,countryname=NL", "CN=gateway,O=Example,C=NL"},
      {"EMAILADDRESS=a@example.com,STREET=Way 1", "emailAddress=a@example.com,street=Way 1"},
      {"1.2.840.113549.1.9.1=a@example.com", "emailAddress=a@example.com"},
      {"2.5.4.97=PSDNL-1", "organizationIdentifier=PSDNL-1"},
      {"1.3.6.1.4.1.99999.7=x", "1.3.6.1.4.1.99999.7=x"},
      // RFC 4514 4
      {"UID=jsmith,DC=example,DC=net", "UID=jsmith,DC=example,DC=net"},
      {"OU=Sales+CN=J.  Smith,DC=example", "CN=J.  Smith+OU=Sales,DC=example"},
      {R"(CN=James \"Jim\" Smith\, III)", R"(CN=James \"Jim\" Smith\, III)"},
      {R"(CN=Before\0dAfter)", R"(CN=Before\0DAfter)"},
      {R"(CN=Lu\C4\8Di\C4\87)", "CN=Lu\xC4\x8Di\xC4\x87"},
      // values as DER: a UTF8String, a PrintableString, an OCTET STRING
      {"CN=#0C0161,O=#130162", "CN=a,O=b"},
      {"1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=#04024869"},
      // escapes that are needed, and those that are not
      {R"(CN=\ a\ )", R"(CN=\ a\ )"},
      {R"(CN= a b  )", "CN=a b"},
      {R"(CN=\#a#\=\3D=)", R"(CN=\#a#===)"},
      {R"(CN=a\2Cb)", R"(CN=a\,b)"},
      {"CN=", "CN="},
  };
  for (const auto& [text, canonical] : cases) EXPECT_EQ(Canonical(text), canonical) << text;
}

TEST(DistinguishedNameTest, WhatIsWrittenIsReadAsTheSame) {
  for (const std::string text : {R"(CN=\ \#\"\+\,\;\<\>\\)", R"(CN=\ a\\\ ,O=\#\+\,\;\<\>\")",
                                 R"(O=\0A+CN=b)", R"(CN=\ )", R"(CN=\#0C0161)"}) {
    const auto once = CanonicalName(text);
    ASSERT_TRUE(once.ok()) << once.status();
    EXPECT_EQ(Canonical(*once), *once);
  }
}

TEST(DistinguishedNameTest, DifferentNamesStayDifferent) {
  const std::vector<std::string> names = {
      "CN=gateway,O=Example", "O=Example,CN=gateway",     "CN=Gateway,O=Example",
      "CN=gateway,O=example", "CN=gateway,OU=Example",    "CN=gateway+O=Example",
      "CN=gateway",           R"(CN=gateway\,O=Example)", "CN=gateway ,O=Ex ample",
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(Canonical(names[i]), Canonical(names[j])) << names[i] << " " << names[j];
    }
  }
}

TEST(DistinguishedNameTest, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "a part has no \"=\""},
      {"gateway", "a part has no \"=\""},
      {"CN=a,", "a part has no \"=\""},
      {"CN=a,,O=b", "\",O\" is no attribute type"},
      {"=a", "\"\" is no attribute type"},
      {"nonsense=a", "\"nonsense\" is no attribute type"},
      {"CN=a;O=b", "; is not escaped"},
      {R"(CN="a")", "\" is not escaped"},
      {R"(CN=a\)", "a backslash escapes nothing"},
      {R"(CN=a\x)", "a backslash escapes nothing"},
      {R"(CN=a\00b)", "a NUL is in it"},
      {std::string("CN=a\0b", 6), "a NUL is in it"},
      {std::string("CN\0=a", 5), "a NUL is in it"},
      {"CN=#0C01", "no string in DER"},
      {"CN=#0C0100", "no string in DER"},  // a NUL
      {"CN=#0C016161", "no string in DER"},
      {"CN=#0500", "no string in DER"},
      {"CN=#0C0", "is not hex"},
      {"CN=#zz", "is not hex"},
  };
  for (const auto& [text, why] : cases) {
    const auto name = CanonicalName(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_NE(name.status().message().find(why), std::string::npos) << name.status();
  }
}

}  // namespace
}  // namespace introspectd::crypto
