// What a long run keeps count of, waits for and tells.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "answer.h"
#include "console.h"
#include "ledger.h"
#include "retry.h"

namespace introspectd::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

PushReport ReportOf(std::uint64_t applied, std::uint64_t rejected) {
  return {.lines = applied + rejected, .applied = applied, .rejected = rejected};
}

TEST(LedgerTest, KnowsHowFarAllIsAcknowledged) {
  Ledger ledger(10);
  EXPECT_EQ(ledger.in_order(), 10u);
  ledger.Acknowledge({.first_line = 16, .lines = 5}, ReportOf(5, 0));
  EXPECT_EQ(ledger.in_order(), 10u);
  ledger.Acknowledge({.first_line = 21, .lines = 1}, ReportOf(0, 1));
  EXPECT_EQ(ledger.in_order(), 10u);
  ledger.Acknowledge({.first_line = 11, .lines = 5}, ReportOf(4, 1));
  EXPECT_EQ(ledger.in_order(), 21u);
  EXPECT_EQ(ledger.totals().lines, 11u);
  EXPECT_EQ(ledger.totals().applied, 9u);
  EXPECT_EQ(ledger.totals().rejected, 2u);
}

TEST(BackoffTest, WaitsLongerEachTimeUpToItsEnd) {
  Backoff backoff(seconds(20));
  Backoff::Time now{};
  std::vector<milliseconds::rep> waits;
  while (const auto wait = backoff.Next(now, std::nullopt)) {
    waits.push_back(wait->count());
    now += *wait;
  }
  EXPECT_THAT(waits, ElementsAre(100, 200, 400, 800, 1600, 3200, 5000, 5000, 3700));
}

TEST(BackoffTest, WaitsAsLongAsTheServerAsks) {
  Backoff backoff(seconds(10));
  const Backoff::Time now{};
  EXPECT_EQ(backoff.Next(now, seconds(3)), milliseconds(3'000));
  EXPECT_EQ(backoff.Next(now + seconds(3), std::nullopt), milliseconds(200));
  EXPECT_EQ(backoff.Next(now + seconds(4), seconds(60)), milliseconds(6'000));
  EXPECT_EQ(backoff.Next(now + seconds(10), seconds(1)), std::nullopt);
  EXPECT_EQ(Backoff(seconds(0)).Next(now, std::nullopt), std::nullopt);
}

TEST(RetryTest, RepeatsOnlyWhatIsUnavailable) {
  Console console(stderr, false);
  int attempts = 0;
  const Pause no_pause = [](milliseconds) { return true; };
  const auto unavailable_twice = [&] {
    return Attempt{++attempts < 3 ? absl::UnavailableError("later") : absl::OkStatus(), {}};
  };
  EXPECT_TRUE(RepeatWhileUnavailable(unavailable_twice, seconds(60), no_pause, console).ok());
  EXPECT_EQ(attempts, 3);

  attempts = 0;
  const auto refused = [&] {
    ++attempts;
    return Attempt{absl::FailedPreconditionError("no"), {}};
  };
  EXPECT_FALSE(RepeatWhileUnavailable(refused, seconds(60), no_pause, console).ok());
  EXPECT_EQ(attempts, 1);
}

TEST(RetryTest, EndsWhenThePauseSaysSo) {
  Console console(stderr, false);
  int attempts = 0;
  const auto unavailable = [&] {
    ++attempts;
    return Attempt{absl::UnavailableError("later"), {}};
  };
  const Pause stop = [](milliseconds) { return false; };
  EXPECT_TRUE(absl::IsUnavailable(RepeatWhileUnavailable(unavailable, seconds(60), stop, console)));
  EXPECT_EQ(attempts, 1);
}

TEST(AnswerTest, ReadsTheAnswerToAPush) {
  const auto report =
      ParsePushReport(R"({"lines":3,"applied":1,"expired":1,"rejected":1,"sequence":12,)"
                      R"("errors":[{"line":2,"error":"unknown op"}]})");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->lines, 3u);
  EXPECT_EQ(report->applied, 1u);
  EXPECT_EQ(report->expired, 1u);
  EXPECT_EQ(report->rejected, 1u);
  EXPECT_EQ(report->sequence, 12);
  ASSERT_EQ(report->refused.size(), 1u);
  EXPECT_EQ(report->refused[0].line, 2u);
  EXPECT_EQ(report->refused[0].reason, "unknown op");
  EXPECT_FALSE(ParsePushReport("<html>").ok());
  EXPECT_FALSE(ParsePushReport("{}").ok());
}

TEST(AnswerTest, TellsWhatIsWorthRepeating) {
  const auto client =
      fetch::Client::Create({.endpoint = *fetch::Endpoint::Parse("http://127.0.0.1:1")});
  const auto judge = [&client](int status, std::string body) {
    return Judge(*client, {.status = status, .body = std::move(body)});
  };
  EXPECT_TRUE(judge(200, "").ok());
  for (const int status : {429, 502, 503, 504}) {
    EXPECT_TRUE(absl::IsUnavailable(judge(status, ""))) << status;
  }
  for (const int status : {301, 400, 401, 403, 404, 413, 415, 500}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(judge(status, ""))) << status;
  }
  EXPECT_EQ(judge(503, R"({"error":"storage_full"})").message(),
            "http://127.0.0.1:1: answered 503 (storage_full)");
  EXPECT_EQ(
      judge(403, R"({"error":"insufficient_scope","error_description":"needs export"})").message(),
      "http://127.0.0.1:1: answered 403 (insufficient_scope: needs export)");
}

std::string Written(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

TEST(ConsoleTest, SaysWholeLines) {
  std::FILE* const file = std::tmpfile();
  {
    Console console(file, false);
    console.Say("one");
    console.SayNowAndThen("two");
    console.SayNowAndThen("dropped, moments later");
    console.ShowProgress("warming", 1'000, 0);  // not due yet
  }
  EXPECT_EQ(Written(file), "one\ntwo\n");
  std::fclose(file);
}

TEST(ConsoleTest, ATerminalGetsOneLineThatIsKeptUpToDate) {
  std::FILE* const file = std::tmpfile();
  {
    Console console(file, true);
    std::this_thread::sleep_for(milliseconds(1'050));
    console.ShowProgress("warming", 1'000, 2);
    console.Say("refused");
  }
  const std::string text = Written(file);
  EXPECT_THAT(text, ::testing::StartsWith("\r\033[Kwarming: 1000 lines, 9"));
  EXPECT_THAT(text, ::testing::EndsWith(" lines/s, 2 refused\r\033[Krefused\n"));
  std::fclose(file);
}

}  // namespace
}  // namespace introspectd::cli
