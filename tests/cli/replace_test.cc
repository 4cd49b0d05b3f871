// introspect-cli warm --replace, as a process: what a replica holds and the file does not.

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/fake_node.h"
#include "support/temp_dir.h"
#include "update_line.h"

namespace introspectd::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Exported(const std::string& token, std::int64_t sequence, const std::string& issuer) {
  return fmt::format(
      R"({{"op":"upsert","token_sha256":"{}","claims":{{"iss":"{}","exp":9}},"sequence":{}}})"
      "\n",
      DigestText(TokenDigest::Of(token)), issuer, sequence);
}

std::string ExportOf(const std::vector<std::string>& lines) {
  std::string text = "{\"op\":\"position\",\"issuer\":\"https://i/\",\"sequence\":1}\n";
  for (const std::string& line : lines) text += line;
  return text + fmt::format("{{\"op\":\"end\",\"lines\":{}}}\n", lines.size());
}

std::string FileLine(const std::string& token, const std::string& issuer) {
  return fmt::format(R"({{"op":"upsert","token":"{}","claims":{{"iss":"{}","exp":9}}}})"
                     "\n",
                     token, issuer);
}

class ReplaceTest : public ::testing::Test {
 protected:
  std::string File(std::string_view text) {
    return directory_.Write("tokens.ndjson", text).string();
  }

  const support::TempDir directory_;
};

TEST_F(ReplaceTest, RevokesWhatIsOlderAndNotInTheFile) {
  FakeNode node;
  node.SetExport(
      {.body =
           ExportOf({Exported("kept", 999, "https://i/"), Exported("gone", 999, "https://i/"),
                     Exported("newer", 1'001, "https://i/"), Exported("foreign", 999, "https://j/"),
                     "{\"op\":\"revoke\",\"sub\":\"s\",\"sequence\":3}\n"})});
  const std::string file = File(FileLine("kept", "https://i/"));
  const Ran ran = Ask(node, {"warm", file, "--replace", "--complete", "--sequence-start", "1000"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(node.seen().state.revoked, ElementsAre(DigestText(TokenDigest::Of("gone"))));
  EXPECT_THAT(ran.out, HasSubstr("not in the file and revoked: 1 of https://i/\n"));
  EXPECT_EQ(node.seen().lines.back(), R"({"op":"complete"})");
}

// One that names no issuer is one of the node's own.
TEST_F(ReplaceTest, KnowsWhoseTokensAreThatNameNone) {
  const std::string nameless =
      fmt::format(R"({{"op":"upsert","token_sha256":"{}","claims":{{"exp":9}},"sequence":5}})"
                  "\n",
                  DigestText(TokenDigest::Of("nameless")));
  for (const auto& [issuer, revoked] : {std::pair("https://i/", 1u), std::pair("https://j/", 0u)}) {
    FakeNode node;
    node.SetExport({.body = ExportOf({nameless})});
    const std::string file = File(FileLine("a", issuer));
    EXPECT_EQ(Ask(node, {"warm", file, "--replace", "--sequence-start", "1000"}).code, 0);
    EXPECT_EQ(node.seen().state.revoked.size(), revoked) << issuer;
  }
}

TEST_F(ReplaceTest, AlsoKnowsTheSkippedLines) {
  FakeNode node;
  node.SetExport({.body = ExportOf({Exported("first", 900, "https://i/"),
                                    Exported("gone", 900, "https://i/")})});
  const std::string file = File(FileLine("first", "https://i/") + FileLine("next", "https://i/"));
  EXPECT_EQ(Ask(node, {"warm", file, "--replace", "--skip", "1", "--sequence-start", "1000"}).code,
            0);
  EXPECT_THAT(node.seen().state.revoked, ElementsAre(DigestText(TokenDigest::Of("gone"))));
}

TEST_F(ReplaceTest, RevokesNothingOnAGuess) {
  for (const std::string& text : {std::string(), FileLine("a", "https://i/") + "{broken\n",
                                  FileLine("a", "https://i/") + FileLine("b", "https://j/")}) {
    FakeNode node;
    node.SetExport({.body = ExportOf({Exported("gone", 1, "https://i/")})});
    const Ran ran = Ask(node, {"warm", File(text), "--replace"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("nothing is replaced"));
    EXPECT_TRUE(node.seen().state.revoked.empty());
  }
}

TEST_F(ReplaceTest, FailsWhenTheExportIsCut) {
  FakeNode node;
  const std::string body = ExportOf({Exported("gone", 1, "https://i/")});
  node.SetExport({.body = body, .cut_after = body.size() - 10});
  const Ran ran = Ask(node, {"warm", File(FileLine("a", "https://i/")), "--replace", "--complete",
                             "--retry-for", "0"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(node.seen().bytes, Not(HasSubstr("complete")));
}

}  // namespace
}  // namespace introspectd::cli
