// Deadlines, draining, and clients that shut down their side, in every state of a session.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/requests.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::int64_t LeftMs(const SessionRig& rig) { return rig.session.deadline_ms() - rig.now.boot_ms; }

// Requests that are not whole yet, each in another state, and how long each may still take.
struct Unfinished {
  std::string bytes;
  std::int64_t left_ms;
};
std::vector<Unfinished> AllUnfinished() {
  const HttpLimits limits = SmallLimits();
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {{"P", limits.head_ms_max},
          {"POST /echo HTTP/1.1\r\nHost: a\r\n", limits.head_ms_max},
          {"\r\nPOST", limits.head_ms_max},
          {Get("/echo", "Content-Length: 2\r\n", "POST"), limits.body_ms_max},
          {Get("/again", "Content-Length: 2\r\n", "POST") + "x", limits.body_ms_max},
          {Get("/echo", chunked, "POST") + "2\r\nx", limits.body_ms_max},
          {Get("/stream", "Content-Length: 2\r\n", "POST") + "x", limits.body_ms_max},
          {Get("/stream", chunked, "POST") + "2\r\nx", limits.body_ms_max}};
}

TEST(SessionTimeTest, AClientThatSaysNothingGetsNothing) {
  SessionRig rig;
  EXPECT_EQ(LeftMs(rig), rig.limits.head_ms_max);
  rig.Expire();
  EXPECT_EQ(rig.outcome(), (Outcome{.said = "", .asked = {}, .closing = true}));
}

TEST(SessionTimeTest, AnIdleConnectionEndsSilently) {
  for (const std::string& request : {Get("/now"), Post("/again", "x"), Post("/deferred", "x"),
                                     Post("/stream", "x"), Get("/source")}) {
    SessionRig rig;
    rig.Send(request);
    rig.Take();
    EXPECT_EQ(LeftMs(rig), rig.limits.idle_ms_max);
    rig.Expire();
    EXPECT_EQ(rig.Take(), "");
    EXPECT_TRUE(rig.session.closing());
  }
}

TEST(SessionTimeTest, WhatIsUnfinishedInTimeIs408) {
  for (const Unfinished& unfinished : AllUnfinished()) {
    SCOPED_TRACE(unfinished.bytes);
    for (const std::string before : {"", "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"}) {
      SessionRig rig;
      rig.Send(before + unfinished.bytes);
      rig.TakeStatuses();
      EXPECT_EQ(LeftMs(rig), unfinished.left_ms);
      rig.Expire();
      EXPECT_THAT(rig.TakeStatuses(), ElementsAre(408));
      EXPECT_TRUE(rig.session.closing());
      rig.Send("rest\r\n\r\n" + Get("/now"));
      EXPECT_EQ(rig.Take(), "");
    }
  }
}

// A byte now and then buys no time, but for a stream that has no end.
TEST(SessionTimeTest, TheTimeOfAHeadAndOfABodyIsAbsolute) {
  for (const Unfinished& unfinished : AllUnfinished()) {
    SCOPED_TRACE(unfinished.bytes);
    SessionRig rig;
    const std::size_t begun = unfinished.bytes.find('P') + 1;
    rig.Send(unfinished.bytes.substr(0, begun));
    const std::int64_t head_deadline = rig.session.deadline_ms();
    rig.Pass(300);
    rig.Send(unfinished.bytes.substr(begun));
    if (unfinished.left_ms == rig.limits.head_ms_max) {
      EXPECT_EQ(rig.session.deadline_ms(), head_deadline);
      continue;
    }
    const std::int64_t body_deadline = rig.session.deadline_ms();
    rig.Pass(300);
    rig.Send("y");  // which makes some of them whole
    const bool streams = unfinished.bytes.starts_with("POST /stream");
    if (rig.handler.asked.empty() && !streams) {
      EXPECT_EQ(rig.session.deadline_ms(), body_deadline);
    }
    if (rig.handler.asked.empty() && streams) {
      EXPECT_EQ(LeftMs(rig), rig.limits.body_ms_max);
    }
  }
}

