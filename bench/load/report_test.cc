#include "load/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace introspectd::load {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMicro = 1'000;
constexpr std::uint64_t kMilli = 1'000'000;

// 50 and 100 ns are small enough to be kept exactly, 2 ms is the highest.
Report Small() {
  Report report;
  Outcome& outcome = report.outcome;
  outcome.answered = 3;
  outcome.window = 1'500 * kMilli;
  outcome.latency.Record(100);
  outcome.latency.Record(100);
  outcome.latency.Record(2 * kMilli);
  outcome.lateness.Record(50);
  outcome.connections_opened = 4;
  outcome.sessions_resumed = 1;
  outcome.timeline.resize(2);
  outcome.timeline[0].answered = 2;
  outcome.timeline[0].latency.Record(100);
  outcome.timeline[1].answered = 1;
  outcome.timeline[1].wrong = 5;
  outcome.timeline[1].errors = 6;
  return report;
}

Report Whole() {
  Report report = Small();
  report.outcome.server_cpu_ns = 750 * kMilli;
  report.outcome.wrong = 7;
  report.outcome.refused = 6;
  report.outcome.errors[static_cast<std::size_t>(Error::kLost)] = 2;
  report.outcome.errors[static_cast<std::size_t>(Error::kMalformed)] = 1;
  report.outcome.first_failure = "status 503, body <h1>busy</h1>";
  report.target = "p99<1ms";
  report.found_rate_per_s = 160'000;
  report.steps = {{160'000, 159'999.5, 861 * kMicro, true, true},
                  {320'000, 201'442, 1'204 * kMilli, false, false}};
  Probe& probe = report.probe.emplace();
  probe.revoked = 9;
  probe.until_acknowledged.Record(640 * kMicro);
  probe.until_last_active.Record(310 * kMicro);
  probe.active_after = 8;
  report.setup = {{"command \"line\"", "load <script>alert(1)</script> & 'more'"}};
  return report;
}

std::size_t CountOf(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(ToJsonTest, SaysWhatWasMeasured) {
  EXPECT_EQ(ToJson(Small()),
            R"({"requests":3,"seconds":1.5,"requests_per_s":2,"valid":true,"open_loop":true,)"
            R"("p50_us":0.1,"p90_us":2000,"p99_us":2000,"p999_us":2000,"max_us":2000,)"
            R"("lateness_p99_us":0.05,"wrong":0,"refused":0,"errors":0,)"
            R"("errors_by_kind":{"connect":0,"handshake":0,"lost":0,"malformed":0,"unanswered":0},)"
            R"("connections_opened":4,"sessions_resumed":1,)"
            R"("timeline":[{"answered":2,"p50_us":0.1,"p99_us":0.1,"wrong":0,"errors":0},)"
            R"({"answered":1,"p50_us":0,"p99_us":0,"wrong":5,"errors":6}],"setup":{}})");
}

TEST(ToJsonTest, SaysWhatElseThereWas) {
  const std::string json = ToJson(Whole());
  EXPECT_EQ(CountOf("\n", json), 0u);
  for (const char* part :
       {R"("server_cpu_us_per_request":250000,"server_busy_share":0.5,)",
        R"("wrong":7,"refused":6,"errors":3,"errors_by_kind":{"connect":0,"handshake":0,"lost":2,)",
        R"("target":"p99<1ms","found_rate_per_s":160000,"steps":[{"rate_per_s":160000,)",
        R"("answered_per_s":159999.5,"p99_us":861,"held":true,"valid":true},{)",
        R"("p99_us":1204000,"held":false,"valid":false}])",
        R"("probe":{"revoked":9,"acknowledged_p50_us":640,"acknowledged_p99_us":640,)",
        R"("last_active_p50_us":310,"last_active_p99_us":310,"last_active_max_us":310,)",
        R"("active_after":8})",
        R"("setup":{"command \"line\"":"load <script>alert(1)</script> & 'more'"}})"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
}

TEST(ToJsonTest, HasOnlyNumbersWhenNothingHappened) {
  Report report;
  report.outcome.server_cpu_ns = 1;
  const std::string json = ToJson(report);
  EXPECT_THAT(json, HasSubstr(R"("requests_per_s":0,)"));
  EXPECT_THAT(json, Not(HasSubstr(":nan")));
  EXPECT_THAT(json, Not(HasSubstr(":inf")));
}

TEST(ToTextTest, SaysWhatWasMeasured) {
  const std::string text = ToText(Small());
  EXPECT_THAT(text, HasSubstr("requests     3 in 1.5 s, open loop: 2 requests/s\n"));
  EXPECT_THAT(text, HasSubstr("p50 100 ns   p90 2.00 ms   p99 2.00 ms   p99.9 2.00 ms   max 2.00"));
  EXPECT_THAT(text, HasSubstr("answers      0 wrong, 0 errors\n"));
  EXPECT_THAT(text, HasSubstr("connections  4 opened, 1 TLS sessions resumed\n"));
  EXPECT_THAT(text, HasSubstr("generator    late by 50 ns (p99)\n"));
  EXPECT_THAT(text, Not(HasSubstr("search")));
  EXPECT_THAT(text, Not(HasSubstr("probe")));
}

TEST(ToTextTest, SaysWhatElseThereWas) {
  const std::string text = ToText(Whole());
  EXPECT_THAT(text, HasSubstr("7 wrong, 3 errors (2 lost, 1 malformed)\n"));
  EXPECT_THAT(text, HasSubstr("6 told to ask later\n"));
  EXPECT_THAT(text, HasSubstr("the first: status 503, body <h1>busy</h1>\n"));
  EXPECT_THAT(text, HasSubstr("busy 50.0 %\n"));
  EXPECT_THAT(text, HasSubstr("search       160,000 requests/s hold p99<1ms\n"));
  EXPECT_THAT(text, HasSubstr("     320,000      201,442     1.20 s   not held, generator late\n"));
  EXPECT_THAT(text, HasSubstr("9 tokens revoked; 8 answers active after the acknowledgement\n"));
}

TEST(ToTextTest, SaysWhenTheGeneratorWasLate) {
  Report report = Small();
  report.valid = false;
  EXPECT_THAT(ToText(report), HasSubstr("NOT VALID"));
  report.open_loop = false;
  EXPECT_THAT(ToText(report), HasSubstr("NOT VALID"));
  EXPECT_THAT(ToText(Small()), Not(HasSubstr("NOT VALID")));
}

TEST(ToTextTest, SaysWhenNoRateHeld) {
  Report report = Whole();
  report.found_rate_per_s = 0;
  EXPECT_THAT(ToText(report), HasSubstr("search       no rate that was tried holds p99<1ms\n"));
  EXPECT_THAT(ToHtml(report), HasSubstr("No rate that was tried held p99&lt;1ms."));
}

TEST(ToHtmlTest, HasTheFigures) {
  const std::string html = ToHtml(Whole());
  for (const char* part :
       {"<dt>requests/s</dt><dd class=\"\">2</dd>", "<dt>p50</dt><dd class=\"\">100 ns</dd>",
        "<dt>p99</dt><dd class=\"\">2.00 ms</dd>", "<dt>p99.9</dt><dd class=\"\">2.00 ms</dd>",
        "<dt>max</dt><dd class=\"\">2.00 ms</dd>", "<dt>wrong</dt><dd class=\"bad\">7</dd>",
        "<dt>errors</dt><dd class=\"bad\">3</dd>", "<dd class=\"good\">valid</dd>",
        "<strong>160,000 requests/s</strong> is the highest rate that held p99&lt;1ms.",
        "<strong class=\"bad\">8</strong> answers still said active", "second 1: 2 requests/s",
        // Half a second of it was measured.
        "second 2: 2 requests/s, p50 0 s, p99 0 s, 5 wrong, 6 errors"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_EQ(CountOf("role=\"img\"", html), 2u);
}

TEST(ToHtmlTest, EscapesWhatOthersWrote) {
  const std::string html = ToHtml(Whole());
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("load &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;more&#39;"));
  EXPECT_THAT(html, HasSubstr("command &quot;line&quot;"));
  EXPECT_THAT(html, HasSubstr("status 503, body &lt;h1&gt;busy&lt;/h1&gt;"));
}

TEST(ToHtmlTest, NeedsNothingElse) {
  const std::string html = ToHtml(Whole());
  for (const char* reference : {"http://", "https://", "src=", "href=", "url(", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(reference)));
  }
}

TEST(ToHtmlTest, SaysWhenTheGeneratorWasLate) {
  Report report = Small();
  EXPECT_THAT(ToHtml(report), Not(HasSubstr("ot valid")));
  report.valid = false;
  const std::string html = ToHtml(report);
  EXPECT_THAT(html, HasSubstr("Not valid: the generator itself was late</strong>, by 50 ns (p99)"));
  EXPECT_THAT(html, HasSubstr("<dd class=\"bad\">not valid</dd>"));
}

TEST(ToHtmlTest, LeavesOutWhatThereWasNot) {
  const std::string html = ToHtml(Small());
  for (const char* part : {"The highest rate", "Revocation", "Set-up", "role=\"alert\""}) {
    EXPECT_THAT(html, Not(HasSubstr(part)));
  }
}

TEST(ToHtmlTest, SurvivesARunWithoutRequests) {
  Report report;
  report.outcome.timeline.resize(2);
  for (const std::size_t seconds : {2u, 0u}) {
    report.outcome.timeline.resize(seconds);
    const std::string html = ToHtml(report);
    EXPECT_THAT(html, HasSubstr("No request was answered."));
    EXPECT_THAT(html, HasSubstr("</html>"));
    for (const char* broken : {"\"nan", " nan", "Mnan", "-nan", "inf"}) {
      EXPECT_THAT(html, Not(HasSubstr(broken)));
    }
  }
}

TEST(ToHtmlTest, DrawsTheWidestRangeOfLatencies) {
  Report report = Small();
  for (const std::uint64_t latency : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    report.outcome.latency.Record(latency);
    report.outcome.timeline[0].latency.Record(latency);
  }
  EXPECT_THAT(ToHtml(report), HasSubstr("</html>"));
}

}  // namespace
}  // namespace introspectd::load
