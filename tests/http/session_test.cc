#include "http/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/requests.h"
#include "http/session_rig.h"
#include "http/vectors.h"

namespace introspectd::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr bool kOpen = false;
constexpr bool kClosing = true;

// However the bytes come, these are the statuses, and the connection is then open or closing.
void ExpectAnyhow(const std::string& bytes, const std::vector<int>& statuses, bool closing) {
  SCOPED_TRACE(bytes);
  const Outcome outcome = ConverseAnyhow(bytes);
  EXPECT_EQ(StatusesOf(outcome), statuses) << outcome;
  EXPECT_EQ(outcome.closing, closing) << outcome;
}

// As above, and nothing that comes behind is answered or read.
void ExpectTheEnd(const std::string& bytes, const std::vector<int>& statuses) {
  ExpectAnyhow(bytes, statuses, kClosing);
  ExpectAnyhow(bytes + Get("/now") + Post("/echo", "behind"), statuses, kClosing);
}

TEST(SessionTest, AnswersEveryKindOfRequest) {
  ExpectAnyhow(Get("/now"), {200}, kOpen);
  ExpectAnyhow(Get("/nothing"), {404}, kOpen);
  ExpectAnyhow(Post("/echo", "token=x"), {200}, kOpen);
  ExpectAnyhow(Post("/again", "token=x"), {200}, kOpen);
  ExpectAnyhow(Post("/deferred", "token=x"), {200}, kOpen);
  ExpectAnyhow(Post("/echo", ""), {200}, kOpen);
  ExpectAnyhow(PostChunked("/echo", "token=x"), {200}, kOpen);
  ExpectAnyhow(PostChunked("/echo", ""), {200}, kOpen);
  ExpectAnyhow(PostChunked("/stream", "line one\nline two"), {200}, kOpen);
  ExpectAnyhow(Post("/stream", "line one\nline two"), {200}, kOpen);
  ExpectAnyhow(Post("/head-later", "x") + Post("/later", "y") + Post("/stream-later", "z"),
               {200, 200, 200}, kOpen);
  ExpectAnyhow(Get("/source"), {200}, kOpen);
}

TEST(SessionTest, TheHandlerSeesWhatWasSent) {
  const Outcome outcome =
      ConverseAnyhow(Post("/echo?a=b", "one") + PostChunked("/echo", "two\r\n") +
                     Post("/stream", "three") + PostChunked("/stream", "four") + Get("/now?q"));
  EXPECT_THAT(outcome.asked, ElementsAre("POST /echo?a=b one", "POST /echo two\r\n",
                                         "POST /stream three", "POST /stream four", "GET /now"));
  EXPECT_THAT(outcome.said, HasSubstr("\r\n\r\nPOST /echo?a=b one"));
}

// More requests than are answered in one turn, of every kind, in one read.
TEST(SessionTest, PipelinedRequestsAreAnsweredInOrder) {
  std::string bytes;
  std::vector<std::string> asked;
  for (int i = 0; i < 11; ++i) {
    const std::string n = std::to_string(i);
    for (const std::string path : {"/deferred", "/again", "/later", "/deferred"}) {
      bytes += Post(path, n);
      asked.push_back("POST " + path + " " + n);
    }
    bytes += Get("/now");
    asked.emplace_back("GET /now");
  }
  const Outcome outcome = Converse({bytes});
  EXPECT_EQ(outcome.asked, asked);
  EXPECT_EQ(StatusesOf(outcome), std::vector<int>(55, 200));
  std::size_t at = 0;
  for (const std::string& what : asked) {
    at = outcome.said.find(what == "GET /now" ? "\r\n\r\nnow" : "\r\n\r\n" + what, at);
    ASSERT_NE(at, std::string::npos) << what;
  }
}

