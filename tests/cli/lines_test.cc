// Lines, what stands in them, and what a file of them says is alive.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "file_tokens.h"
#include "line_splitter.h"
#include "update_line.h"

namespace introspectd::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> SplitInPieces(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> lines;
  LineSplitter splitter;
  const auto take = [&lines](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    EXPECT_TRUE(splitter.Feed(bytes.substr(0, piece), take));
  }
  EXPECT_TRUE(splitter.Finish(take));
  return lines;
}

TEST(LineSplitterTest, GivesTheSameLinesWhateverThePieces) {
  constexpr std::string_view kBytes = "a\n\nbcd\r\nlast without an end";
  for (std::size_t piece = 1; piece <= kBytes.size(); ++piece) {
    EXPECT_THAT(SplitInPieces(kBytes, piece), ElementsAre("a", "", "bcd\r", "last without an end"));
  }
  EXPECT_THAT(SplitInPieces("a\n", 1), ElementsAre("a"));
  EXPECT_THAT(SplitInPieces("", 1), IsEmpty());
}

TEST(LineSplitterTest, CutsALineThatNoServerTakes) {
  const std::string bytes = std::string(3 * LineSplitter::kLineBytesMax, 'x') + "\nnext\n";
  for (const std::size_t piece : {std::size_t{65'536}, bytes.size()}) {
    const std::vector<std::string> lines = SplitInPieces(bytes, piece);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].size(), LineSplitter::kLineBytesMax);
    EXPECT_EQ(lines[1], "next");
  }
}

TEST(LineSplitterTest, StopsWhenTold) {
  LineSplitter splitter;
  int taken = 0;
  EXPECT_FALSE(splitter.Feed("a\nb\nc\n", [&taken](std::string_view) { return ++taken < 2; }));
  EXPECT_EQ(taken, 2);
}

TEST(UpdateLineTest, ReadsWhatItNeeds) {
  UpdateLineReader reader;
  const auto update = reader.Read(
      R"({"op":"upsert","token":"abc","claims":{"iss":"https://i/","exp":5},"sequence":7})");
  ASSERT_TRUE(update);
  EXPECT_EQ(update->op, "upsert");
  EXPECT_EQ(update->sequence, 7);
  EXPECT_EQ(update->issuer, "https://i/");
  EXPECT_EQ(update->digest, TokenDigest::Of("abc"));

  const auto revoke = reader.Read(R"({"op":"revoke","sub":"s"})");
  ASSERT_TRUE(revoke);
  EXPECT_FALSE(revoke->has_sequence);
  EXPECT_FALSE(revoke->digest);
  EXPECT_EQ(revoke->issuer, "");

  const auto wrong = reader.Read(R"({"op":"upsert","sequence":"soon","token_sha256":"short"})");
  ASSERT_TRUE(wrong);
  EXPECT_TRUE(wrong->has_sequence);
  EXPECT_FALSE(wrong->sequence);
  EXPECT_FALSE(wrong->digest);

  for (const char* const line : {"", "{", "[]", "{}", R"({"op":1})", R"({"op":"a","op":"a"})"}) {
    EXPECT_FALSE(reader.Read(line)) << line;
  }
}

TEST(UpdateLineTest, BothFormsOfADigestAreOneToken) {
  // SHA-256("abc").
  const TokenDigest abc = TokenDigest::Of("abc");
  EXPECT_EQ(TokenDigest::Parse("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"), abc);
  EXPECT_EQ(DigestText(abc), "ungWv48Bz-pBQUDeXa4iIw");
  EXPECT_EQ(TokenDigest::Parse(DigestText(abc)), abc);
  EXPECT_FALSE(TokenDigest::Parse("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0="));
  EXPECT_FALSE(TokenDigest::Parse("ungWv48Bz+pBQUDeXa4iIw"));
  EXPECT_FALSE(TokenDigest::Parse(""));
}

TEST(UpdateLineTest, TheSequenceBecomesTheLastMember) {
  std::string out;
  AppendWithSequence(R"({"op":"revoke","token":"}"} )", 42, out);
  EXPECT_EQ(out, R"({"op":"revoke","token":"}","sequence":42} )");
}

FileTokens TokensOf(const std::vector<std::string>& lines) {
  FileTokens tokens;
  UpdateLineReader reader;
  for (const std::string& line : lines) tokens.Note(line, reader.Read(line));
  return tokens;
}

TEST(FileTokensTest, KnowsTheTokensAndTheirIssuer) {
  const FileTokens tokens =
      TokensOf({R"({"op":"upsert","token":"a","claims":{"iss":"https://i/"}})", "",
                R"({"op":"revoke","token":"b"})", R"({"op":"heartbeat"})"});
  EXPECT_TRUE(tokens.Contains(TokenDigest::Of("a")));
  EXPECT_FALSE(tokens.Contains(TokenDigest::Of("b")));
  EXPECT_EQ(*tokens.IssuerToReplace(""), "https://i/");
  EXPECT_EQ(*tokens.IssuerToReplace("https://other/"), "https://other/");
}

TEST(FileTokensTest, RevokesNothingOnAGuess) {
  const std::string one = R"({"op":"upsert","token":"a","claims":{"iss":"https://i/"}})";
  const std::string other = R"({"op":"upsert","token":"b","claims":{"iss":"https://j/"}})";
  EXPECT_FALSE(TokensOf({}).IssuerToReplace("https://i/").ok());
  EXPECT_FALSE(TokensOf({one, other}).IssuerToReplace("").ok());
  EXPECT_TRUE(TokensOf({one, other}).IssuerToReplace("https://i/").ok());
  EXPECT_FALSE(TokensOf({one, "{broken"}).IssuerToReplace("https://i/").ok());
  EXPECT_FALSE(TokensOf({one, R"({"op":"upsert"})"}).IssuerToReplace("https://i/").ok());
}

}  // namespace
}  // namespace introspectd::cli
