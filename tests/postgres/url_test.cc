#include "postgres/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <map>
#include <string>

namespace introspectd::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

// As libpq reads it; passwords aside.
std::map<std::string, std::string> Values(const std::string& url) {
  std::map<std::string, std::string> values;
  PQconninfoOption* const options = PQconninfoParse(url.c_str(), nullptr);
  for (auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  PQconninfoFree(options);
  values.erase("password");
  return values;
}

TEST(UrlTest, LocalHostsNeedNoSslmode) {
  for (const char* url :
       {"postgresql:///introspectd", "postgresql://u@localhost/d",
        "postgresql://u@127.0.0.1:5433/d", "postgresql://u@[::1]/d",
        "host=/run/postgresql dbname=d", "dbname=d", "postgresql://u@localhost:1,127.0.0.1:2/d"}) {
    EXPECT_TRUE(CheckUrl(url).ok()) << url << ": " << CheckUrl(url);
  }
}

TEST(UrlTest, OthersSayHowTlsIsUsed) {
  for (const char* url : {"postgresql://u@db/d", "host=db.example.com",
                          "postgresql://u@localhost,db/d", "host=localhost hostaddr=192.0.2.7"}) {
    EXPECT_THAT(std::string(CheckUrl(url).message()), HasSubstr("sslmode")) << url;
  }
  EXPECT_TRUE(CheckUrl("postgresql://u@db/d?sslmode=verify-full").ok());
  EXPECT_TRUE(CheckUrl("host=db sslmode=disable").ok()) << "that was written out";
}

TEST(UrlTest, WhatIsWrongIsSaidWithoutShowingIt) {
  for (const char* url : {"postgresql://u:s3cret@db/d?colour=red", "s3cret", "host='s3cret"}) {
    const absl::Status checked = CheckUrl(url);
    EXPECT_FALSE(checked.ok()) << url;
    EXPECT_THAT(std::string(checked.message()), Not(HasSubstr("s3cret")));
  }
}

TEST(UrlTest, PasswordsAreNotShown) {
  EXPECT_EQ(WithoutPasswords("postgresql://u@db/d", "***"), "postgresql://u@db/d");
  const std::string shown = WithoutPasswords("postgresql://u:s3cret@db:5/d?sslmode=require", "***");
  EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
  for (const char* part :
       {"user=u", "password=***", "host=db", "port=5", "dbname=d", "sslmode=require"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
  EXPECT_THAT(WithoutPasswords("host=db password='s3 cret'", "***"), Not(HasSubstr("s3")));
}

TEST(UrlTest, NorIsThatOfTheClientsKey) {
  EXPECT_EQ(WithoutPasswords("postgresql://u@db/d?sslkey=/etc/k.pem&sslpassword=s3cret", "***"),
            "postgresql:///?user=u&dbname=d&host=db&sslkey=/etc/k.pem&sslpassword=***");
}

// What is shown can be read again, whatever is in it.
TEST(UrlTest, WhatIsShownMeansTheSame) {
  for (const char* url :
       {"postgresql://%db%27%5c:s3cret@db/a%20b+c%0a%26%3d%40?sslmode=require",
        "host='/run/a b' dbname='it\\'s' user=\xc3\xa9 password=s3cret options='-c a=b\\\\ c'",
        "postgresql://u:s3cret@[::1]:1,db:2/d?sslmode=require&application_name=%25"}) {
    const std::string shown = WithoutPasswords(url, "***");
    EXPECT_EQ(shown.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789%:/?&=*,._-~"),
              shown.npos)
        << shown;
    EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
    EXPECT_TRUE(CheckUrl(shown).ok()) << shown;
    EXPECT_EQ(Values(shown), Values(url)) << shown;
  }
}

}  // namespace
}  // namespace introspectd::postgres