TEST(SessionTest, OneTurnAnswersNoMoreThanItsLimit) {
  const HttpLimits limits = SmallLimits();
  ScriptedHandler handler;
  DateCache date;
  Session session(limits, handler, date);
  session.Open(0, 1, {});
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += Get("/now");
  std::string out;
  session.Receive(bytes, {}, out);
  EXPECT_EQ(handler.asked.size(), limits.pipeline_max);
  EXPECT_TRUE(session.has_more());
  EXPECT_FALSE(session.wants_input()) << "what is held must be answered first";
  session.Continue({}, out);
  EXPECT_EQ(handler.asked.size(), 2 * limits.pipeline_max);
  session.Continue({}, out);
  EXPECT_EQ(handler.asked.size(), 10u);
  EXPECT_FALSE(session.has_more());
  EXPECT_TRUE(session.wants_input());
}

TEST(SessionTest, OneTurnSaysNoMoreThanItsLimitAndOneAnswer) {
  HttpLimits limits = SmallLimits();
  limits.pipeline_max = 1000;
  ScriptedHandler handler;
  DateCache date;
  Session session(limits, handler, date);
  session.Open(0, 1, {});
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += Get("/now");
  std::string out;
  session.Receive(bytes, {}, out);
  EXPECT_TRUE(session.has_more());
  EXPECT_LT(out.size(), limits.output_bytes_max + 300);
  EXPECT_LT(handler.asked.size(), 20u);
}

TEST(SessionTest, EveryVectorIsRefusedAndNothingBehindItIsRead) {
  for (const Vector& vector : SmugglingVectors()) {
    SCOPED_TRACE(vector.name);
    const int status = vector.refusal == Refusal::kVersion ? 505 : 400;
    ExpectTheEnd(vector.bytes, {status});
    ExpectTheEnd(Post("/echo", "before") + vector.bytes, {200, status});
  }
}

TEST(SessionTest, WhatLlhttpReadsDifferentlyIs400) {
  ExpectTheEnd(Get("/echo", "Content-Length: 5\t\r\n", "POST") + "01234", {400});
}

TEST(SessionTest, BrokenChunksAre400) {
  const std::string head = Get("/echo", "Transfer-Encoding: chunked\r\n", "POST");
  const std::string stream = Get("/stream", "Transfer-Encoding: chunked\r\n", "POST");
  for (const std::string chunks :
       {"zz\r\n", "3\r\nabcXX0\r\n\r\n", "3\rabc\r\n0\r\n\r\n", "0\r\nX: y\r\n\r\n",
        "10000000000000000\r\n", "3\r\nabc\r\n0\r\nGET /now HTTP/1.1\r\n"}) {
    ExpectTheEnd(head + chunks, {400});
    ExpectTheEnd(stream + chunks, {400});
  }
}

TEST(SessionTest, AnAnswerThatClosesIsTheLastOne) {
  ExpectTheEnd(Get("/now", "Connection: close\r\n"), {200});
  ExpectTheEnd(Post("/echo", "x", "Connection: close\r\n"), {200});
  ExpectTheEnd(Post("/deferred", "x", "Connection: close\r\n"), {200});
  ExpectTheEnd(PostChunked("/stream", "x", "Connection: close\r\n"), {200});
  ExpectTheEnd(Get("/source", "Connection: close\r\n"), {200});
  ExpectTheEnd(Get("/bye"), {200});
  ExpectTheEnd(Post("/echo", "x", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), {200});
  EXPECT_THAT(Converse({Get("/bye")}).said, HasSubstr("\r\nConnection: close\r\n"));
}

// The answer comes before the body, which is then of no use.
TEST(SessionTest, AnAnswerOnTheHeadOfARequestWithABodyCloses) {
  ExpectTheEnd(Post("/nothing", Get("/now")), {404});
  ExpectTheEnd(PostChunked("/nothing", Get("/now")), {404});
  ExpectAnyhow(Post("/nothing", "") + Get("/now"), {404, 200}, kOpen);
}

TEST(SessionTest, AMethodThatLlhttpDoesNotKnowIsAnsweredAndClosed) {
  ExpectTheEnd(Get("/now", "", "FOO"), {405});
  ExpectTheEnd("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", {400});
}

