#include "support/world.h"

#include <gtest/gtest.h>

#include "support/admin_client.h"
#include "support/request.h"

namespace introspectd::support {
namespace {

TEST(WorldTest, TimesAreRelativeToTheStart) {
  const std::int64_t now = StartSeconds();
  EXPECT_EQ(WithTimes(R"({"exp":@+60,"iat":@-5,"at":"a@b"})"),
            R"({"exp":)" + std::to_string(now + 60) + R"(,"iat":)" + std::to_string(now - 5) +
                R"(,"at":"a@b"})");
}

TEST(WorldTest, ARequestIsTheExampleUnlessTold) {
  EXPECT_EQ(Request{}.Bytes(),
            "POST /introspect HTTP/1.1\r\n"
            "Host: introspect.example.com\r\n"
            "Authorization: Basic Z2F0ZXdheTo0c0ctZ2F0ZXdheS1zZWNyZXQtUWs3\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: 28\r\n\r\n"
            "token=2YotnFZFEjr1zCsicMWpAA");
  EXPECT_EQ(InChunks("abcde", 3), "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
}

TEST(WorldTest, ReadsThePushersAnswer) {
  Response response{.status = 422, .headers = {}, .body = {}};
  response.body = R"({"lines":3,"applied":1,"expired":0,"rejected":2,"sequence":7,)"
                  R"("errors":[{"line":2,"error":"no"},{"line":3,"error":"never"}]})";
  const PushResult result = ParsePushResult(response);
  EXPECT_EQ(result.lines, 3);
  EXPECT_EQ(result.rejected, 2);
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_EQ(result.errors[1].line, 3);
  EXPECT_EQ(result.errors[1].error, "never");
  response.body = R"({"error":"invalid_request"})";
  EXPECT_THROW(ParsePushResult(response), WireError);
}

}  // namespace
}  // namespace introspectd::support
