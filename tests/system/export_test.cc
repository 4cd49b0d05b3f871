// GET /v1/tokens on one node and ?to=node on another: the second answers as the first.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conformance/known_world.h"
#include "fmt/format.h"
#include "support/wait_until.h"
#include "system/node.h"
#include "text/ascii.h"

namespace introspectd::system_test {
namespace {

using conformance::KnownToken;
using conformance::KnownTokens;
using support::kInactive;
using testing::IsEmpty;

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(text::TakeUntil(text, '\n'));
  return lines;
}

Response Load(Node& node, std::string_view lines) {
  return node.admin().Post("/v1/tokens?to=node", lines);
}

// A node of the conformance tests' world, before and after its tokens.
Node& Told(Node& node) {
  EXPECT_EQ(node.Push(conformance::Updates()).status, 200);
  return node;
}

TEST(ExportTest, BeginsWithAPositionAndEndsWithACount) {
  Node node(conformance::Configuration());
  const Response response = Told(node).admin().Get("/v1/tokens");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.Header("content-type"),
              testing::Optional(std::string("application/x-ndjson")));
  const std::vector<std::string> lines = LinesOf(response.body);
  ASSERT_GE(lines.size(), KnownTokens().size());
  EXPECT_TRUE(lines.front().starts_with(R"({"op":"position")")) << lines.front();
  EXPECT_TRUE(lines.back().starts_with(R"({"op":"end","lines":)")) << lines.back();
}

TEST(ExportTest, HoldsDigestsAndNoTokens) {
  Node node(conformance::Configuration());
  const Response response = Told(node).admin().Get("/v1/tokens");
  EXPECT_THAT(conformance::Secrets().Find("export", response.body), IsEmpty());
}

TEST(ExportTest, AnotherNodeAnswersAlike) {
  Node first(conformance::Configuration());
  Node second(conformance::Configuration());
  const Response loaded = Load(second, Told(first).admin().Get("/v1/tokens").body);
  EXPECT_EQ(loaded.status, 200) << loaded.body;
  for (const KnownToken& known : KnownTokens()) {
    const std::string expected = known.answer.empty() ? std::string(kInactive) : known.answer;
    EXPECT_EQ(second.Introspect(known.token), expected) << known.name;
  }
}

TEST(ExportTest, AThirdNodeHasTheSameFromTheSecond) {
  Node first(conformance::Configuration());
  Node second(conformance::Configuration());
  Node third(conformance::Configuration());
  Load(second, Told(first).admin().Get("/v1/tokens").body);
  Load(third, second.admin().Get("/v1/tokens").body);
  for (const KnownToken& known : KnownTokens()) {
    EXPECT_EQ(third.Introspect(known.token), second.Introspect(known.token)) << known.name;
  }
}

// What must outlive the way: rules and revocations hit tokens that come later, and an update that
// is older than what was exported changes nothing.
TEST(ExportTest, RevocationsRulesAndSequencesComeAlong) {
  Node first;
  first.Push(support::Revoke("revoked-before-it-came") +
             R"({"op":"revoke","sub":"mallory"})"
             "\n"
             R"({"op":"revoke","iss":"https://server.example.com/","jti":"j"})"
             "\n" +
             Upsert("newest-wins-token", GoodClaims(R"("sub":"new",)")));
  Node second;
  ASSERT_EQ(Load(second, first.admin().Get("/v1/tokens").body).status, 200);
  second.Push(Upsert("revoked-before-it-came", GoodClaims()) +
              Upsert("hit-by-the-rule", support::WithTimes(R"({"sub":"mallory","exp":@+900})")) +
              Upsert("hit-by-the-jti", support::WithTimes(R"({"jti":"j","exp":@+900})")) +
              fmt::format(R"({{"op":"upsert","token":"newest-wins-token","claims":{},)"
                          R"("sequence":{}}})",
                          GoodClaims(R"("sub":"old",)"),
                          (support::StartSeconds() - 100) * 1'000'000));
  EXPECT_EQ(second.Introspect("revoked-before-it-came"), kInactive);
  EXPECT_EQ(second.Introspect("hit-by-the-rule"), kInactive);
  EXPECT_EQ(second.Introspect("hit-by-the-jti"), kInactive);
  EXPECT_EQ(second.Introspect("newest-wins-token"), GoodAnswer(R"("sub":"new",)"));
}

TEST(ExportTest, NewSequencesAreAboveTheImportedOnes) {
  Node first;
  const std::int64_t ahead = (support::StartSeconds() + 250) * 1'000'000;
  first.Push(fmt::format(R"({{"op":"upsert","token":"from-the-future","claims":{},"sequence":{}}})",
                         GoodClaims(), ahead));
  Node second;
  ASSERT_EQ(Load(second, first.admin().Get("/v1/tokens").body).status, 200);
  EXPECT_GT(second.Push(Upsert("from-the-present", GoodClaims())).sequence, ahead);
}

TEST(ExportTest, AnExportThatIsCutOffIsNone) {
  Node first;
  first.Push(Upsert("a-token-to-carry", GoodClaims()));
  const std::string whole = first.admin().Get("/v1/tokens").body;
  const std::string cut = whole.substr(0, whole.rfind(R"({"op":"end")"));
  Node second;
  EXPECT_EQ(Load(second, cut).status, 422);
  EXPECT_EQ(Load(second, "").status, 422);
  EXPECT_EQ(Load(second, whole).status, 200);
}

TEST(ExportTest, APushIsNotAnImport) {
  Node first;
  first.Push(Upsert("a-token-to-carry", GoodClaims()));
  Node second;
  const PushResult result = second.Push(first.admin().Get("/v1/tokens").body);
  EXPECT_EQ(result.status, 422);  // position and end are no updates
  EXPECT_GE(result.rejected, 2);
}

TEST(ExportTest, AnExportOfNothingIsTwoLines) {
  Node first;
  const std::string body = first.admin().Get("/v1/tokens").body;
  EXPECT_EQ(LinesOf(body).size(), 2u) << body;
  Node second;
  EXPECT_EQ(Load(second, body).status, 200);
}

TEST(ExportTest, ExportsFiftyThousandTokensWhileTheyChange) {
  Node first;
  std::string lines;
  for (int i = 0; i < 50'000; ++i) {
    lines += Upsert(fmt::format("one-of-fifty-thousand-{}", i), GoodClaims());
  }
  ASSERT_EQ(first.Push(lines).applied, 50'000);
  Connection slow = first.admin().Connect();
  slow.Send(first.admin().Head("GET", "/v1/tokens", ""));
  ASSERT_EQ(first.Push(support::Revoke("one-of-fifty-thousand-0")).applied, 1);
  const std::string body = slow.Read({.chunks = true}).body;
  Node second;
  const Response loaded = Load(second, body);
  ASSERT_EQ(loaded.status, 200) << loaded.body.substr(0, 1000) << body.substr(body.size() - 300);
  for (int i = 1; i < 50'000; i += 4999) {
    EXPECT_TRUE(second.IsActive(fmt::format("one-of-fifty-thousand-{}", i)));
  }
}

}  // namespace
}  // namespace introspectd::system_test