TEST(SessionTest, AnAnswerToHeadHasNoBody) {
  ExpectAnyhow(Get("/now", "", "HEAD") + Get("/now"), {200, 200}, kOpen);
  EXPECT_THAT(Converse({Get("/now", "", "HEAD")}).said, Not(HasSubstr("now")));
}

TEST(SessionTest, Http10IsKeptWhenItAsks) {
  ExpectTheEnd(Get10("/now"), {200});
  ExpectAnyhow(Get10("/now", "Connection: keep-alive\r\n") + Get("/now"), {200, 200}, kOpen);
  EXPECT_THAT(Converse({Get10("/now", "Connection: keep-alive\r\n")}).said,
              HasSubstr("\r\nConnection: keep-alive\r\n"));
  ExpectTheEnd("POST /echo HTTP/1.0\r\n\r\n", {200});  // no length: no body
}

TEST(SessionTest, EmptyLinesBeforeARequestArePassedOver) {
  ExpectAnyhow("\r\n\r\n" + Post("/again", "x") + "\r\n\r\n" + Post("/again", "y") + "\r\n",
               {200, 200}, kOpen);
  ExpectTheEnd(Post("/again", "x") + "\r\n\r\n\r\n", {200, 400});
}

TEST(SessionTest, ContinueIsSaidBeforeTheBody) {
  const std::string expect = "Expect: 100-continue\r\n";
  ExpectAnyhow(Post("/echo", "x", expect), {100, 200}, kOpen);
  ExpectAnyhow(PostChunked("/echo", "x", expect), {100, 200}, kOpen);
  ExpectAnyhow(Post("/stream", "x", expect), {100, 200}, kOpen);
  ExpectAnyhow(Post("/head-later", "x", expect), {100, 200}, kOpen);
  ExpectAnyhow(Post("/deferred", "1") + Post("/echo", "2", expect), {200, 100, 200}, kOpen);
  SessionRig rig;
  rig.Send(Get("/echo", expect + "Content-Length: 1\r\n", "POST"));
  EXPECT_THAT(rig.TakeStatuses(), ElementsAre(100));
  EXPECT_THAT(rig.handler.asked, IsEmpty());
}

TEST(SessionTest, ContinueIsNotSaidToWhatIsRefused) {
  const std::string expect = "Expect: 100-continue\r\n";
  ExpectTheEnd(Post("/nothing", "x", expect), {404});
  ExpectTheEnd(Post("/echo", std::string(101, 'x'), expect), {413});
  ExpectTheEnd(Post("/echo", "x", "Expect: a miracle\r\n"), {417});
  ExpectAnyhow(
      "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nExpect: a miracle\r\n"
      "Content-Length: 1\r\n\r\nx",
      {200}, kOpen);
}

TEST(SessionTest, WhatIsSaidToHeadNeverHasABody) {
  const std::string said = Converse({Get("/now", "Expect: a miracle\r\n", "HEAD")}).said;
  EXPECT_THAT(said, HasSubstr("417"));
  EXPECT_TRUE(said.ends_with("\r\n\r\n")) << said;
}

TEST(SessionTest, EveryRefusalClosesAndSaysSo) {
  for (const auto& [bytes, status] : std::vector<std::pair<std::string, int>>{
           {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
           {Get("/" + std::string(64, 'a')), 414},
           {Get("/now", "X: " + std::string(300, 'x') + "\r\n"), 431},
           {"GET /now HTTP/1.1\r\nX: " + std::string(1100, 'x'), 431},
           {"GET /" + std::string(1100, 'x'), 414},
           {Post("/echo", std::string(101, 'x')), 413},
           {PostChunked("/echo", std::string(102, 'x')), 413},
           {Get("/now", "Expect: x\r\n"), 417},
           {"\x16\x03\x01\x02", 400}}) {
    ExpectTheEnd(bytes, {status});
    EXPECT_THAT(Converse({bytes}).said, HasSubstr("\r\nConnection: close\r\n"));
  }
}

}  // namespace
}  // namespace introspectd::http
