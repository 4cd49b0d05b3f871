// introspect-cli export, and warm from an export or another node, as processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/fake_node.h"
#include "cli/program.h"
#include "support/temp_dir.h"

namespace introspectd::cli {
namespace {

using fetch::HttpDouble;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kExport[] =
    "{\"op\":\"position\",\"sequence\":9}\n"
    "{\"op\":\"upsert\",\"token_sha256\":\"ungWv48Bz-pBQUDeXa4iIw\",\"sequence\":3}\n"
    "{\"op\":\"revoke\",\"token_sha256\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"sequence\":4}\n"
    "{\"op\":\"end\",\"lines\":2}\n";

class ExportTest : public ::testing::Test {
 protected:
  ExportTest() { source_.SetExport({.body = kExport}); }

  std::vector<std::string> WarmFrom() const {
    return {"warm", "--from", source_.url(), "--from-token", kAdminToken, "--retry-for", "1"};
  }

  const support::TempDir directory_;
  const std::string file_ = (directory_.path() / "export.ndjson").string();
  FakeNode source_;
  FakeNode node_;
};

TEST_F(ExportTest, WritesAFileOrStandardOutput) {
  const Ran to_file = Ask(source_, {"export", "-o", file_});
  EXPECT_EQ(to_file.code, 0) << to_file.err;
  EXPECT_EQ(to_file.out, file_ + ": 2 lines\n");
  EXPECT_EQ(support::ReadFile(file_), kExport);
  EXPECT_FALSE(std::filesystem::exists(file_ + ".part"));
  EXPECT_EQ(Ask(source_, {"export"}).out, kExport);
}

TEST_F(ExportTest, AnIncompleteExportLeavesNothingThatLooksComplete) {
  const std::string body = kExport;
  std::vector<HttpDouble::Response> answers = {
      {.body = body, .cut_after = body.size() - 30},
      {.body = body, .cut_after = body.size()},  // all of it, but the connection breaks
      {.body = body.substr(0, body.size() - 1)},
      {.body = body.substr(body.find('\n') + 1)},
      {.body = "{\"op\":\"position\",\"sequence\":9}\n{\"op\":\"end\",\"lines\":2}\n"},
      {.body = ""},
      {.status = 403, .body = "{}"}};
  for (const HttpDouble::Response& answer : answers) {
    FakeNode source;
    source.SetExport(answer);
    const Ran to_file = Ask(source, {"export", "-o", file_});
    EXPECT_EQ(to_file.code, 1);
    EXPECT_THAT(to_file.err, HasSubstr("the export is incomplete"));
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));

    const Ran to_output = Ask(source, {"export"});
    EXPECT_EQ(to_output.code, 1);
    EXPECT_THAT(to_output.out, Not(HasSubstr("\"op\":\"end\"")));
  }
}

TEST_F(ExportTest, AnOlderExportStaysWhenANewOneFails) {
  directory_.Write("export.ndjson", "older");
  source_.SetExport({.body = kExport, .cut_after = 50});
  EXPECT_EQ(Ask(source_, {"export", "-o", file_}).code, 1);
  EXPECT_EQ(support::ReadFile(file_), "older");
}

TEST_F(ExportTest, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(Ask(source_, {"export", "-o", "/no/such/directory/file"}).code, 1);
  const Ran full = RunCli({"export", "--url", source_.url(), "--token", kAdminToken},
                          {.output_file = "/dev/full"});
  EXPECT_EQ(full.code, 1);
}

TEST_F(ExportTest, WarmFromAnotherNodeLoadsItsExport) {
  std::vector<std::string> arguments = WarmFrom();
  arguments.push_back("--complete");
  const Ran ran = Ask(node_, arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(node_.seen().bytes, std::string(kExport) + "{\"op\":\"complete\"}\n");
  EXPECT_THAT(node_.seen().targets, ElementsAre("POST /v1/tokens?to=node", "POST /v1/tokens"));
  EXPECT_THAT(source_.seen().targets, ElementsAre("GET /v1/tokens"));
  EXPECT_EQ(ran.out, "4 lines: 4 applied, 0 expired, 0 refused\n");
}

TEST_F(ExportTest, WarmLoadsAFileThatIsAnExport) {
  const std::string file = directory_.Write("whole", kExport).string();
  EXPECT_EQ(Ask(node_, {"warm", file}).code, 0);
  EXPECT_EQ(Ask(node_, {"warm", "-"}, {.input = kExport}).code, 0);
  EXPECT_EQ(node_.seen().bytes, std::string(kExport) + kExport);
  EXPECT_THAT(node_.seen().targets,
              ElementsAre("POST /v1/tokens?to=node", "POST /v1/tokens?to=node"));
  EXPECT_EQ(Ask(node_, {"warm", file, "--replace"}).code, 2);
  EXPECT_EQ(Ask(node_, {"warm", file, "--skip", "1"}).code, 2);
}

TEST_F(ExportTest, WarmBreaksOffAnExportThatIsNotWhole) {
  const std::string body = kExport;
  const std::string cut = directory_.Write("cut", body.substr(0, body.size() - 30)).string();
  const Ran from_file = Ask(node_, {"warm", cut, "--complete"});
  EXPECT_EQ(from_file.code, 1);
  EXPECT_THAT(from_file.err, HasSubstr("the export is incomplete"));

  source_.SetExport({.body = body, .cut_after = body.size()});
  std::vector<std::string> arguments = WarmFrom();
  arguments.push_back("--complete");
  EXPECT_EQ(Ask(node_, arguments).code, 1);
  EXPECT_THAT(node_.seen().lines, ::testing::IsEmpty()) << "no body was ended";
  EXPECT_THAT(node_.seen().bytes,
              AllOf(Not(HasSubstr("\"op\":\"end\"")), Not(HasSubstr("complete"))));
}

TEST_F(ExportTest, WarmFromRepeatsWhenANodeCannotYet) {
  node_.SetOnPush([](int push) {
    return push == 1 ? std::optional(HttpDouble::Response{.status = 503}) : std::nullopt;
  });
  const Ran ran = Ask(node_, WarmFrom());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(source_.seen().targets.size(), 2u);

  FakeNode refusing;
  refusing.SetOnPush([](int) { return HttpDouble::Response{.status = 403}; });
  EXPECT_EQ(Ask(refusing, WarmFrom()).code, 1);
  EXPECT_EQ(refusing.seen().pushes, 1);
}

TEST_F(ExportTest, WarmFromDoesNotShowThisNodesTokenToTheOther) {
  const Ran ran = Ask(node_, {"warm", "--from", source_.url()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(source_.url() + ": answered 401"));
}

}  // namespace
}  // namespace introspectd::cli
