#include "http/response.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::http {
namespace {

constexpr UnixSeconds kNow = 784'111'777;  // RFC 9110 5.6.7
constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string Text(const Reply& reply, Persistence persistence = Persistence::kDefault,
                 bool body = true) {
  std::string out;
  AppendReply(reply, persistence, kDate, body, out);
  return out;
}

TEST(ResponseTest, HasWhatEveryAnswerHas) {
  EXPECT_EQ(Text({.status = 200, .body = "{}"}),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            "Cache-Control: no-store\r\n"
            "Pragma: no-cache\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 2\r\n"
            "\r\n"
            "{}");
}

TEST(ResponseTest, ExtraHeadersAndPersistenceStandInTheHead) {
  const std::string closing =
      Text({.status = 405, .body = "x", .extra_headers = "Allow: POST\r\n"}, Persistence::kClose);
  EXPECT_TRUE(closing.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_NE(closing.find("\r\nAllow: POST\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(closing.ends_with("\r\n\r\nx"));
  EXPECT_NE(Text({}, Persistence::kKeepAlive).find("\r\nConnection: keep-alive\r\n"),
            std::string::npos);
  EXPECT_EQ(Text({}).find("Connection"), std::string::npos);
}

TEST(ResponseTest, AnAnswerToHeadHasTheLengthWithoutTheBody) {
  const std::string head = Text({.status = 404, .body = "four"}, Persistence::kDefault, false);
  EXPECT_TRUE(head.ends_with("\r\nContent-Length: 4\r\n\r\n"));
}

TEST(ResponseTest, EveryStatusInUseHasAPhrase) {
  for (const int status :
       {200, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 422, 429, 431, 503, 505}) {
    EXPECT_NE(ReasonPhrase(status), "Error") << status;
  }
}

TEST(ResponseTest, ChunksAreHexadecimalAndNeverEmpty) {
  std::string out;
  AppendChunk("", out);
  EXPECT_EQ(out, "") << "an empty chunk would be the last one";
  AppendChunk(std::string(26, 'x'), out);
  AppendLastChunk(out);
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
}

TEST(ResponseTest, AStreamSaysHowItEnds) {
  std::string chunked;
  AppendStreamHead("application/x-ndjson", true, Persistence::kDefault, kDate, chunked);
  EXPECT_NE(chunked.find("\r\nContent-Type: application/x-ndjson\r\n"), std::string::npos);
  EXPECT_NE(chunked.find("\r\nCache-Control: no-store\r\n"), std::string::npos);
  EXPECT_TRUE(chunked.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n"));
  std::string to_the_end;
  AppendStreamHead("a/b", false, Persistence::kClose, kDate, to_the_end);
  EXPECT_EQ(to_the_end.find("Transfer-Encoding"), std::string::npos);
  EXPECT_EQ(to_the_end.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(to_the_end.ends_with("\r\nConnection: close\r\n\r\n"));
}

TEST(DateCacheTest, IsTheDateOfItsSecond) {
  DateCache date;
  EXPECT_EQ(date.Get(kNow), kDate);
  EXPECT_EQ(date.Get(kNow + 1), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.Get(kNow), kDate);
  EXPECT_EQ(date.Get(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

// The short cut for most answers says the same as the long way, in every second.
TEST(DateCacheTest, AppendOkIsAppendReply) {
  DateCache date;
  for (const UnixSeconds now : {kNow, kNow, kNow + 1, kNow}) {
    for (const std::string_view body : {std::string_view("{}"), std::string_view("")}) {
      std::string quick = "before";
      date.AppendOk(body, now, quick);
      std::string whole = "before";
      AppendReply({.status = 200, .body = body}, Persistence::kDefault, DateCache().Get(now), true,
                  whole);
      EXPECT_EQ(quick, whole);
    }
  }
}

}  // namespace
}  // namespace introspectd::http
