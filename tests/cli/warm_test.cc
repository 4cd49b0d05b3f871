// introspect-cli warm FILE, as a process, against a node that misbehaves when it is told to.

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/fake_node.h"
#include "cli/program.h"
#include "population/population.h"
#include "support/temp_dir.h"
#include "update_line.h"

namespace introspectd::cli {
namespace {

using fetch::HttpDouble;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kStart[] = "1700000000000000";

class WarmTest : public ::testing::Test {
 protected:
  std::string File(std::string_view text) {
    return directory_.Write("tokens.ndjson", text).string();
  }

  // The updates of `count` tokens, some of them twice with other claims, some revoked.
  static std::string Updates(std::uint64_t count) {
    const population::Population one({.seed = 1, .now = 1'700'000'000, .revoked_share = 0.1});
    const population::Population later({.seed = 1, .now = 1'700'000'100});
    std::string lines;
    for (std::uint64_t i = 0; i < count; ++i) {
      one.AppendUpdates(i, lines);
      if (i % 3 == 0) later.AppendUpdates(i / 2, lines);
    }
    return lines;
  }

  const support::TempDir directory_;
};

// Line n of a file is `{"op":"upsert","token":"token-n"}`.
std::string Upsert(int line) {
  return fmt::format(R"({{"op":"upsert","token":"token-{}"}})", line);
}

std::string Upserts(int lines) {
  std::string text;
  for (int line = 1; line <= lines; ++line) text += Upsert(line) + "\n";
  return text;
}

TEST_F(WarmTest, GivesAscendingSequencesToTheLinesOfTheFile) {
  FakeNode node;
  const std::string file = File(R"({"op":"upsert","token":"a"}
{"op":"upsert","token":"b","sequence":5}

{"op":"revoke","token":"a"}
{"op":"heartbeat"}
{"op":"revoke","sub":"s"})");
  const Ran ran = Ask(node, {"warm", file, "--sequence-start", "1000"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "6 lines: 6 applied, 0 expired, 0 refused\n");
  EXPECT_THAT(node.seen().lines,
              ElementsAre(R"({"op":"upsert","token":"a","sequence":1000})",
                          R"({"op":"upsert","token":"b","sequence":5})", "",
                          R"({"op":"revoke","token":"a","sequence":1003})", R"({"op":"heartbeat"})",
                          R"({"op":"revoke","sub":"s","sequence":1005})"));
}

TEST_F(WarmTest, SequencesStartWithTheClockUnlessTold) {
  FakeNode node;
  EXPECT_EQ(Ask(node, {"warm", File(Upserts(1))}).code, 0);
  UpdateLineReader reader;
  const auto line = reader.Read(node.seen().lines.at(0));
  EXPECT_NEAR(static_cast<double>(line->sequence.value()) / 1e6,
              static_cast<double>(std::time(nullptr)), 30);
}

TEST_F(WarmTest, TheOutcomeDependsNeitherOnBatchesNorOnTheirOrder) {
  const std::string file = File(Updates(200));
  FakeNode whole;
  EXPECT_EQ(Ask(whole, {"warm", file, "--sequence-start", kStart, "--in-flight", "1"}).code, 0);
  for (const char* const batch : {"1", "7", "100"}) {
    FakeNode node;
    // Some batches are turned away, so that later ones overtake them.
    node.SetOnPush([](int push) {
      return push % 5 == 2 ? std::optional(HttpDouble::Response{.status = 503}) : std::nullopt;
    });
    const Ran ran =
        Ask(node, {"warm", file, "--sequence-start", kStart, "--batch", batch, "--in-flight", "8"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(node.seen().state, whole.seen().state) << "--batch " << batch;
  }
}

TEST_F(WarmTest, ReadsStandardInput) {
  FakeNode node;
  const Ran ran = Ask(node, {"warm", "-", "--batch", "2"}, {.input = Upserts(5)});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(node.seen().state.upserts.size(), 5u);
  EXPECT_EQ(node.seen().pushes, 3);
}

TEST_F(WarmTest, RepeatsWhatTheNodeCannotTakeNow) {
  FakeNode node;
  node.SetOnPush([](int push) -> std::optional<HttpDouble::Response> {
    if (push == 1) return HttpDouble::Response{.status = 503, .body = R"({"error":"capacity"})"};
    if (push == 2) return HttpDouble::Response{.status = 429, .headers = {"Retry-After: 1"}};
    return std::nullopt;
  });
  const auto before = std::chrono::steady_clock::now();
  const Ran ran = Ask(node, {"warm", File(Upserts(3))});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(1'100));
  EXPECT_EQ(node.seen().pushes, 3);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("answered 503 (capacity)"), HasSubstr("trying again")));
  EXPECT_EQ(ran.out, "3 lines: 3 applied, 0 expired, 0 refused\n");
}

TEST_F(WarmTest, GivesUpAfterAWhileAndSaysHowToGoOn) {
  FakeNode node;
  node.SetOnPush([](int push) -> std::optional<HttpDouble::Response> {
    if (push <= 2) return std::nullopt;
    return HttpDouble::Response{.status = 503, .body = R"({"error":"storage_full"})"};
  });
  const std::string file = File(Upserts(10));
  const Ran failed = Ask(node, {"warm", file, "--batch", "2", "--in-flight", "1", "--retry-for",
                                "1", "--sequence-start", kStart});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err,
              AllOf(HasSubstr("storage_full"), HasSubstr("4 lines were acknowledged without a gap"),
                    HasSubstr("--skip 4 --sequence-start 1700000000000000")));

  FakeNode healthy;
  EXPECT_EQ(Ask(healthy, {"warm", file, "--skip", "4", "--sequence-start", kStart}).code, 0);
  EXPECT_THAT(healthy.seen().lines.front(),
              AllOf(HasSubstr("token-5\""), EndsWith(R"("sequence":1700000000000004})")));
  EXPECT_EQ(healthy.seen().lines.size(), 6u);
}

TEST_F(WarmTest, ANodeThatIsAwayIsTriedAgain) {
  std::string url;
  {
    url = HttpDouble([](const HttpDouble::Request&) { return HttpDouble::Response{}; }).url();
  }
  const Ran ran = RunCli({"warm", File(Upserts(3)), "--url", url, "--retry-for", "1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("trying again for up to 1 s"),
                             HasSubstr("0 lines were acknowledged"), HasSubstr(url)));
}

TEST_F(WarmTest, AnErrorThatStaysIsNotRepeated) {
  FakeNode node;
  const Ran ran = RunCli({"warm", File(Upserts(3)), "--url", node.url(), "--token", "wrong-token"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("answered 401 (invalid_token)"), Not(HasSubstr("wrong-token"))));
  EXPECT_EQ(node.seen().targets.size(), 1u);
}

TEST_F(WarmTest, TellsRefusedLinesByTheirPlaceInTheFile) {
  FakeNode node;
  std::string text = Upserts(9);
  text += R"({"op":"sing"})"
          "\n" +
          Upserts(4) + "{broken\n\n" + Upserts(1) + "[]";
  const std::string file = File(text);
  const Ran ran = Ask(node, {"warm", file, "--batch", "4"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(file + ":10: unknown op\n"));
  EXPECT_THAT(ran.err, HasSubstr(file + ":15: not one JSON object with an op\n"));
  EXPECT_THAT(ran.err, HasSubstr(file + ":18: not one JSON object with an op\n"));
  EXPECT_EQ(ran.out, "18 lines: 15 applied, 0 expired, 3 refused\n");
}

TEST_F(WarmTest, CountsRefusedLinesThatTheNodeDoesNotList) {
  FakeNode node;
  std::string text;
  for (int i = 0; i < 130; ++i) text += "{broken\n";
  const std::string file = File(text);
  const Ran ran = Ask(node, {"warm", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(file + ":100: "));
  EXPECT_THAT(ran.err, Not(HasSubstr(file + ":101: ")));
  EXPECT_THAT(ran.err, HasSubstr(file + ":1-130: 30 more lines refused\n"));
}

TEST_F(WarmTest, ALineOfAnyLengthIsRefusedAlone) {
  FakeNode node;
  const std::string file = File(Upserts(2) + std::string(5'000'000, 'x') + "\n" + Upserts(1));
  const Ran ran = Ask(node, {"warm", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(file + ":3: "));
  EXPECT_EQ(ran.out, "4 lines: 3 applied, 0 expired, 1 refused\n");
}

TEST_F(WarmTest, CompletesAtTheEnd) {
  FakeNode node;
  const Ran ran = Ask(node, {"warm", File(Upserts(9)), "--batch", "2", "--complete"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(node.seen().lines.size(), 10u);
  EXPECT_EQ(node.seen().lines.back(), R"({"op":"complete"})");
}

TEST_F(WarmTest, DoesNotCompleteWhatFailed) {
  FakeNode node;
  node.SetOnPush([](int) { return HttpDouble::Response{.status = 403}; });
  EXPECT_EQ(Ask(node, {"warm", File(Upserts(9)), "--complete"}).code, 1);
  EXPECT_THAT(node.seen().bytes, Not(HasSubstr("complete")));
}

TEST_F(WarmTest, ACompleteInTheFileWaitsForTheLinesBeforeIt) {
  FakeNode node;
  node.SetOnPush([](int push) {
    return push <= 3 ? std::optional(HttpDouble::Response{.status = 503}) : std::nullopt;
  });
  const std::string file = File(Upserts(20) + "{\"op\":\"complete\"}\n" + Upserts(1));
  EXPECT_EQ(Ask(node, {"warm", file, "--batch", "3", "--in-flight", "8"}).code, 0);
  const std::vector<std::string> lines = node.seen().lines;
  ASSERT_EQ(lines.size(), 22u);
  EXPECT_EQ(lines[20], R"({"op":"complete"})");
}

TEST_F(WarmTest, MemoryDoesNotGrowWithTheFile) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's own memory would be measured";
#endif
  FakeNode node;
  node.SetOnPush([](int) {
    return HttpDouble::Response{.body = R"({"lines":1000,"applied":1000,"rejected":0})"};
  });
  // Written by another process: the memory of this one would count as that of its children.
  const std::string file = (directory_.path() / "many.ndjson").string();
  ASSERT_EQ(RunCli({"generate", "240000", "--seed", "1"}, {.output_file = file}).code, 0);
  constexpr long kMemoryKibMax = 48 << 10;
  ASSERT_GT(std::filesystem::file_size(file), 2 * 1024 * kMemoryKibMax);
  const Ran ran = Ask(node, {"warm", file});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_LT(ran.memory_kib_max, kMemoryKibMax);
}

TEST_F(WarmTest, NeverShowsATokenOrItsOwnCredential) {
  FakeNode node;
  const std::string file = File(R"({"op":"upsert","token":"hunter22-good"}
{"op":"sing","token":"hunter22-bad"}
{"op":"upsert","token":"hunter22-broken"
)");
  const Ran ran = Ask(node, {"warm", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT((std::vector<std::string>{ran.out, ran.err}),
              Each(AllOf(Not(HasSubstr("hunter22")), Not(HasSubstr(kAdminToken)))));
}

}  // namespace
}  // namespace introspectd::cli
