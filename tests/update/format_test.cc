#include "update/format.h"

#include <gtest/gtest.h>

#include <string>

#include "token/rules.h"
#include "update/export_lines.h"
#include "update/node.h"
#include "update/random_updates.h"

namespace introspectd::update {
namespace {

std::string OneLine(Node& node, UnixSeconds now = Node::kNow) {
  const auto lines = ExportLines(node.writer, now);
  EXPECT_EQ(lines.size(), 1u);
  return lines.empty() ? "" : lines[0];
}

TEST(FormatTest, WritesTheFirstAndTheLastLine) {
  std::string out = "before\n";
  AppendPosition(1'700'000'000'000'000, "https://i/", "", out);
  AppendEnd(3, out);
  EXPECT_EQ(
      out,
      "before\n{\"op\":\"position\",\"issuer\":\"https://i/\",\"sequence\":1700000000000000}\n"
      "{\"op\":\"end\",\"lines\":3}\n");
}

TEST(FormatTest, WritesLiveTokens) {
  Node node;
  node.Take(
      R"({"op":"upsert","token":"abc","sequence":7,"claims":{"sub":"\u0041","exp":1700000100}})");
  EXPECT_EQ(OneLine(node), R"({"op":"upsert","token_sha256":"ungWv48Bz-pBQUDeXa4iIw",)"
                           R"("claims":{"sub":"\u0041","exp":1700000100,"token_type":"Bearer",)"
                           R"("extended_claims":{}},"sequence":7,"end":1700000100})"
                           "\n");
}

TEST(FormatTest, WritesNoMoreThanAMarkerOfWhatIsOver) {
  Node node;
  node.Take(R"({"op":"upsert","token":"abc","sequence":6,"claims":{"exp":1700000900}})");
  node.Take(R"({"op":"upsert","token":"abc","sequence":7,"claims":{"sub":"s","exp":1700000100}})");
  const std::string live = OneLine(node, Node::kNow + 99);
  EXPECT_NE(live.find(R"("sub":"s")"), std::string::npos) << live;
  const std::string over = OneLine(node, Node::kNow + 100);
  EXPECT_EQ(
      over.substr(0, over.find("\"claims_sha256\"")),
      R"({"op":"upsert","token_sha256":"ungWv48Bz-pBQUDeXa4iIw","claims":{"exp":1700000100},)");
  EXPECT_TRUE(over.ends_with("\"sequence\":7,\"end\":1700000900}\n")) << over;
}

TEST(FormatTest, WritesRevocations) {
  Node node;
  node.Take(R"({"op":"revoke","token":"abc","sequence":7})");
  EXPECT_EQ(OneLine(node), R"({"op":"revoke","token_sha256":"ungWv48Bz-pBQUDeXa4iIw","sequence":7,)"
                           R"("known":false,"end":1700001300})"
                           "\n");
  node.Take(R"({"op":"upsert","token":"abc","sequence":9,"claims":{"exp":1700000100}})");
  EXPECT_EQ(OneLine(node), R"({"op":"revoke","token_sha256":"ungWv48Bz-pBQUDeXa4iIw","sequence":7,)"
                           R"("known":true,"end":1700000100})"
                           "\n");
}

TEST(FormatTest, WritesRulesAndJtis) {
  Node node;
  node.Take(R"({"op":"revoke","sub":"\"s\"\n","sid":"","issued_before":5,"sequence":7})");
  EXPECT_EQ(OneLine(node),
            R"({"op":"revoke","sub":"\"s\"\n","sid":"","issued_before":5,"sequence":7,)"
            R"("end":1700001300})"
            "\n");
  Node other;
  other.Take(R"({"op":"revoke","iss":"i","jti":"j","sequence":8})");
  EXPECT_EQ(OneLine(other), R"({"op":"revoke","iss":"i","jti":"j","sequence":8,"end":1700001300})"
                            "\n");
}

TEST(FormatTest, LeavesOutWhatIsOver) {
  Node node;
  node.Take(R"({"op":"upsert","token":"a","claims":{"exp":1700000100}})"
            "\n"
            R"({"op":"revoke","token":"b"})"
            "\n"
            R"({"op":"revoke","sub":"s"})"
            "\n"
            R"({"op":"revoke","iss":"i","jti":"j"})");
  EXPECT_EQ(ExportLines(node.writer, Node::kNow + 99).size(), 4u);
  EXPECT_EQ(ExportLines(node.writer, Node::kNow + 100).size(), 3u);
  EXPECT_EQ(ExportLines(node.writer, Node::kNow + 1299).size(), 3u);
  EXPECT_EQ(ExportLines(node.writer, Node::kNow + 1300).size(), 0u);
}

TEST(FormatTest, AnotherNodeIsTheSameAfterLoadingAnExport) {
  for (std::uint64_t seed = 0; seed < 500 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Node node;
    for (const std::string& line : RandomUpdates(seed).Lines(30)) node.Take(line);
    const UnixSeconds now = Node::kNow + static_cast<std::int64_t>(seed % 7) * 200;
    const std::string body = Export(node.writer, now);
    Node copy;
    copy.pusher = {.any_issuer = true};
    const FeedReport report = copy.Take(body, Origin::kNode, now);
    EXPECT_TRUE(report.ended);
    EXPECT_EQ(report.rejected, 0u);
    EXPECT_EQ(Export(copy.writer, now), body);
    copy.Take(body, Origin::kNode, now);
    EXPECT_EQ(Export(copy.writer, now), body) << "loaded twice";
    for (const UnixSeconds at : {now, now + 100, now + 700}) {
      for (int i = 0; i < RandomUpdates::kTokens; ++i) {
        const TokenState original = node.StateOf(RandomUpdates::Token(i), at);
        const TokenState loaded = copy.StateOf(RandomUpdates::Token(i), at);
        if (loaded == original) continue;
        // An export leaves out what is over, and with it what is remembered for 300 s more.
        EXPECT_EQ(loaded, TokenState::kUnknown);
        EXPECT_NE(original, TokenState::kActive);
      }
    }
  }
}

// A node that was down loads what the others had, and stays as they are.
TEST(FormatTest, AnExportMayBeLoadedLaterThanItWasMade) {
  for (std::uint64_t seed = 0; seed < 200 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Node node;
    for (const std::string& line : RandomUpdates(seed).Lines(30)) node.Take(line);
    const std::string body = Export(node.writer, Node::kNow);
    const UnixSeconds later = Node::kNow + 50 + static_cast<std::int64_t>(seed);
    Node copy;
    EXPECT_EQ(copy.Take(body, Origin::kNode, later).rejected, 0u);
    for (int i = 0; i < RandomUpdates::kTokens; ++i) {
      const TokenState original = node.StateOf(RandomUpdates::Token(i), later);
      const TokenState loaded = copy.StateOf(RandomUpdates::Token(i), later);
      EXPECT_EQ(loaded == TokenState::kActive, original == TokenState::kActive);
      EXPECT_EQ(loaded == TokenState::kRevoked, original == TokenState::kRevoked);
    }
  }
}

// What was taken once must be loadable, however long it was.
TEST(FormatTest, TheLongestLinesCanBeLoaded) {
  const auto padded = [](std::string line, std::size_t at, std::string_view with) {
    std::string padding;
    while (line.size() + padding.size() + with.size() <= 16'384) padding += with;
    return line.insert(at, padding);
  };
  const std::string claims = R"({"op":"upsert","token":"t","claims":{"exp":1700000100,"aud":""}})";
  const std::string sub = R"({"op":"revoke","sub":""})";
  const std::string jti = R"({"op":"revoke","iss":"i","jti":""})";
  Node node;
  for (const std::string_view with : {"x", "\x7f", R"(\n)", R"(\")", R"(\u0001)", "é"}) {
    std::string body = padded(claims, claims.size() - 3, with) + "\n";
    body += padded(sub, sub.size() - 2, with) + "\n" + padded(jti, jti.size() - 2, with) + "\n";
    const FeedReport report = node.Take(body);
    EXPECT_EQ(report.rejected, 0u) << with;
  }
  Node copy;
  const FeedReport report = copy.Take(Export(node.writer, Node::kNow), Origin::kNode);
  EXPECT_EQ(report.rejected, 0u);
  EXPECT_TRUE(report.ended);
  EXPECT_EQ(Export(copy.writer, Node::kNow), Export(node.writer, Node::kNow));
}

}  // namespace
}  // namespace introspectd::update
