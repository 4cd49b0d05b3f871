#include "update/feed.h"

#include <gtest/gtest.h>

#include <string>

#include "population/random.h"
#include "update/export_lines.h"
#include "update/node.h"

namespace introspectd::update {
namespace {

constexpr const char* kUpsert = R"({"op":"upsert","token":"t","claims":{"exp":1700000100}})";
constexpr const char* kRevoke = R"({"op":"revoke","token":"r"})";
constexpr const char* kTooLong = "the line is longer than its limit";

std::string Joined(const FeedReport& report) {
  std::string text = "lines " + std::to_string(report.lines) + " applied " +
                     std::to_string(report.applied) + " expired " + std::to_string(report.expired) +
                     " rejected " + std::to_string(report.rejected);
  for (const auto& [line, reason] : report.errors) {
    text += "\n" + std::to_string(line) + ": " + reason;
  }
  return text;
}

TEST(FeedTest, AppliesLinesInOrderAndReports) {
  Node node;
  const FeedReport report = node.Take(std::string(kUpsert) + "\n" + kRevoke +
                                      "\nnot json\n"
                                      R"({"op":"upsert","token":"u","claims":{"exp":5}})"
                                      "\n"
                                      R"({"op":"upsert","token":"v","claims":{}})"
                                      "\n");
  EXPECT_EQ(Joined(report),
            "lines 5 applied 2 expired 1 rejected 2\n"
            "3: not one JSON object in UTF-8\n"
            "5: claims.exp is missing");
  EXPECT_EQ(node.StateOf("t"), TokenState::kActive);
  EXPECT_EQ(node.StateOf("r"), TokenState::kRevoked);
  EXPECT_EQ(report.sequence, node.writer.sequence());
}

TEST(FeedTest, TheHighestSequenceOfItsLinesIsReported) {
  Node node;
  node.Take(R"({"op":"revoke","token":"a","sequence":900})");
  EXPECT_EQ(node.Take(R"({"op":"revoke","token":"b","sequence":5})"
                      "\n"
                      R"({"op":"revoke","token":"c","sequence":3})")
                .sequence,
            5u);
  EXPECT_EQ(node.Take(R"({"op":"heartbeat"})").sequence, 0u);
}

TEST(FeedTest, OfLinesWithoutSequenceTheLaterWins) {
  Node node;
  node.Take(R"({"op":"upsert","token":"t","claims":{"exp":1700000100,"sub":"z"}})"
            "\n"
            R"({"op":"upsert","token":"t","claims":{"exp":1700000100,"sub":"a"}})"
            "\n"
            R"({"op":"upsert","token":"t","claims":{"exp":1700000100,"sub":"m"}})");
  EXPECT_NE(node.AnswerOf("t").find(R"("sub":"m")"), std::string::npos);
}

TEST(FeedTest, LineEndsMayBeAnySortAndTheLastMayBeMissing) {
  Node node;
  const std::string lines[] = {std::string(kUpsert) + "\r\n\r\n" + kRevoke + "\r\n",
                               std::string(kUpsert) + "\n\n" + kRevoke + "\n",
                               std::string(kUpsert) + "\n \t \n" + kRevoke};
  for (const std::string& body : lines) {
    EXPECT_EQ(Joined(node.Take(body)), "lines 3 applied 2 expired 0 rejected 0") << body;
  }
  EXPECT_EQ(Joined(node.Take("")), "lines 0 applied 0 expired 0 rejected 0");
  EXPECT_EQ(Joined(node.Take("\n\n\n")), "lines 3 applied 0 expired 0 rejected 0");
  EXPECT_EQ(Joined(node.Take(" ")), "lines 1 applied 0 expired 0 rejected 0");
}

TEST(FeedTest, TheLimitOfALineDoesNotCountItsEnd) {
  constexpr std::size_t kMax = 64;
  Node node(kMax);
  std::string fits = R"({"op":"revoke","token":""})";
  fits.insert(fits.size() - 2, std::string(kMax - fits.size(), 'x'));
  for (const char* end : {"", "\n", "\r\n"}) {
    EXPECT_EQ(Joined(node.Take(fits + end)), "lines 1 applied 1 expired 0 rejected 0");
    EXPECT_EQ(Joined(node.Take(fits + " " + end)),
              "lines 1 applied 0 expired 0 rejected 1\n1: " + std::string(kTooLong));
  }
  EXPECT_EQ(Joined(node.Take(std::string(kMax, ' ') + "\n")),
            "lines 1 applied 0 expired 0 rejected 0");
  EXPECT_EQ(Joined(node.Take(std::string(kMax + 1, ' ') + "\n")),
            "lines 1 applied 0 expired 0 rejected 1\n1: " + std::string(kTooLong));
}

// Bodies whose lines are near the limit of 64 bytes in every way.
std::vector<std::string> AwkwardBodies() {
  const std::string ok = R"({"op":"revoke","token":"t"})";
  std::string max = R"({"op":"revoke","token":""})";
  max.insert(max.size() - 2, std::string(64 - max.size(), 'x'));
  const std::string blank(200, ' ');
  return {
      ok + "\n" + ok,
      ok + "\r\n\r\n\n" + ok + "\r\n",
      max + "\n" + max + "\r\n" + max,
      max + " \n" + ok + "\n",
      max + "\r\r\n" + ok + "\n",
      blank + "\n" + ok + "\n",
      blank + ok + "\n" + ok + "\n",
      std::string(64, ' ') + ok + "\n",
      std::string(65, ' ') + "\r\n" + ok,
      max + max + max + "\n\n" + ok + "\nx\n" + blank,
      ok + "\n" + max + max,
      "\r\n\r\r\n" + ok,
  };
}

TEST(FeedTest, WhereABodyIsCutMakesNoDifference) {
  Node node(64);
  for (const std::string& body : AwkwardBodies()) {
    const std::string expected = Joined(node.Take(body));
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      EXPECT_EQ(Joined(node.Take(body, Origin::kPusher, Node::kNow, piece)), expected)
          << body << "\nin pieces of " << piece;
    }
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      Feed feed = node.NewFeed();
      feed.Append(std::string_view(body).substr(0, cut));
      while (cut % 2 == 0 && feed.StageLine(Node::At(Node::kNow))) {
      }
      feed.Append(std::string_view(body).substr(cut));
      feed.Finish();
      while (feed.StageLine(Node::At(Node::kNow))) {
      }
      EXPECT_EQ(Joined(feed.report()), expected) << body << "\ncut at " << cut;
    }
  }
}

