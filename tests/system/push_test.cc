// POST /v1/tokens: every line is applied in order, and is visible when the answer comes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "support/wait_until.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::kInactive;
using support::Revoke;
using support::WaitUntil;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

testing::Matcher<const support::RefusedLine&> AtLine(std::int64_t line) {
  return testing::AllOf(Field(&support::RefusedLine::line, line),
                        Field(&support::RefusedLine::error, testing::Not(IsEmpty())));
}

std::string Named(std::size_t i) { return fmt::format("a-token-with-the-number-{}", i); }

std::string ManyUpserts(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    lines += Upsert(Named(i), GoodClaims(fmt::format("\"sub\":\"{}\",", i)));
  }
  return lines;
}

// The same body, chunked.
Response PushInChunks(Node& node, std::string_view body, std::size_t chunk_size) {
  return node.admin().Connect().Ask(node.admin().Head("POST", "/v1/tokens", support::kChunked) +
                                    support::InChunks(body, chunk_size));
}

TEST(PushTest, AppliesLinesAndShowsThemAtOnce) {
  Node node;
  const PushResult result = node.Push(ManyUpserts(3));
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.lines, 3);
  EXPECT_EQ(result.applied, 3);
  EXPECT_EQ(result.expired, 0);
  EXPECT_EQ(result.rejected, 0);
  EXPECT_GE(result.sequence, support::StartSeconds() * 1'000'000);
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(node.Introspect(Named(2)), GoodAnswer(R"("sub":"2",)"));
  EXPECT_GT(node.Push(ManyUpserts(1)).sequence, result.sequence);
}

TEST(PushTest, TheExampleOfRfc7662) {
  Node node;
  ASSERT_EQ(node.Push(Upsert(support::kExampleToken, support::ExampleClaims())).status, 200);
  EXPECT_EQ(node.Introspect(support::kExampleToken), support::ExampleAnswer());
}

TEST(PushTest, AnEmptyBodyIsNoLine) {
  Node node;
  const PushResult result = node.Push("");
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.lines, 0);
}

TEST(PushTest, LinesMayBeCutAnywhereBetweenChunks) {
  Node node;
  const std::string body = ManyUpserts(4);
  for (const std::size_t chunk_size : {1u, 2u, 3u, 7u, 16u, 50u, 100u, 1000u}) {
    const PushResult result = support::ParsePushResult(PushInChunks(node, body, chunk_size));
    EXPECT_EQ(result.status, 200) << chunk_size;
    EXPECT_EQ(result.applied, 4) << chunk_size;
  }
  EXPECT_EQ(node.Introspect(Named(3)), GoodAnswer(R"("sub":"3",)"));
}

TEST(PushTest, LinesMayBeCutAnywhereBetweenReads) {
  Node node;
  const std::string body = ManyUpserts(2);
  const std::string head =
      node.admin().Head("POST", "/v1/tokens", support::ContentLength(body.size()));
  for (std::size_t cut = 1; cut < body.size(); cut += 5) {
    Connection connection = node.admin().Connect();
    connection.Send(head + body.substr(0, cut));
    std::this_thread::sleep_for(support::milliseconds(2));
    connection.Send(body.substr(cut));
    ASSERT_EQ(support::ParsePushResult(connection.Read()).applied, 2) << cut;
  }
}

TEST(PushTest, TheLastLineNeedsNoEndAndACarriageReturnIsWhiteSpace) {
  Node node;
  std::string body = ManyUpserts(3);
  body.pop_back();
  body.insert(body.find('\n'), "\r");
  const PushResult result = node.Push(body);
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.applied, 3);
  EXPECT_TRUE(node.IsActive(Named(0)));
  EXPECT_TRUE(node.IsActive(Named(2)));
}

TEST(PushTest, BlankLinesAreSkippedAndStillCounted) {
  Node node;
  const PushResult result = node.Push("\n" + Upsert(Named(1), GoodClaims()) + "\n\r\nnonsense\n\n");
  EXPECT_EQ(result.status, 422);
  EXPECT_EQ(result.applied, 1);
  EXPECT_THAT(result.errors, ElementsAre(AtLine(5)));
}

TEST(PushTest, ARefusedLineStopsNothing) {
  Node node;
  const PushResult result =
      node.Push(Upsert(Named(1), GoodClaims()) + "nonsense\n" + Upsert(Named(2), GoodClaims()) +
                "{}\n" + Upsert(Named(3), GoodClaims()));
  EXPECT_EQ(result.status, 422);
  EXPECT_EQ(result.lines, 5);
  EXPECT_EQ(result.applied, 3);
  EXPECT_EQ(result.rejected, 2);
  EXPECT_THAT(result.errors, ElementsAre(AtLine(2), AtLine(4)));
  EXPECT_TRUE(node.IsActive(Named(3)));
}

TEST(PushTest, NamesTheFirstHundredRefusedLines) {
  Node node;
  std::string body;
  for (int i = 0; i < 250; ++i) body += "nonsense\n";
  const PushResult result = node.Push(body);
  EXPECT_EQ(result.rejected, 250);
  ASSERT_EQ(result.errors.size(), 100u);
  EXPECT_EQ(result.errors.back().line, 100);
}

