// What is counted of requests, and how long their answers took.

#include "api/tally.h"

#include <gtest/gtest.h>

#include <string>

#include "api/data_plane.h"
#include "support/request.h"

namespace introspectd::api {
namespace {

using support::Basic;
using support::Request;

std::string Text() {
  return support::ConfigText{.tables =
                                 "[[clients]]\nid = \"strict\"\n"
                                 "secret = \"strict-secret\"\n"
                                 "auth = [\"client_secret_post\"]\n"
                                 "audiences = [\"*\"]\nissuers = [\"*\"]\n"
                                 "unknown_token = \"error\"\n"}
      .Text();
}

class TallyTest : public testing::Test {
 protected:
  TallyTest() { plane_.Push(support::Upsert(support::kExampleToken, support::ExampleClaims())); }

  base::Histogram::Reading Times() const {
    base::Histogram::Reading reading;
    plane_.counters.answer_times().ReadInto(reading);
    return reading;
  }
  std::uint64_t Answers() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : Times().counts) sum += count;
    return sum;
  }

  DataPlane plane_{Text()};
};

TEST_F(TallyTest, AnswersAreCountedByResultAndClient) {
  struct Row {
    Request request;
    Count count;
    const char* client;  // whose account it is on
  };
  const std::string strict = "client_id=strict&client_secret=strict-secret&token=";
  const Row kRows[] = {
      {{}, Count::kActive, "gateway"},
      {{.body = "token=x"}, Count::kInactive, "gateway"},
      {{.authorization = "", .body = strict + "x"}, Count::kUnknownToken, "strict"},
      {{.body = "token="}, Count::kBadRequest, "gateway"},
      {{.body = "token=%"}, Count::kBadRequest, nullptr},
      {{.authorization = Basic("gateway", "no")}, Count::kUnauthorized, nullptr},
      {{.line = "POST /elsewhere HTTP/1.1"}, Count::kOther, nullptr},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.request.Bytes());
    const std::uint64_t before = plane_.counters.Get(row.count);
    const std::uint64_t answers = Answers();
    std::uint64_t gateway = plane_.AccountOf("gateway").Get(row.count);
    std::uint64_t other = plane_.AccountOf("strict").Get(row.count);
    plane_.AskAnew(row.request.Bytes());
    EXPECT_EQ(plane_.counters.Get(row.count), before + 1);
    EXPECT_EQ(Answers(), answers + 1) << "every answer has its time";
    gateway += row.client != nullptr && std::string_view(row.client) == "gateway";
    other += row.client != nullptr && std::string_view(row.client) == "strict";
    EXPECT_EQ(plane_.AccountOf("gateway").Get(row.count), gateway);
    EXPECT_EQ(plane_.AccountOf("strict").Get(row.count), other);
  }
}

TEST_F(TallyTest, RefusedInputsAreCountedByCause) {
  struct Row {
    std::string bytes;
    BadInput input;
  };
  const std::string head = "POST /introspect HTTP/1.1\r\nHost: a\r\n";
  const Row kRows[] = {
      {"POST /introspect\r\n\r\n", BadInput::kMalformed},
      {"POST /introspect HTTP/3.0\r\nHost: a\r\n\r\n", BadInput::kVersion},
      {head + "X: " + std::string(9000, 'x') + "\r\n\r\n", BadInput::kHeadTooLarge},
      {"GET /" + std::string(3000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", BadInput::kTargetTooLong},
      {head + "Expect: tea\r\n\r\n", BadInput::kExpectation},
      {Request{.line = "POST /elsewhere HTTP/1.1"}.Bytes(), BadInput::kPath},
      {"GET /introspect HTTP/1.1\r\nHost: a\r\n\r\n", BadInput::kMethod},
      {Request{.type = "Content-Type: text/plain\r\n"}.Bytes(), BadInput::kContentType},
      {Request{.body = std::string(70'000, 'x')}.Bytes(), BadInput::kBodyTooLarge},
      {Request{.body = "token=a&token=b"}.Bytes(), BadInput::kForm},
      {Request{.body = "token="}.Bytes(), BadInput::kParameters},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.bytes.substr(0, 200));
    const std::uint64_t before = plane_.counters.Get(row.input);
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kBadInputs; ++i) all += plane_.counters.Get(BadInput(i));
    plane_.AskAnew(row.bytes);
    EXPECT_EQ(plane_.counters.Get(row.input), before + 1);
    for (std::size_t i = 0; i < kBadInputs; ++i) all -= plane_.counters.Get(BadInput(i));
    EXPECT_EQ(all, std::uint64_t(-1)) << "one cause";
  }
}

TEST_F(TallyTest, ARequestThatNeverEndsIsATimeout) {
  plane_.Say("POST /introspect HT");
  std::string out;
  plane_.session->Expire(plane_.now, out);
  EXPECT_TRUE(out.starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(plane_.counters.Get(BadInput::kTimeout), 1u);
}

TEST_F(TallyTest, FailedAuthenticationsAreCountedByCause) {
  plane_.AskAnew(Request{.authorization = ""}.Bytes());
  plane_.AskAnew(Request{.authorization = Basic("nobody", "x")}.Bytes());
  plane_.AskAnew(Request{.authorization = Basic("strict", "strict-secret")}.Bytes());
  EXPECT_EQ(plane_.counters.Get(AuthFailure::kRefused), 3u);
  plane_.AskAnew(Request{.body = "client_secret=other&token=x"}.Bytes());
  EXPECT_EQ(plane_.counters.Get(AuthFailure::kContradiction), 1u);
}

TEST_F(TallyTest, TimesCountFromWhenTheRequestWasWhole) {
  plane_.verify_later = true;
  plane_.Say(Request{}.Bytes());
  EXPECT_EQ(Answers(), 0u);
  plane_.now.wall_us += 30'000;
  plane_.now.boot_ms += 30;
  plane_.Verify();  // the answer comes 30 ms after the question
  plane_.Take();
  EXPECT_EQ(Answers(), 1u);
  EXPECT_EQ(Times().sum_us, 30'000u);
  plane_.Ask(Request{}.Bytes());  // remembered from here on
  EXPECT_EQ(Answers(), 2u);
  EXPECT_EQ(Times().sum_us, 30'000u);
}

TEST_F(TallyTest, EveryPipelinedAnswerHasItsTime) {
  std::string read;
  for (int i = 0; i < 100; ++i) read += Request{}.Bytes();
  plane_.Say(Request{}.Bytes());
  plane_.Say(read);
  EXPECT_EQ(Answers(), 101u);
}

}  // namespace
}  // namespace introspectd::api