TEST(FeedTest, RandomCutsMakeNoDifference) {
  Node node(64);
  const auto awkward = AwkwardBodies();
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    population::Random random(seed, 0, 0);
    std::string body;
    for (int i = 0; i < 5; ++i) body += awkward[random.Below(awkward.size())];
    Feed feed = node.NewFeed();
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t size = std::min(body.size() - at, std::size_t{random.Below(150)});
      feed.Append(std::string_view(body).substr(at, size));
      at += size;
      while (random.Chance(60) && feed.StageLine(Node::At(Node::kNow))) {
      }
    }
    feed.Finish();
    while (feed.StageLine(Node::At(Node::kNow))) {
    }
    EXPECT_EQ(Joined(feed.report()), Joined(node.Take(body))) << "seed " << seed;
  }
}

TEST(FeedTest, KeepsTheFirstHundredErrors) {
  Node node;
  std::string body;
  for (int i = 0; i < 250; ++i) body += "x\n";
  const FeedReport report = node.Take(body);
  EXPECT_EQ(report.rejected, 250u);
  ASSERT_EQ(report.errors.size(), 100u);
  EXPECT_EQ(report.errors.back().line, 100u);
}

TEST(FeedTest, AnEndlessLineIsRefusedOnceAndNotKept) {
  Node node;
  Feed feed = node.NewFeed();
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 160; ++i) {
    feed.Append(piece);
    while (feed.StageLine(Node::At(Node::kNow))) {
    }
    EXPECT_LE(feed.backlog(), 16'384u + 1);
  }
  feed.Append(std::string("\n") + kRevoke);
  feed.Finish();
  while (feed.StageLine(Node::At(Node::kNow))) {
  }
  EXPECT_EQ(Joined(feed.report()),
            "lines 2 applied 1 expired 0 rejected 1\n1: " + std::string(kTooLong));
}