TEST(PushTest, AnExpiredUpsertEndsTheToken) {
  Node node;
  ASSERT_EQ(node.Push(Upsert(Named(1), GoodClaims())).applied, 1);
  const PushResult result = node.Push(Upsert(Named(1), support::WithTimes(R"({"exp":@-1})")));
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.expired, 1);
  EXPECT_EQ(result.applied, 0);
  EXPECT_EQ(node.Introspect(Named(1)), kInactive);
}

TEST(PushTest, AnUpsertReplacesAllClaims) {
  Node node;
  node.Push(Upsert(Named(1), GoodClaims(R"("sub":"a","scope":"read",)")));
  node.Push(Upsert(Named(1), GoodClaims(R"("username":"b",)")));
  EXPECT_EQ(node.Introspect(Named(1)), GoodAnswer(R"("username":"b",)"));
}

TEST(PushTest, RevocationIsFinal) {
  Node node;
  node.Push(Upsert(Named(1), GoodClaims()) + Revoke(Named(1)) + Upsert(Named(1), GoodClaims()));
  EXPECT_EQ(node.Introspect(Named(1)), kInactive);
  node.Push(Revoke(Named(2)));
  node.Push(Upsert(Named(2), GoodClaims()));
  EXPECT_EQ(node.Introspect(Named(2)), kInactive);
}

// With a sequence of its own, `sub` tells which line won.
std::string Sequenced(std::string_view sub, std::int64_t offset_s) {
  return fmt::format(R"({{"op":"upsert","token":"{}","claims":{},"sequence":{}}})", Named(1),
                     GoodClaims(fmt::format("\"sub\":\"{}\",", sub)),
                     (support::StartSeconds() + offset_s) * 1'000'000) +
         "\n";
}

TEST(PushTest, TheHigherSequenceWinsInWhateverOrder) {
  Node forwards;
  forwards.Push(Sequenced("old", -20) + Sequenced("new", -10) + Sequenced("older", -30));
  Node backwards;
  backwards.Push(Sequenced("new", -10) + Sequenced("older", -30) + Sequenced("old", -20));
  EXPECT_EQ(forwards.Introspect(Named(1)), GoodAnswer(R"("sub":"new",)"));
  EXPECT_EQ(backwards.Introspect(Named(1)), GoodAnswer(R"("sub":"new",)"));
}

TEST(PushTest, EqualSequencesAreDecidedAlikeInWhateverOrder) {
  Node forwards;
  forwards.Push(Sequenced("one", -10) + Sequenced("two", -10));
  Node backwards;
  backwards.Push(Sequenced("two", -10) + Sequenced("one", -10));
  EXPECT_EQ(forwards.Introspect(Named(1)), backwards.Introspect(Named(1)));
  EXPECT_TRUE(forwards.IsActive(Named(1)));
}

TEST(PushTest, TheSameLineTwiceChangesNothing) {
  Node node;
  const std::string line = Sequenced("once", -10);
  node.Push(line + line);
  const PushResult again = node.Push(line);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(node.Introspect(Named(1)), GoodAnswer(R"("sub":"once",)"));
}

TEST(PushTest, TakesAHundredThousandLines) {
  Node node;
  constexpr std::size_t kLines = 100'000;
  const PushResult result =
      support::ParsePushResult(PushInChunks(node, ManyUpserts(kLines), 60'000));
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.applied, static_cast<std::int64_t>(kLines));
  for (std::size_t i = 0; i < kLines; i += 9973) {
    EXPECT_EQ(node.Introspect(Named(i)), GoodAnswer(fmt::format("\"sub\":\"{}\",", i)));
  }
}

TEST(PushTest, AsksForTheBodyThatTheClientHoldsBack) {
  Node node;
  const std::string body = ManyUpserts(1);
  Connection connection = node.admin().Connect();
  connection.Send(node.admin().Head(
      "POST", "/v1/tokens", support::ContentLength(body.size()) + "Expect: 100-continue\r\n"));
  EXPECT_EQ(connection.ReadExactly(support::kContinue.size()), support::kContinue);
  connection.Send(body);
  EXPECT_EQ(support::ParsePushResult(connection.Read()).applied, 1);
}

TEST(PushTest, APushThatBreaksOffAppliesWholeLinesOnly) {
  Node node;
  {
    Connection connection = node.admin().Connect();
    const std::string whole = Upsert(Named(1), GoodClaims());
    const std::string cut = Upsert(Named(2), GoodClaims());
    connection.Send(node.admin().Head("POST", "/v1/tokens", support::kChunked) +
                    fmt::format("{:x}\r\n{}\r\n{:x}\r\n{}", whole.size(), whole, cut.size() + 100,
                                cut.substr(0, cut.size() - 1)));
    connection.ShutdownSending();
    connection.ReadToEnd();
  }
  EXPECT_TRUE(WaitUntil([&] { return node.IsActive(Named(1)); }));
  EXPECT_EQ(node.Introspect(Named(2)), kInactive);
}

TEST(PushTest, PushesGoOnOverOneConnection) {
  Node node;
  Connection connection = node.admin().Connect();
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string body = Upsert(Named(i), GoodClaims());
    const Response response = connection.Ask(
        node.admin().Head("POST", "/v1/tokens", support::ContentLength(body.size())) + body);
    ASSERT_EQ(support::ParsePushResult(response).applied, 1);
    ASSERT_TRUE(node.IsActive(Named(i)));
  }
}

}  // namespace
}  // namespace introspectd::system_test
