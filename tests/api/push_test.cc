// Pushes: what is applied, when it is answered, and what is read ahead.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/admin_plane.h"
#include "fmt/format.h"

namespace introspectd::api {
namespace {

using support::ConfigText;
using support::kAdminToken;
using support::Revoke;
using support::Upsert;
using support::WithTimes;
using testing::HasSubstr;

std::string Live(const std::string& token) { return Upsert(token, WithTimes(R"({"exp":@+60})")); }

std::string ChunkedHead() {
  return AdminRequest("POST", "/v1/tokens", kAdminToken,
                      "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n");
}

TEST(PushTest, ReportsWhatItDid) {
  AdminPlane plane;
  const support::Response response = plane.Ask(PushRequest(
      Live("one") + "\n" + Upsert("two", WithTimes(R"({"exp":@-5})")) + "nonsense\n" +
      Revoke("three") + R"({"op":"upsert","token":"four","claims":{"exp":1},"sequence":12345})"));
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr(R"({"lines":6,"applied":2,"expired":2,"rejected":1,)"
                                       R"("sequence":)"));
  EXPECT_THAT(response.body, HasSubstr(R"("errors":[{"line":4,"error":")"));
  EXPECT_EQ(plane.StateOf("one"), TokenState::kActive);
  EXPECT_EQ(plane.StateOf("three"), TokenState::kRevoked);
}

TEST(PushTest, IsCounted) {
  AdminPlane plane;
  plane.Ask(PushRequest(
      Live("one") + Upsert("two", WithTimes(R"({"exp":@-5})")) + "nonsense\n" + Revoke("three") +
      "{\"op\":\"revoke\",\"iss\":\"https://server.example.com/\",\"jti\":\"j\"}\n"
      "{\"op\":\"revoke\",\"sub\":\"s\"}\n{\"op\":\"heartbeat\"}\n{\"op\":\"complete\"}\n"));
  EXPECT_THAT(plane.target.counts().by_op, testing::ElementsAre(2, 1, 1, 1, 1, 1));
  EXPECT_EQ(plane.target.counts().expired, 1u);
  EXPECT_EQ(plane.push_counts.lines_refused, 1u);
  base::Histogram::Reading times;
  plane.push_counts.times.ReadInto(times);
  EXPECT_EQ(times.counts[0], 1u);
}

TEST(PushTest, AnEmptyBodyIsFine) {
  AdminPlane plane;
  for (const std::string& request :
       {PushRequest(""), PushRequest("\n\r\n \n"), ChunkedHead() + "0\r\n\r\n"}) {
    const support::Response response = plane.Ask(request);
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr(R"("applied":0,"expired":0,"rejected":0)"));
  }
  EXPECT_EQ(plane.pushes, 0);
}

TEST(PushTest, LinesMayBeCutAnywhere) {
  const std::string lines = Live("one") + Revoke("two") + "oops\n" + Live("three");
  AdminPlane whole;
  const std::string expected = whole.Ask(PushRequest(lines)).body;
  const std::string bytes = PushRequest(lines);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    AdminPlane plane;
    plane.now = whole.now;
    std::string said = plane.Say(bytes.substr(0, cut));
    said += plane.Say(bytes.substr(cut));
    EXPECT_THAT(said, HasSubstr(expected)) << "cut at " << cut;
  }
}

TEST(PushTest, AtMostAHundredErrorsAreNamed) {
  AdminPlane plane;
  std::string lines;
  for (int i = 0; i < 150; ++i) lines += "oops\n";
  const std::string body = plane.Ask(PushRequest(lines)).body;
  EXPECT_THAT(body, HasSubstr("\"rejected\":150"));
  EXPECT_THAT(body, HasSubstr("{\"line\":100,"));
  EXPECT_THAT(body, testing::Not(HasSubstr("{\"line\":101,")));
}

TEST(PushTest, IsAnsweredWhenEverythingIsVisible) {
  AdminPlane plane;
  plane.apply_later = true;
  EXPECT_EQ(plane.Say(PushRequest(Live("one"))), "");
  EXPECT_EQ(plane.StateOf("one"), TokenState::kUnknown);
  plane.Turn();
  EXPECT_EQ(plane.StateOf("one"), TokenState::kActive);
  EXPECT_THAT(plane.Take(), HasSubstr("200 OK"));
}

// Nobody is inside, or somebody is: visible means for everybody who comes from now on.
TEST(PushTest, AReaderThatStaysInsideHoldsUpTheNextOneOnly) {
  AdminPlane plane;
  plane.apply_later = true;
  plane.reader.Enter();
  plane.Say(PushRequest(Live("one")));
  plane.Turn();
  EXPECT_THAT(plane.Take(), HasSubstr("200 OK"));
  plane.Say(PushRequest(Live("two")));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(plane.Turn());
  EXPECT_EQ(plane.Take(), "");
  plane.reader.Leave();
  plane.Turn();
  EXPECT_THAT(plane.Take(), HasSubstr("200 OK"));
}

