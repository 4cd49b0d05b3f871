#include "postgres/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace introspectd::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

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
  EXPECT_EQ(WithoutPassword("postgresql://u@db/d"), "postgresql://u@db/d");
  const std::string shown = WithoutPassword("postgresql://u:s3cret@db:5/d?sslmode=require");
  EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
  for (const char* part :
       {"user=u", "password=***", "host=db", "port=5", "dbname=d", "sslmode=require"}) {
    EXPECT_THAT(shown, HasSubstr(part));
  }
  EXPECT_THAT(WithoutPassword("host=db password='s3 cret'"), Not(HasSubstr("s3")));
}

}  // namespace
}  // namespace introspectd::postgres
