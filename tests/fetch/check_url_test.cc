#include "fetch/check_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fetch/cache_control.h"
#include "fetch/fetcher.h"

namespace introspectd::fetch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CheckUrlTest, TakesHttpsAndPlainHttpToThisMachine) {
  for (const char* url :
       {"https://server.example.com", "https://server.example.com/jwks?x=1", "HTTPS://h:8443/",
        "https://[2001:db8::1]/", "http://127.0.0.1:8080/jwks", "http://127.9.9.9/",
        "http://[::1]:80/", "http://localhost/jwks", "http://LOCALHOST:1/"}) {
    EXPECT_TRUE(CheckUrl(url).ok()) << url << " " << CheckUrl(url);
  }
}

TEST(CheckUrlTest, APublicOneIsPlainOrNot) {
  for (const char* url : {"https://h.example/introspect", "http://h.example:8080/introspect"}) {
    EXPECT_TRUE(CheckPublicUrl(url).ok()) << url;
  }
  for (const char* url :
       {"/introspect", "h.example/introspect", "ftp://h.example/", "http://",
        "https://u:p@h.example/", "https://h.example/#x", "https://h.example/ x"}) {
    EXPECT_FALSE(CheckPublicUrl(url).ok()) << url;
  }
}

TEST(CheckUrlTest, RefusesEverythingElse) {
  for (const char* url : {"",
                          "server.example.com/jwks",
                          "//server.example.com/",
                          "https:",
                          "https://",
                          "https:///x",
                          "https:/h",
                          "https:/h//x",
                          "file:///etc/passwd",
                          "gopher://127.0.0.1/",
                          "ftp://h/",
                          "dict://h/",
                          "unix:/run/x",
                          "http://server.example.com/",
                          "http://128.0.0.1/",
                          "http://0.0.0.0/",
                          "http://[::2]/",
                          "http://localhost.example.com/",
                          "http://localhost./",
                          "http://127.0.0.1.example.com/",
                          "https://h/#",
                          "https://h/#f",
                          "https://u@h/",
                          "https://u:p@h/",
                          "https://@h/",
                          "http://127.0.0.1@evil.example/",
                          "http://evil.example@127.0.0.1/",
                          "https://h/a b",
                          "https://h\\@x/",
                          "https://h/\n",
                          "https://h:0/",
                          "https://h:65536/",
                          "https://h:x/",
                          "https://\xc3\xa9.example/"}) {
    EXPECT_FALSE(CheckUrl(url).ok()) << url;
  }
  EXPECT_FALSE(CheckUrl("https://h/" + std::string(2048, 'a')).ok());
  EXPECT_FALSE(CheckUrl(std::string_view("https://h/\0x", 12)).ok());
}

TEST(CheckUrlTest, DoesNotRepeatWhatMayHoldAPassword) {
  EXPECT_THAT(std::string(CheckUrl("https://me:hunter22@h/").message()),
              Not(HasSubstr("hunter22")));
}

TEST(CheckUrlTest, AProxyIsAHostAndAPort) {
  EXPECT_TRUE(CheckProxy("http://proxy.example.com:3128").ok());
  EXPECT_TRUE(CheckProxy("http://10.0.0.1:3128/").ok());
  for (const char* url : {"", "proxy.example.com:3128", "https://p:3128", "socks5://p:1080",
                          "http://p", "http://u:p@p:3128", "http://p:3128/x", "http://p:1?q"}) {
    EXPECT_FALSE(CheckProxy(url).ok()) << url;
  }
}

TEST(CacheControlTest, TellsHowLongAnAnswerMayBeKept) {
  EXPECT_EQ(MaxAgeOf({}, ""), std::nullopt);
  EXPECT_EQ(MaxAgeOf({"public"}, "7"), std::nullopt);
  EXPECT_EQ(MaxAgeOf({"public, max-age=60, s-maxage=1"}, ""), 60);
  EXPECT_EQ(MaxAgeOf({"Max-Age = 60"}, "7"), 53);
  EXPECT_EQ(MaxAgeOf({"max-age=\"60\""}, "100"), 0);
  EXPECT_EQ(MaxAgeOf({"max-age=60", "max-age=30"}, ""), 30);
  EXPECT_EQ(MaxAgeOf({"max-age=60,no-store"}, ""), 0);
  EXPECT_EQ(MaxAgeOf({"no-cache=\"a, max-age=9\", max-age=60"}, ""), 0);
  EXPECT_EQ(MaxAgeOf({"x=\"a, max-age=9\", max-age=60"}, ""), 60);
  EXPECT_EQ(MaxAgeOf({"max-age=soon"}, ""), 0);
  EXPECT_EQ(MaxAgeOf({"max-age="}, ""), 0);
  EXPECT_EQ(MaxAgeOf({"max-age=-1"}, ""), 0);
  EXPECT_EQ(MaxAgeOf({"max-age=99999999999999999999"}, ""), std::int64_t{1} << 31);
  EXPECT_EQ(MaxAgeOf({",,=,\"", "max-age=5"}, "x"), 5);
}

}  // namespace
}  // namespace introspectd::fetch
