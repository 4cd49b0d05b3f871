// Answers that are made while they are sent, and answers that come together at the end of a turn.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/requests.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SessionSourceTest, IsChunkedOnHttp11) {
  const std::string said = ConverseAnyhow(Get("/source") + Get("/now")).said;
  EXPECT_THAT(said, HasSubstr("\r\nContent-Type: application/x-ndjson\r\n"));
  EXPECT_THAT(said, HasSubstr("\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "7\r\npart 1\n\r\n7\r\npart 2\n\r\n7\r\npart 3\n\r\n0\r\n\r\n"
                              "HTTP/1.1 200 OK\r\n"));
}

TEST(SessionSourceTest, GoesToTheEndOfTheConnectionOnHttp10) {
  for (const char* header : {"", "Connection: keep-alive\r\n"}) {
    const Outcome outcome = ConverseAnyhow(Get10("/source", header) + Get("/now"));
    EXPECT_TRUE(outcome.said.ends_with("\r\nConnection: close\r\n\r\npart 1\npart 2\npart 3\n"))
        << outcome;
    EXPECT_THAT(outcome.asked, ElementsAre("GET /source"));
    EXPECT_TRUE(outcome.closing);
  }
}

TEST(SessionSourceTest, IsPulledAsItIsSent) {
  SessionRig rig;
  rig.handler.source_parts = 100'000;
  std::string said;
  std::string out;
  rig.session.Receive(Get("/source") + Get("/now"), rig.now, out);
  EXPECT_EQ(rig.session.deadline_ms(), Session::kNoDeadline) << "it waits for nobody";
  std::size_t turns = 0;
  for (; rig.session.has_more(); ++turns) {
    EXPECT_LT(out.size(), 70'000u);
    EXPECT_FALSE(rig.session.wants_input());
    said += std::exchange(out, {});
    rig.session.Continue(rig.now, out);
  }
  EXPECT_GT(turns, 10u);
  EXPECT_THAT(said + out, HasSubstr("part 100000\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST(SessionSourceTest, EndsAConnectionThatIsDrained) {
  SessionRig rig;
  std::string out;
  rig.session.Receive(Get("/source") + Get("/now"), rig.now, out);
  rig.session.Drain(rig.now);
  EXPECT_FALSE(rig.session.closing()) << "it is in the middle of an answer";
  rig.session.Continue(rig.now, out);
  EXPECT_TRUE(out.ends_with("0\r\n\r\n")) << out;
  EXPECT_TRUE(rig.session.closing());
}

TEST(SessionSourceTest, IsSentToAClientThatSendsNoMore) {
  SessionRig rig;
  std::string out;
  rig.session.Receive(Get("/source") + Get("/now"), rig.now, out);
  rig.session.ReceiveEnd(rig.now, out);
  while (rig.session.has_more()) rig.session.Continue(rig.now, out);
  EXPECT_EQ(StatusesOf({.said = out}), (std::vector{200, 200}));
  EXPECT_TRUE(rig.session.closing());
}

TEST(SessionDeferredTest, IsSaidWhenSettled) {
  SessionRig rig;
  std::string out;
  rig.session.Receive(Post("/deferred", "one") + Post("/deferred", "two"), rig.now, out);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(rig.session.has_deferred());
  rig.session.Settle(rig.now, out);
  EXPECT_FALSE(rig.session.has_deferred());
  EXPECT_EQ(StatusesOf({.said = out}), (std::vector{200, 200}));
  EXPECT_LT(out.find("POST /deferred one"), out.find("POST /deferred two"));
  rig.session.Settle(rig.now, out);
  EXPECT_THAT(out, Not(HasSubstr("asked for twice")));
}

TEST(SessionDeferredTest, EverythingElseComesBehindIt) {
  for (const std::string& next :
       {Get("/now"), Post("/echo", "x"), Get("/nothing"), Get("/source"), Get("/bye"),
        std::string("\x01"), Get("/now", "Expect: x\r\n"), Post("/echo", std::string(200, 'x')),
        Post("/echo", "x", "Expect: 100-continue\r\n"), PostChunked("/stream", "x")}) {
    SCOPED_TRACE(next);
    SessionRig rig;
    std::string out;
    rig.session.Receive(Post("/deferred", "first") + next, rig.now, out);
    EXPECT_FALSE(rig.session.has_deferred());
    EXPECT_LT(out.find("POST /deferred first"), out.rfind("HTTP/1.1 "));
    EXPECT_TRUE(out.starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST(SessionDeferredTest, IsSaidBeforeTheConnectionCloses) {
  SessionRig rig;
  std::string out;
  rig.session.Receive(Post("/deferred", "x", "Connection: close\r\n") + Get("/now"), rig.now, out);
  EXPECT_FALSE(rig.session.closing()) << "an answer is owed";
  rig.session.Receive(Get("/now"), rig.now, out);
  rig.session.ReceiveEnd(rig.now, out);
  EXPECT_EQ(out, "");
  rig.session.Settle(rig.now, out);
  EXPECT_EQ(StatusesOf({.said = out}), std::vector{200});
  EXPECT_THAT(out, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(rig.session.closing());
}

TEST(SessionDeferredTest, KeepsTheVersionsOfItsRequests) {
  SessionRig rig;
  std::string out;
  rig.session.Receive(
      "POST /deferred HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + Post("/deferred", "x"), rig.now,
      out);
  rig.session.Settle(rig.now, out);
  EXPECT_EQ(out.find("Connection: keep-alive"), out.rfind("Connection: keep-alive"));
  EXPECT_LT(out.find("Connection: keep-alive"), out.rfind("HTTP/1.1"));
}

// However many reads there are before the end of the turn.
TEST(SessionDeferredTest, NoMoreAreOwedThanOneTurnAnswers) {
  SessionRig rig;
  std::string out;
  for (int i = 0; i < 100; ++i) rig.session.Receive(Post("/deferred", "x"), rig.now, out);
  EXPECT_EQ(rig.handler.asked.size(), rig.limits.pipeline_max);
  EXPECT_FALSE(rig.session.wants_input());
  EXPECT_TRUE(rig.session.has_more());
  rig.session.Settle(rig.now, out);
  EXPECT_EQ(StatusesOf({.said = out}), std::vector<int>(rig.limits.pipeline_max, 200));
}

TEST(SessionDeferredTest, SettlingLateGivesTheSame) {
  std::string bytes;
  for (int i = 0; i < 7; ++i) {
    bytes += Post("/deferred", std::to_string(i)) + Get("/now") + Post("/deferred", "y");
  }
  const Outcome early = Converse({bytes});
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 13; cut < bytes.size(); cut += 13) cuts.push_back(cut);
  SessionRig rig;
  rig.settle_late = true;
  for (const std::string_view piece : CutAt(bytes, cuts)) rig.Send(piece);
  EXPECT_EQ(rig.outcome(), early);
}

}  // namespace
}  // namespace introspectd::http