TEST(FeedTest, SaysWhenALineWaits) {
  Node node;
  Feed feed = node.NewFeed();
  EXPECT_FALSE(feed.ready());
  feed.Append(R"({"op":"heart)");
  EXPECT_FALSE(feed.ready());
  EXPECT_FALSE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_EQ(feed.backlog(), 12u);
  feed.Append("beat\"}\n");
  EXPECT_TRUE(feed.ready());
  EXPECT_TRUE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_FALSE(feed.ready());
  EXPECT_EQ(feed.backlog(), 0u);
  feed.Append(R"({"op":"complete"})");
  EXPECT_FALSE(feed.ready());
  EXPECT_FALSE(feed.done());
  feed.Finish();
  EXPECT_TRUE(feed.ready());
  EXPECT_FALSE(feed.done());
  EXPECT_TRUE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_FALSE(feed.ready());
  EXPECT_TRUE(feed.done());
  EXPECT_TRUE(feed.report().heartbeat);
  EXPECT_TRUE(feed.report().complete);
}

// Whoever holds back more bytes until the backlog is gone would wait for ever otherwise.
TEST(FeedTest, BlankLinesAndWhatIsPassedOverAreTakenToo) {
  Node node;
  Feed feed = node.NewFeed();
  feed.Append("\n\n");
  EXPECT_TRUE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_EQ(feed.backlog(), 0u);
  EXPECT_FALSE(feed.StageLine(Node::At(Node::kNow)));
  feed.Append(std::string(20'000, 'x'));
  EXPECT_TRUE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_EQ(feed.backlog(), 0u);
  feed.Append(std::string(20'000, 'x'));
  EXPECT_TRUE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_EQ(feed.backlog(), 0u);
  EXPECT_FALSE(feed.StageLine(Node::At(Node::kNow)));
  EXPECT_EQ(feed.report().rejected, 1u);
}

TEST(FeedTest, AnExportEndsWithTheCountOfItsLines) {
  Node node;
  const std::string line =
      R"({"op":"revoke","token":"t","sequence":5,"known":true,"end":1800000000})"
      "\n";
  const std::string position = "{\"op\":\"position\",\"sequence\":77}\n";
  EXPECT_TRUE(node.Take(position + line + line + R"({"op":"end","lines":2})", Origin::kNode).ended);
  EXPECT_EQ(node.writer.sequence(), 77u);
  EXPECT_FALSE(node.Take(position + line, Origin::kNode).ended);
  const FeedReport cut = node.Take(position + line + R"({"op":"end","lines":2})", Origin::kNode);
  EXPECT_FALSE(cut.ended);
  EXPECT_EQ(Joined(cut),
            "lines 3 applied 2 expired 0 rejected 1\n"
            "3: the count of an export's last line is not that of its lines");
  EXPECT_TRUE(node.Take("\n" + position + "\n" + line +
                            "\nx\n"
                            R"({"op":"end","lines":2})",
                        Origin::kNode)
                  .ended)
      << "blank lines do not count, refused ones do";
  const FeedReport longer =
      node.Take(position + R"({"op":"end","lines":0})" + "\n" + line + line, Origin::kNode);
  EXPECT_FALSE(longer.ended);
  EXPECT_EQ(longer.rejected, 2u) << "nothing may follow the end";
}

// Somebody may have written a line into an export.
TEST(FeedTest, ALineWithoutSequenceIsAboveThePositionWhereverTheBodyIsCut) {
  const std::string body =
      "{\"op\":\"position\",\"sequence\":1800000000000000}\n"
      R"({"op":"revoke","token":"t"})";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    Node node;
    Feed feed = node.NewFeed(Origin::kNode);
    feed.Append(std::string_view(body).substr(0, cut));
    while (feed.StageLine(Node::At(Node::kNow))) {
    }
    feed.Append(std::string_view(body).substr(cut));
    feed.Finish();
    while (feed.StageLine(Node::At(Node::kNow))) {
    }
    EXPECT_EQ(feed.report().sequence, 1'800'000'000'000'001u) << "cut at " << cut;
  }
}

TEST(FeedTest, APusherCannotSpeakAsANode) {
  Node node;
  EXPECT_EQ(
      node.Take("{\"op\":\"position\",\"sequence\":77}\n{\"op\":\"end\",\"lines\":0}").rejected,
      2u);
  EXPECT_EQ(node.writer.sequence(), 0u);
}

}  // namespace
}  // namespace introspectd::update