TEST(PushTest, PushesOnOneConnectionComeInOrder) {
  AdminPlane plane;
  const std::string said = plane.Say(PushRequest(Live("one")) + PushRequest(Revoke("one")) +
                                     PushRequest("oops") + AdminRequest("GET", "/healthz", ""));
  std::size_t at = 0;
  for (const char* part : {"200 OK", "200 OK", "422 ", "200 OK"}) {
    at = said.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << " in " << said;
    ++at;
  }
  EXPECT_EQ(plane.StateOf("one"), TokenState::kRevoked);
}

TEST(PushTest, ReadsNoFurtherAheadThanItsLimit) {
  AdminPlane plane(ConfigText{.limits = "update_line_bytes_max = 4096\n"
                                        "update_batch_bytes_max = 4096\n"}
                       .Text());
  plane.apply_later = true;
  plane.Say(ChunkedHead());
  int sent = 0;
  for (; plane.session.wants_input(); ++sent) {
    ASSERT_LT(sent, 1000) << "it reads on and on";
    const std::string line = Live("token-" + std::to_string(sent));
    plane.Say(fmt::format("{:x}\r\n{}\r\n", line.size(), line));
  }
  EXPECT_LT(sent, 100);
  EXPECT_EQ(plane.session.deadline_ms(), http::Session::kNoDeadline);
  while (plane.Turn()) {
  }
  EXPECT_TRUE(plane.session.wants_input()) << "there is room again";
  EXPECT_THAT(plane.Say("0\r\n\r\n"), HasSubstr(fmt::format("\"applied\":{}", sent)));
}

TEST(PushTest, AConnectionThatGoesLeavesTheRestUnapplied) {
  AdminPlane plane;
  plane.apply_later = true;
  plane.Say(ChunkedHead() +
            fmt::format("{:x}\r\n{}", 1000, Live("one") + R"({"op":"revoke","tok)"));
  plane.Reconnect();
  while (plane.Turn()) {
  }
  EXPECT_EQ(plane.StateOf("one"), TokenState::kUnknown);
  plane.apply_later = false;
  EXPECT_THAT(plane.Say(PushRequest(Live("two"))), HasSubstr("\"lines\":1,\"applied\":1"));
}

TEST(PushTest, ABrokenBodyEndsThePush) {
  AdminPlane plane;
  const std::string line = Live("one");
  const std::string said =
      plane.Say(ChunkedHead() + fmt::format("{:x}\r\n{}", line.size(), line) + "XX");
  EXPECT_THAT(said, HasSubstr("HTTP/1.1 400 "));
  EXPECT_THAT(said, testing::Not(HasSubstr("applied")));
  while (plane.Turn()) {
  }
  EXPECT_TRUE(plane.session.closing());
}

TEST(PushTest, WhatTakesTooLongToBecomeVisibleIs503) {
  AdminPlane plane;
  plane.apply_later = true;
  plane.reader.Enter();
  plane.Say(PushRequest(Live("one")));
  plane.Turn();  // the first becomes visible; what follows must wait for the reader
  plane.Take();
  plane.Say(PushRequest(Live("two")));
  plane.Expire();
  const std::string said = plane.Take();
  plane.reader.Leave();
  EXPECT_THAT(said, HasSubstr("HTTP/1.1 503 "));
  EXPECT_THAT(said, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(said, HasSubstr(R"({"error":"temporarily_unavailable","lines":0,)"));
  while (plane.Turn()) {
  }
}

TEST(PushTest, TellsWhatItMeansForReadiness) {
  AdminPlane plane;
  plane.Ask(PushRequest("oops"));
  EXPECT_EQ(plane.pushes, 0) << "nothing was accepted";
  plane.Ask(PushRequest("{\"op\":\"heartbeat\"}"));
  EXPECT_EQ(plane.pushes, 1);
  plane.Ask(PushRequest(Live("one")));
  EXPECT_EQ(plane.pushes, 2);
  EXPECT_EQ(plane.completes, 0);
  plane.Ask(PushRequest("{\"op\":\"complete\"}"));
  EXPECT_EQ(plane.completes, 1);
}

TEST(PushTest, AnErrorNeverShowsTheLine) {
  AdminPlane plane;
  const std::string body =
      plane
          .Ask(PushRequest(R"({"op":"upsert","token":"s3cr3t-token","claims":{"exp":"s3cr3t"}})"
                           "\n{\"op\":\"s3cr3t\"}\ns3cr3t\n"))
          .body;
  EXPECT_THAT(body, HasSubstr("\"rejected\":3"));
  EXPECT_THAT(body, testing::Not(HasSubstr("s3cr3t")));
}

}  // namespace
}  // namespace introspectd::api
