// introspect-cli push, revoke and status, as processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/fake_node.h"
#include "cli/program.h"
#include "support/temp_dir.h"

namespace introspectd::cli {
namespace {

using fetch::HttpDouble;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The first 16 bytes of SHA-256("abc"), in base64url.
constexpr char kAbcDigest[] = "ungWv48Bz-pBQUDeXa4iIw";

TEST(PushTest, PushesItsArguments) {
  FakeNode node;
  const Ran ran = Ask(node, {"push", R"({"op":"heartbeat"})", R"({"op":"complete"})"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "2 lines: 2 applied, 0 expired, 0 refused; sequence 77\n");
  EXPECT_THAT(node.seen().lines, ElementsAre(R"({"op":"heartbeat"})", R"({"op":"complete"})"));
  EXPECT_EQ(node.seen().pushes, 1);
}

TEST(PushTest, PushesStandardInputInOneRequest) {
  FakeNode node;
  std::string input;
  for (int i = 0; i < 100'000; ++i) input += "{\"op\":\"heartbeat\"}\n";
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"push"}, std::vector<std::string>{"push", "-"}}) {
    const Ran ran = Ask(node, arguments, {.input = input});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("100000 lines: 100000 applied"));
  }
  EXPECT_EQ(node.seen().pushes, 2);
}

