#include "keys/metadata.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::keys {
namespace {

using Urls = std::array<std::string, 2>;

TEST(MetadataUrlsTest, StandBetweenHostAndPathAndBehindIt) {
  EXPECT_EQ(*MetadataUrlsOf("https://h.example"),
            (Urls{"https://h.example/.well-known/oauth-authorization-server",
                  "https://h.example/.well-known/openid-configuration"}));
  EXPECT_EQ(*MetadataUrlsOf("https://h.example/"), *MetadataUrlsOf("https://h.example"));
  EXPECT_EQ(*MetadataUrlsOf("https://h.example:8443/realms/a"),
            (Urls{"https://h.example:8443/.well-known/oauth-authorization-server/realms/a",
                  "https://h.example:8443/realms/a/.well-known/openid-configuration"}));
  EXPECT_EQ(*MetadataUrlsOf("https://h.example/tenant/"),
            (Urls{"https://h.example/.well-known/oauth-authorization-server/tenant",
                  "https://h.example/tenant/.well-known/openid-configuration"}));
}

TEST(MetadataUrlsTest, AnIssuerThatIsNoUrlHasNone) {
  for (const char* issuer : {"", "accounts.example.com", "http://h.example", "urn:x:y",
                             "https://h.example/?a=b", "https://u@h.example/"}) {
    EXPECT_FALSE(MetadataUrlsOf(issuer).ok()) << issuer;
  }
}

TEST(JwksUriTest, IsThatOfTheIssuersDocument) {
  const std::string text = R"({"issuer":"https://h/","jwks_uri":"https://keys/x","other":[{}]})";
  EXPECT_EQ(*JwksUriOf(text, "https://h/"), "https://keys/x");
  EXPECT_EQ(*JwksUriOf(R"({"jwks_uri":"http:\/\/127.0.0.1:9/x","issuer":"http://localhost"})",
                       "http://localhost"),
            "http://127.0.0.1:9/x");
}

TEST(JwksUriTest, WhatIsOfAnotherIssuerIsRefused) {
  const std::string text = R"({"issuer":"https://h/","jwks_uri":"https://keys/x"})";
  for (const char* issuer : {"https://h", "https://H/", "https://h/x", "https://h//", ""}) {
    EXPECT_FALSE(JwksUriOf(text, issuer).ok()) << issuer;
  }
}

TEST(JwksUriTest, WhatIsNoSuchDocumentIsRefused) {
  for (const char* text :
       {"", "[]", "<html>", "null", R"({"issuer":"https://h/"})",
        R"({"jwks_uri":"https://keys/x"})", R"({"issuer":["https://h/"],"jwks_uri":"https://k/"})",
        R"({"issuer":"https://h/","jwks_uri":7})",
        R"({"issuer":"https://h/","jwks_uri":"http://keys/x"})",
        R"({"issuer":"https://h/","jwks_uri":"http://127.0.0.1/x"})",
        R"({"issuer":"https://h/","jwks_uri":"file:///etc/passwd"})",
        R"({"issuer":"https://h/","jwks_uri":"https://u:p@keys/x"})",
        R"({"issuer":"https://h/","jwks_uri":"/x"})",
        R"({"issuer":"https://e/","issuer":"https://h/","jwks_uri":"https://k/"})",
        R"({"issuer":"https://h/","jwks_uri":"https://k/"}{})"}) {
    EXPECT_FALSE(JwksUriOf(text, "https://h/").ok()) << text;
  }
  const std::string deep = R"({"issuer":"https://h/","jwks_uri":"https://k/","x":)" +
                           std::string(16, '[') + std::string(16, ']') + "}";
  EXPECT_FALSE(JwksUriOf(deep, "https://h/").ok());
  const std::string large = R"({"issuer":"https://h/","jwks_uri":"https://k/","x":")" +
                            std::string(kMetadataBytesMax, 'x') + "\"}";
  EXPECT_FALSE(JwksUriOf(large, "https://h/").ok());
}

}  // namespace
}  // namespace introspectd::keys
