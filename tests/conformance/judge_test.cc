// The judge must find every wrong answer: each test here shows one to it.

#include "conformance/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/trials.h"
#include "fmt/format.h"
#include "support/world.h"

namespace introspectd::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Answer {
  std::string_view status = "200 OK";
  std::string_view type = "application/json";
  std::string_view cache = "no-store";
  std::string_view extra = "";
  std::string_view body = support::kInactive;

  std::string Bytes() const {
    return fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nCache-Control: {}\r\nPragma: no-cache\r\n{}"
        "Content-Length: {}\r\n\r\n{}",
        status, type, cache, extra, body.size(), body);
  }
};

constexpr std::string_view kClose = "Connection: close\r\n";
constexpr std::string_view kError = R"({"error":"invalid_request"})";

std::string Judged(const Expectation& expected, std::string_view received, bool closed) {
  const Awaited awaited{expected};
  return JudgeStream({&awaited, 1}, received, closed);
}
std::string Judged(const Expectation& expected, const Answer& answer, bool closed = false) {
  return Judged(expected, answer.Bytes(), closed);
}

TEST(JudgeTest, AcceptsRightAnswers) {
  EXPECT_EQ(Judged(Inactive(), Answer{}), "");
  EXPECT_EQ(Judged(Inactive(), {.extra = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n"}), "");
  EXPECT_EQ(Judged(Inactive().Closing(), {.extra = kClose}, true), "");
  EXPECT_EQ(Judged(Malformed(), {.status = "400 No", .extra = kClose, .body = kError}, true), "");
  EXPECT_EQ(Judged(Refused(405), {.status = "405 No", .extra = "Allow: POST\r\n", .body = kError}),
            "");
  EXPECT_EQ(Judged(Unauthorized(), {.status = "401 No",
                                    .extra = "WWW-Authenticate: Basic realm=\"x\"\r\n",
                                    .body = R"({"error":"invalid_client"})"}),
            "");
  EXPECT_EQ(
      Judged(Inactive().Continuing(), std::string(support::kContinue) + Answer{}.Bytes(), false),
      "");
  EXPECT_EQ(Judged(Malformed().OrSilence(), "", true), "");
}

struct Wrong {
  Expectation expected;
  Answer answer;
  bool closed;
  std::string_view finding;
};

TEST(JudgeTest, FindsEveryFault) {
  const Wrong kWrong[] = {
      {Refused(404), {}, false, "status is 200"},
      {Inactive(), {.type = "text/html"}, false, "content-type"},
      {Inactive(), {.cache = "max-age=1"}, false, "cache-control"},
      {Inactive(), {.extra = "Server: x\r\n"}, false, "unexpected header server"},
      {Inactive(), {.extra = "Allow: POST\r\n"}, false, "allow"},
      {Inactive(), {.extra = "Date: yesterday\r\n"}, false, "date"},
      {Inactive(), {.extra = "Retry-After: 1\r\n"}, false, "retry-after"},
      {Inactive(), {.extra = "WWW-Authenticate: Basic realm=\"x\"\r\n"}, false, "www-auth"},
      {Inactive(), {.extra = kClose}, false, "connection"},
      {Inactive(), {}, true, "was closed"},
      {Inactive().Closing(), {}, true, "connection"},
      {Inactive().Closing(), {.extra = kClose}, false, "was not closed"},
      {Inactive().SayingKeepAlive(), {}, false, "connection"},
      {Inactive(), {.body = R"({"active": false})"}, false, "body"},
      {Refused(405), {.status = "405 No", .body = kError}, false, "allow"},
      {Unauthorized(), {.status = "401 No", .body = kError}, false, "www-authenticate"},
      {BadRequest(), {.status = "400 No", .body = R"({"error":"invalid_client"})"}, false, "error"},
      {BadRequest(), {.status = "400 No", .body = R"({"error_description":"x"})"}, false, "error"},
      {BadRequest(), {.status = "400 No", .body = R"({"error":"a\nb"})"}, false, "error"},
      {BadRequest(), {.status = "400 No", .body = "oops"}, false, "not a JSON object"},
      {Refused(503), {.status = "503 No", .body = kError}, false, "retry-after"},
      {Inactive().Continuing(), {}, false, "no 100 Continue"},
  };
  for (const Wrong& wrong : kWrong) {
    EXPECT_THAT(Judged(wrong.expected, wrong.answer, wrong.closed),
                HasSubstr(std::string(wrong.finding)));
  }
}

TEST(JudgeTest, CountsAnswers) {
  const std::string one = Answer{}.Bytes();
  const Awaited awaited[] = {{Inactive()}, {Inactive()}};
  EXPECT_EQ(JudgeStream(awaited, one + one, false), "");
  EXPECT_THAT(JudgeStream(awaited, one, false), HasSubstr("answer 2 of 2 did not come"));
  EXPECT_THAT(JudgeStream(awaited, one + one + one, false), HasSubstr("after the last answer"));
  EXPECT_EQ(Arrived(awaited, one + one.substr(0, one.size() - 1)), 1u);
  EXPECT_EQ(Arrived(awaited, one + one), 2u);
}

TEST(TrialsTest, APieceEndsAtEveryCut) {
  const Case subject("x", "y", std::string("abcd"), Inactive());
  EXPECT_THAT(TrialsOf(subject, Mode::kWhole)[0].pieces(), ElementsAre("abcd"));
  EXPECT_THAT(TrialsOf(subject, Mode::kByteByByte)[0].pieces(), ElementsAre("a", "b", "c", "d"));
  const std::vector<Trial> cut = TrialsOf(subject, Mode::kCut);
  ASSERT_EQ(cut.size(), 3u);
  EXPECT_THAT(cut[0].pieces(), ElementsAre("a", "bcd"));
  EXPECT_THAT(cut[2].pieces(), ElementsAre("abc", "d"));
}

TEST(TrialsTest, NothingIsAwaitedBehindARequestThatCloses) {
  const std::string request = Request{}.Bytes();
  const auto awaited = [&](const Expectation& answer) {
    std::vector<std::size_t> counts;
    for (const Trial& trial : TrialsOf({"x", "y", request, answer}, Mode::kPipelined)) {
      counts.push_back(trial.awaited.size());
    }
    return counts;
  };
  EXPECT_THAT(awaited(Inactive()), ElementsAre(2, 2, 3));
  EXPECT_THAT(awaited(Inactive().Closing()), ElementsAre(2, 1, 2));
}

TEST(TrialsTest, AnExchangeThatAnswersWrongIsReported) {
  const std::vector<Trial> trials = TrialsOf({"name", "source", "abc", Inactive()}, Mode::kCut);
  const auto right = [](const std::vector<std::string_view>& pieces, bool* closed) {
    *closed = false;
    return pieces.size() == 2 ? Answer{}.Bytes() : "";
  };
  EXPECT_THAT(Failures(trials, right), IsEmpty());
  const auto silent = [](const std::vector<std::string_view>&, bool*) { return std::string(); };
  EXPECT_THAT(Failures(trials, silent),
              ElementsAre(HasSubstr("name [source], cut at 1: answer 1 of 1 did not come"),
                          HasSubstr("cut at 2")));
}

}  // namespace
}  // namespace introspectd::conformance