TEST(PushTest, TellsRefusedLines) {
  FakeNode node;
  const Ran ran =
      Ask(node, {"push", R"({"op":"heartbeat"})", R"({"op":"sing","token":"secret-1"})"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "introspect-cli: line 2: unknown op\n");
  EXPECT_EQ(ran.out, "2 lines: 1 applied, 0 expired, 1 refused; sequence 77\n");
}

TEST(PushTest, IsNotRepeatedAndTellsHowFarItCame) {
  FakeNode node;
  node.SetOnPush([](int) {
    return HttpDouble::Response{
        .status = 503,
        .body = R"({"lines":2,"applied":2,"expired":0,"rejected":0,"sequence":5,)"
                R"("errors":[],"error":"storage_full"})"};
  });
  const Ran ran = Ask(node, {"push"}, {.input = "{\"op\":\"heartbeat\"}\n"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "2 lines: 2 applied, 0 expired, 0 refused; sequence 5\n");
  EXPECT_THAT(ran.err, HasSubstr("answered 503 (storage_full)"));
  EXPECT_EQ(node.seen().pushes, 1);
}

TEST(PushTest, AnAnswerThatIsNoneIsAnError) {
  FakeNode node;
  node.SetOnPush([](int) { return HttpDouble::Response{.body = "<html>"}; });
  const Ran ran = Ask(node, {"push", R"({"op":"heartbeat"})"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("not one to a push"));
}

struct RevokeCase {
  std::vector<std::string> arguments;
  std::string line;
  std::string input;
};

TEST(RevokeTest, SendsOneLineOfEachForm) {
  const support::TempDir directory;
  const std::string at_file = "@" + directory.Write("token", "abc\n").string();
  const std::string by_digest =
      std::string(R"({"op":"revoke","token_sha256":")") + kAbcDigest + "\"}";
  const std::vector<RevokeCase> cases = {
      {{"--token", "abc"}, by_digest, ""},
      {{"--token", at_file}, by_digest, ""},
      {{"--token", "-"}, by_digest, "abc\n"},
      {{"--digest", kAbcDigest}, by_digest, ""},
      {{"--digest", "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"}, by_digest, ""},
      {{"--jti", "j", "--iss", "https://i/"},
       R"({"op":"revoke","iss":"https://i/","jti":"j"})",
       ""},
      {{"--sub", "s \"quoted\""}, R"({"op":"revoke","sub":"s \"quoted\""})", ""},
      {{"--client", "c", "--sid", "x", "--iss", "https://i/", "--issued-before", "1419350238"},
       R"({"op":"revoke","iss":"https://i/","client_id":"c","sid":"x","issued_before":1419350238})",
       ""}};
  for (const RevokeCase& c : cases) {
    FakeNode node;
    std::vector<std::string> arguments = {"revoke"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    const Ran ran = Ask(node, arguments, {.input = c.input});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(node.seen().lines, ElementsAre(c.line));
  }
}

TEST(RevokeTest, NeverSendsOrShowsTheToken) {
  FakeNode node;
  const Ran ran = Ask(node, {"revoke", "--token", "hunter22-token"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT((std::vector<std::string>{ran.out, ran.err, node.seen().bytes}),
              Each(Not(HasSubstr("hunter22"))));
}

TEST(RevokeTest, TakesExactlyOneForm) {
  FakeNode node;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"revoke"},
           {"revoke", "--token", "a", "--sub", "s"},
           {"revoke", "--token", "a", "--digest", kAbcDigest},
           {"revoke", "--jti", "j"},
           {"revoke", "--jti", "j", "--iss", "i", "--sub", "s"},
           {"revoke", "--iss", "i"},
           {"revoke", "--token", "a", "--iss", "i"},
           {"revoke", "--token", "a", "--issued-before", "5"},
           {"revoke", "--digest", "hunter22-not-a-digest"},
           {"revoke", "--sub", "s", "--issued-before", "yesterday"},
           {"revoke", "--token", "@/no/such/file"}}) {
    const Ran ran = Ask(node, arguments);
    EXPECT_EQ(ran.code, 2) << ran.out << ran.err;
    EXPECT_THAT(ran.err, AllOf(Not(::testing::IsEmpty()), Not(HasSubstr("hunter22"))));
  }
  EXPECT_EQ(node.seen().pushes, 0);
}

TEST(AdminOptionsTest, TheTokenComesFromManyPlaces) {
  FakeNode node;
  const support::TempDir directory;
  const std::string file = directory.Write("admin.token", std::string(kAdminToken) + "\n").string();
  const std::string push = R"({"op":"heartbeat"})";
  const std::vector<std::pair<std::vector<std::string>, RunOptions>> ways = {
      {{"push", push, "--url", node.url(), "--token", kAdminToken}, {}},
      {{"--url", node.url(), "--token", "@" + file, "push", push}, {}},
      {{"push", push, "--url", node.url(), "--admin-token", "@" + file}, {}},
      {{"push", push, "--url", node.url(), "--token", "-"}, {.input = kAdminToken}},
      {{"push", push, "--url", node.url()},
       {.variables = {{"INTROSPECTD_ADMIN_TOKEN_FILE", file}}}},
      {{"--token", "@" + file, "--url", node.url(), "revoke", "--token", "abc"}, {}},
      {{"revoke", "--token", "abc", "--admin-token", "@" + file, "--url", node.url()}, {}}};
  for (const auto& [arguments, options] : ways) {
    const Ran ran = RunCli(arguments, options);
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  EXPECT_EQ(node.seen().pushes, static_cast<int>(ways.size()));
}

TEST(AdminOptionsTest, UnusableOnesAreToldWithoutTheirValue) {
  const support::TempDir directory;
  const std::string empty = "@" + directory.Write("empty", "\n").string();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"status", "--url", "hunter22"},
           {"status", "--url", "http://hunter22:hunter22@127.0.0.1:1"},
           {"status", "--token", "hunter22\nX-Header: 1"},
           {"status", "--token", empty},
           {"status", "--token", "@/no/such/file"},
           {"status", "hunter22"},
           {"status", "--tokn=hunter22"},
           {"status", "--tokn", "hunter22"}}) {
    const Ran ran = RunCli(arguments);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("introspect-cli: "), Not(HasSubstr("hunter22"))));
  }
}

TEST(StatusTest, PrintsWhatTheNodeSays) {
  FakeNode node;
  const Ran pretty = Ask(node, {"status"});
  EXPECT_EQ(pretty.code, 0) << pretty.err;
  EXPECT_EQ(pretty.out,
            "ready    true\n"
            "tokens\n"
            "  live       3\n"
            "  by_issuer  \n"
            "workers\n"
            "  -\n"
            "    id  0\n");
  const Ran raw = Ask(node, {"status", "--json"});
  EXPECT_EQ(raw.out, R"({"ready":true,"tokens":{"live":3,"by_issuer":[]},"workers":[{"id":0}]})"
                     "\n");
}

}  // namespace
}  // namespace introspectd::cli