// Old clients send an empty line behind a body (RFC 9112 2.2). A 408 would be taken for the answer
// to their next request.
TEST(SessionTimeTest, EmptyLinesAloneAreNoRequest) {
  for (const std::string lines : {"\r\n", "\r\n\r\n", "\r"}) {
    SessionRig rig;
    rig.Send(Get("/now"));
    rig.Take();
    rig.Send(lines);
    EXPECT_EQ(LeftMs(rig), rig.limits.idle_ms_max);
    rig.Expire();
    EXPECT_EQ(rig.outcome(), (Outcome{"", {"GET /now"}, true}));
  }
}

// What a client could not send, or was not read from it, while it was slow in reading its answers
// is not held against it.
TEST(SessionTimeTest, TimeBeginsAnewWhenAnswersWereWritten) {
  for (const std::string rest : {"", "GET /no",
                                 "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                 "Content-Length: 2\r\n\r\nx"}) {
    SCOPED_TRACE(rest);
    SessionRig rig;
    rig.Send(Get("/now") + rest);
    const std::int64_t left_ms = LeftMs(rig);
    rig.Pass(60'000);  // the answers trickled away
    std::string out;
    rig.session.Continue(rig.now, out);
    EXPECT_EQ(LeftMs(rig), left_ms);
    EXPECT_EQ(out, "");
  }
}

// Its next request may be on its way.
TEST(SessionTimeTest, DrainingWaitsForOneMoreRequestOfWhatIsIdle) {
  for (const std::string& before : {std::string(), Post("/again", "x"), Post("/deferred", "x")}) {
    SCOPED_TRACE(before);
    SessionRig rig;
    rig.Send(before);
    rig.Take();
    rig.Drain();
    EXPECT_FALSE(rig.session.closing());
    rig.Pass(Session::kDrainIdle_ms - 1);
    rig.Send(Get("/now"));
    EXPECT_THAT(rig.outcome().said, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_TRUE(rig.session.closing());
  }
}

TEST(SessionTimeTest, DrainingEndsWhatStaysIdle) {
  const HttpLimits wide{.head_bytes_max = 1000,
                        .header_line_bytes_max = 1000,
                        .target_bytes_max = 1000,
                        .headers_max = 10,
                        .body_bytes_max = 1000,
                        .pipeline_max = 10,
                        .output_bytes_max = 10'000,
                        .head_ms_max = 60'000,
                        .body_ms_max = 60'000,
                        .idle_ms_max = 60'000};
  for (const std::string& before : {std::string(), Post("/again", "x")}) {
    SCOPED_TRACE(before);
    SessionRig rig(wide);
    rig.Send(before);
    rig.Take();
    rig.Drain();
    EXPECT_EQ(LeftMs(rig), Session::kDrainIdle_ms);
    std::string out;
    rig.session.Continue(rig.now, out);  // its answer has been written
    EXPECT_EQ(LeftMs(rig), Session::kDrainIdle_ms);
    rig.Expire();
    EXPECT_EQ(rig.Take(), "");
    EXPECT_TRUE(rig.session.closing());
  }
}

TEST(SessionTimeTest, DrainingLeavesAnEarlierDeadline) {
  SessionRig rig;
  rig.Send(Get("/now"));
  rig.Pass(rig.limits.idle_ms_max - 1);
  rig.Drain();
  EXPECT_EQ(LeftMs(rig), 1);
}

// One answer says that it is the last: that of the last request that is here.
TEST(SessionTimeTest, DrainingAnswersWhatIsHere) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const auto& [begun, rest] : std::vector<std::pair<std::string, std::string>>{
           {"GET /no", "w HTTP/1.1\r\nHost: a\r\n\r\n"},
           {Get("/echo", "Content-Length: 2\r\n", "POST"), "xy"},
           {Get("/again", "Content-Length: 2\r\n", "POST"), "xy"},
           {Get("/deferred", "Content-Length: 2\r\n", "POST"), "xy"},
           {Get("/echo", chunked, "POST") + "1\r\nx", "\r\n0\r\n\r\n"},
           {Get("/stream", "Content-Length: 2\r\n", "POST") + "x", "y"},
           {Get("/stream", chunked, "POST"), "0\r\n\r\n"}}) {
    SCOPED_TRACE(begun);
    SessionRig rig;
    rig.Send(begun);
    rig.Drain();
    EXPECT_FALSE(rig.session.closing());
    rig.Send(rest + Get("/now"));
    rig.Send(Get("/now"));
    const Outcome outcome = rig.outcome();
    EXPECT_THAT(StatusesOf(outcome), ElementsAre(200, 200));
    EXPECT_THAT(outcome.asked, SizeIs(2));
    const std::size_t close = outcome.said.find("\r\nConnection: close\r\n");
    EXPECT_GT(close, outcome.said.find("\r\n\r\n")) << "the first one does not say so";
    EXPECT_NE(close, std::string::npos);
    EXPECT_TRUE(outcome.closing);
  }
}

// Requests that wait for their turn behind the limit of one.
TEST(SessionTimeTest, DrainingAnswersThoseThatWait) {
  const HttpLimits limits = SmallLimits();
  ScriptedHandler handler;
  DateCache date;
  Session session(limits, handler, date);
  session.Open(0, 1, {});
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += Get("/now");
  std::string out;
  session.Receive(bytes, {}, out);
  session.Drain({});
  while (session.has_more()) session.Continue({}, out);
  EXPECT_TRUE(session.closing());
  EXPECT_THAT(handler.asked, SizeIs(10));
}

TEST(SessionTimeTest, AClientThatSendsNoMoreGetsEveryAnswer) {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += Get("/now") + Post("/deferred", "x");
  for (const std::string behind : {"", "GET /n", "\r\n"}) {
    SessionRig rig;
    rig.Send(bytes + behind);
    rig.End();
    EXPECT_EQ(rig.TakeStatuses(), std::vector<int>(20, 200));
    EXPECT_TRUE(rig.session.closing());
  }
}

TEST(SessionTimeTest, AClientThatSendsNothingAtAllIsOver) {
  SessionRig rig;
  rig.End();
  EXPECT_EQ(rig.outcome(), (Outcome{.said = "", .asked = {}, .closing = true}));
}

// Nobody else needs the memory of a connection that is over.
TEST(SessionTimeTest, ForgetGivesBackWhatWasHeld) {
  HttpLimits limits = SmallLimits();
  limits.body_bytes_max = 50'000;
  ScriptedHandler handler;
  DateCache date;
  Session session(limits, handler, date);
  for (const char* framing : {"Content-Length: 50000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    session.Open(0, 1, {});
    std::string out;
    session.Receive(Get("/echo", framing, "POST") + "9c40\r\n" + std::string(40'000, 'x'), {}, out);
    EXPECT_GE(session.allocated_bytes(), 40'000u);
    session.Forget();
    EXPECT_LT(session.allocated_bytes(), 1000u);
  }
}

// A slot that was left in the middle of anything serves its next connection like a new one.
TEST(SessionTimeTest, OpenForgetsEverything) {
  for (const std::string& left :
       {Get("/now") + Get("/now") + Get("/now") + Get("/now") + Get("/now") + "GET /n", Get("/bye"),
        Get("/echo", "Content-Length: 9\r\n", "POST") + "x", std::string("\x01"), Get("/source"),
        Get("/stream", "Transfer-Encoding: chunked\r\n", "POST") + "5\r\nab",
        Post("/later", "x") + Get("/now"), Post("/deferred", "x")}) {
    SCOPED_TRACE(left);
    const HttpLimits limits = SmallLimits();
    ScriptedHandler handler;
    DateCache date;
    Session session(limits, handler, date);
    session.Open(0, 1, {});
    std::string out;
    session.Receive(left, {}, out);
    session.Drain({});
    session.Open(0, 2, {});
    EXPECT_TRUE(session.idle());
    EXPECT_TRUE(session.wants_input());
    EXPECT_FALSE(session.has_more());
    EXPECT_FALSE(session.has_deferred());
    handler.asked.clear();
    out.clear();
    session.Receive(Post("/echo", "new") + Get("/now") + Get("/now"), {}, out);
    EXPECT_EQ(StatusesOf({.said = out, .asked = handler.asked}), std::vector<int>(3, 200));
    EXPECT_FALSE(session.closing());
  }
}

}  // namespace
}  // namespace introspectd::http
