#include "update/parsing_crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "population/random.h"
#include "update/feed.h"
#include "update/node.h"

namespace introspectd::update {
namespace {

constexpr std::uint64_t kNow_us = std::uint64_t{Node::kNow} * kMicrosPerSecond;

struct Body {
  std::string text;
  std::vector<std::string> tokens;
};

std::string Line(population::Random& random, const std::string& token, int number) {
  // Some lines bring a sequence: old, new, or beyond all that are given.
  std::string sequence;
  if (random.Chance(20)) {
    sequence = fmt::format(R"(,"sequence":{})", kNow_us - 500'000 + random.Below(1'000'000));
  }
  switch (random.Below(40)) {
    case 0:
      return "not json";
    case 1:
      return random.Chance(50) ? "" : " \t";
    case 2:
      return R"({"op":"upsert","token":"x","claims":{}})";
    case 3:
      return fmt::format(R"({{"op":"revoke","token":"{}"{}}})", token, sequence);
    case 4:
      return std::string(3000, 'x');
    case 5:
      return fmt::format(R"({{"op":"upsert","token":"{}","claims":{{"exp":5}}{}}})", token,
                         sequence);
    default:
      return fmt::format(
          R"({{"op":"upsert","token":"{}","claims":{{"exp":1700000100,"sub":"{}","pad":"{}"}}{}}})",
          token, number, std::string(random.Below(200), 'p'), sequence);
  }
}

Body RandomBody(std::uint64_t seed) {
  population::Random random(seed, 0, 0);
  Body body;
  for (int i = 0; i < 200; ++i) body.tokens.push_back(fmt::format("t{}", i));
  const int lines = static_cast<int>(500 + random.Below(3000));
  for (int i = 0; i < lines; ++i) {
    body.text += Line(random, body.tokens[random.Below(body.tokens.size())], i);
    body.text += random.Chance(10) ? "\r\n" : "\n";
  }
  if (random.Chance(50)) body.text.pop_back();
  return body;
}

std::string Joined(const FeedReport& report) {
  std::string text = fmt::format("lines {} applied {} expired {} rejected {}", report.lines,
                                 report.applied, report.expired, report.rejected);
  for (const auto& [line, reason] : report.errors) text += fmt::format("\n{}: {}", line, reason);
  return text;
}

void StageWhatIsReady(Feed& feed) {
  const Now now = Node::At(Node::kNow);
  feed.HandOut(now);
  while (feed.StageLine(now)) {
  }
}

FeedReport TakeWithCrew(Node& node, ParsingCrew& crew, std::string_view body,
                        population::Random& random) {
  Feed feed(node.parser, node.target, node.admission, node.pusher, Origin::kPusher, &crew);
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t size = std::min<std::size_t>(body.size() - at, 1 + random.Below(100'000));
    feed.Append(body.substr(at, size));
    at += size;
    if (random.Chance(70)) StageWhatIsReady(feed);
  }
  feed.Finish();
  while (!feed.done()) {
    StageWhatIsReady(feed);
    std::this_thread::yield();
  }
  EXPECT_EQ(feed.backlog(), 0u);
  node.writer.PublishAndSettle();
  return feed.report();
}

ParserOptions Options(std::size_t line_bytes_max) {
  return {.issuer = Node::kIssuer,
          .token_lifetime_max_s = Node::kLifetimeMax,
          .line_bytes_max = line_bytes_max};
}

class ParsingCrewTest : public testing::TestWithParam<int> {};

// Nobody can tell from what is in the store, or from the report, who has parsed a line.
TEST_P(ParsingCrewTest, GivesWhatOneByOneGives) {
  constexpr std::size_t kLineMax = 2048;
  ParsingCrew crew(Options(kLineMax), static_cast<std::size_t>(GetParam()), [] {});
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Body body = RandomBody(seed);
    Node alone(kLineMax);
    Node with(kLineMax);
    population::Random random(seed, 1, 0);
    const FeedReport report = TakeWithCrew(with, crew, body.text, random);
    ASSERT_EQ(Joined(report), Joined(alone.Take(body.text))) << "seed " << seed;
    for (const std::string& token : body.tokens) {
      ASSERT_EQ(with.StateOf(token), alone.StateOf(token)) << token << ", seed " << seed;
      ASSERT_EQ(with.AnswerOf(token), alone.AnswerOf(token)) << token << ", seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ParsingCrewTest, testing::Values(0, 1, 3));

// A line without a sequence is newer than all before it, also than one from the future that
// stands in another block.
TEST(ParsingCrewOrderTest, ALineWithoutSequenceWinsOverABroughtOneOfAnEarlierBlock) {
  ParsingCrew crew(Options(16'384), 2, [] {});
  Node node;
  population::Random random(1, 0, 0);
  std::string body = fmt::format(
      R"({{"op":"upsert","token":"t","claims":{{"exp":1700000100,"sub":"old"}},"sequence":{}}})",
      kNow_us + 200'000'000);
  const auto pad = [&body](int from, int to) {
    for (int i = from; i < to; ++i)
      body += fmt::format("\n{{\"op\":\"revoke\",\"token\":\"{}\"}}", i);
  };
  pad(0, 5000);
  body +=
      "\n"
      R"({"op":"upsert","token":"t","claims":{"exp":1700000100,"sub":"new"}})";
  pad(5000, 10'000);  // so that it is not in the rest, which is no block
  const FeedReport report = TakeWithCrew(node, crew, body, random);
  EXPECT_EQ(report.applied, 10'002u);
  EXPECT_NE(node.AnswerOf("t").find(R"("sub":"new")"), std::string::npos);
}

// Whoever pushes a little while a long body is under way has a sequence of its own.
TEST(ParsingCrewOrderTest, WhatIsGivenIsGivenOnce) {
  ParsingCrew crew(Options(16'384), 0, [] {});
  Node node;
  Feed feed(node.parser, node.target, node.admission, node.pusher, Origin::kPusher, &crew);
  std::string body;
  for (int i = 0; i < 2000; ++i) {
    body +=
        fmt::format(R"({{"op":"upsert","token":"{}","claims":{{"exp":1700000100}}}})", i) + "\n";
  }
  feed.Append(body);
  feed.HandOut(Node::At(Node::kNow));
  const FeedReport brief = node.Take(R"({"op":"revoke","token":"b"})");
  feed.Finish();
  while (!feed.done()) StageWhatIsReady(feed);
  EXPECT_EQ(feed.report().applied, 2000u);
  EXPECT_EQ(feed.report().sequence, brief.sequence + 2000);
}

// Otherwise whoever sends nothing but line ends could move everybody's sequences into the future.
TEST(ParsingCrewOrderTest, LinesThatSayNothingTakeNoSequence) {
  ParsingCrew crew(Options(16'384), 1, [] {});
  Node node;
  population::Random random(1, 0, 0);
  for (const char* line : {"\n", "x\n"}) {
    std::string body;
    for (int i = 0; i < 200'000; ++i) body += line;
    TakeWithCrew(node, crew, body, random);
    EXPECT_EQ(node.writer.EntrySequence(kNow_us), kNow_us);
  }
}

// A crew that gets no time must not make the control loop parse all of it in one turn.
TEST(ParsingCrewOrderTest, OneBlockATurnIsParsedHere) {
  ParsingCrew crew(Options(16'384), 0, [] {});
  Node node;
  Feed feed(node.parser, node.target, node.admission, node.pusher, Origin::kPusher, &crew);
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += "{\"op\":\"heartbeat\"}\n";
  feed.Append(body);
  std::uint64_t before = 0;
  for (int turn = 0; turn < 10; ++turn) {
    StageWhatIsReady(feed);
    EXPECT_GT(feed.report().lines, before);
    EXPECT_LE(feed.report().lines, before + 256);
    before = feed.report().lines;
  }
}

// A feed may go while its blocks are being parsed.
TEST(ParsingCrewOrderTest, AFeedMayBeAbandoned) {
  ParsingCrew crew(Options(16'384), 2, [] {});
  Node node;
  const Body body = RandomBody(7);
  for (int i = 0; i < 50; ++i) {
    Feed feed(node.parser, node.target, node.admission, node.pusher, Origin::kPusher, &crew);
    feed.Append(body.text);
    feed.HandOut(Node::At(Node::kNow));
  }
}

}  // namespace
}  // namespace introspectd::update
