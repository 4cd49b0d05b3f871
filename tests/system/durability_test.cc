// What was pushed is there after a restart, and nobody else's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "conformance/known_world.h"
#include "fmt/format.h"
#include "support/child.h"
#include "support/request.h"
#include "support/server_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "support/world.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using testing::HasSubstr;

class DurabilityTest : public testing::Test {
 protected:
  // A node on the directory, ready.
  std::unique_ptr<Node> Start(const std::string& storage = "") {
    auto node =
        std::make_unique<Node>(ConfigText{.directory = Data().string(), .storage = storage});
    EXPECT_TRUE(
        support::WaitUntil([&] { return node->StatusOf(Plane::kAdmin, "/readyz") == 200; }));
    return node;
  }
  std::filesystem::path Data() const { return directory_.path() / "data"; }

  const support::TempDir directory_;
};

TEST_F(DurabilityTest, ARestartAnswersAsBefore) {
  const std::string claims = support::WithTimes(R"({"sub":"s","jti":"j","iat":@-5,"exp":@+600})");
  std::string before;
  {
    const auto node = Start();
    EXPECT_EQ(node->Push(Upsert("kept", claims) + Upsert("revoked", claims) +
                         support::Revoke("revoked") + support::Revoke("early") +
                         R"({"op":"revoke","sub":"ruled"})"
                         "\n"
                         R"({"op":"revoke","iss":")" +
                         std::string(support::kIssuer) +
                         R"(","jti":"named"})"
                         "\n")
                  .applied,
              6);
    before = node->Introspect("kept");
    EXPECT_NE(before, support::kInactive);
  }
  const auto node = Start();
  EXPECT_EQ(node->Introspect("kept"), before);
  EXPECT_FALSE(node->IsActive("revoked"));
  const std::string ruled = support::WithTimes(R"({"sub":"ruled","iat":@-5,"exp":@+600})");
  const std::string named = support::WithTimes(R"({"jti":"named","iat":@-5,"exp":@+600})");
  EXPECT_EQ(node->Push(Upsert("early", claims) + Upsert("hit", ruled) + Upsert("x", named)).applied,
            3);
  for (const char* token : {"early", "hit", "x"}) EXPECT_FALSE(node->IsActive(token)) << token;
}

TEST_F(DurabilityTest, AnExportIsTheSameAfterARestart) {
  const auto lines = [](Node& node) { return node.admin().Get("/v1/tokens").body; };
  std::string before;
  {
    const auto node = Start();
    EXPECT_EQ(node->Push(conformance::Updates()).status, 200);
    before = lines(*node);
  }
  const auto sorted = [](std::string text) {
    std::vector<std::string> parts;
    for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      parts.push_back(text.substr(0, end));
    }
    std::sort(parts.begin(), parts.end());
    return parts;
  };
  EXPECT_EQ(sorted(lines(*Start())), sorted(before));
}

TEST_F(DurabilityTest, SequencesGoOnFromTheHighest) {
  const std::int64_t ahead = (support::StartSeconds() + 200) * 1'000'000;
  {
    const auto node = Start();
    EXPECT_EQ(node->Push(R"({"op":"heartbeat"})"
                         "\n"
                         R"({"op":"revoke","token":"t","sequence":)" +
                         std::to_string(ahead) + "}\n")
                  .sequence,
              ahead);
  }
  EXPECT_GT(Start()->Push(support::Revoke("u")).sequence, ahead);
}

TEST_F(DurabilityTest, AWarmNodeWithTokensNeedsNoCompletion) {
  const std::string warm = "start = \"warm\"";
  {
    Node node(ConfigText{.directory = Data().string(), .storage = warm});
    EXPECT_TRUE(support::WaitUntil(
        [&] { return node.process().log().find("loaded") != std::string::npos; }));
    EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/readyz"), 503);
    EXPECT_EQ(node.Push(Upsert("t", support::ExampleClaims())).applied, 1);
    EXPECT_EQ(node.StatusOf(Plane::kAdmin, "/readyz"), 503);
  }
  EXPECT_TRUE(Start(warm)->IsActive("t"));
}

// U02: an issuer that was not answered sends its lines again, to whatever server there is then.
TEST_F(DurabilityTest, TheSameLinesAfterARestartChangeNothing) {
  const std::int64_t sequence = support::StartSeconds() * 1'000'000;
  const auto upsert = [&](std::int64_t nth, std::string_view sub) {
    return fmt::format(R"({{"op":"upsert","token":"t","sequence":{},"claims":{}}})"
                       "\n",
                       sequence + nth, GoodClaims(fmt::format(R"("sub":"{}",)", sub)));
  };
  const std::string older = upsert(1, "older");
  const std::string lines =
      older + upsert(2, "newer") + Upsert("revoked", GoodClaims()) + support::Revoke("revoked");
  {
    const auto node = Start();
    ASSERT_EQ(node->Push(lines).applied, 4);
  }
  const auto node = Start();
  for (const std::string& again : {lines, older}) {
    EXPECT_EQ(node->Push(again).status, 200);
    EXPECT_EQ(node->Introspect("t"), GoodAnswer(R"("sub":"newer",)"));
    EXPECT_FALSE(node->IsActive("revoked"));
  }
}

// D14: a server that is killed while it loads, and started again, says nothing of a token before it
// has them all.
TEST_F(DurabilityTest, NothingIsAnsweredBeforeEverythingIsLoaded) {
  constexpr int kTokens = 100'000;
  {
    const auto node = Start();
    std::string lines;
    for (int i = 0; i < kTokens; ++i) lines += Upsert("t" + std::to_string(i), GoodClaims());
    ASSERT_EQ(node->Push(lines).applied, kTokens);
  }
  const ConfigText config{.directory = Data().string()};
  for (int start = 0; start < 5; ++start) {
    Node node(config);
    if (start % 2 == 0) {
      node.process().Signal(SIGKILL);
      ASSERT_TRUE(support::WaitUntil([&] { return !node.process().Running(); }));
      continue;
    }
    for (int i = 0; i < kTokens; i += 997) {
      const Request request{.body = "token=t" + std::to_string(i)};
      Response response;
      const auto answered = [&] { return (response = node.Ask(request)).status != 503; };
      ASSERT_TRUE(support::WaitUntil(answered));
      ASSERT_EQ(response.body, GoodAnswer()) << i;
    }
  }
}

// What the server does with a log that is not whole; the journal's tests try every byte of it.
class LogFileTest : public DurabilityTest {
 protected:
  LogFileTest() {
    const auto node = Start();
    for (int i = 0; i < kGroups; ++i) {
      EXPECT_EQ(node->Push(Upsert(std::to_string(i), GoodClaims())).status, 200);
    }
    node->process().Signal(SIGKILL);
    EXPECT_TRUE(support::WaitUntil([&] { return !node->process().Running(); }));
  }

  // The one that was written to last.
  std::filesystem::path Log() const {
    std::filesystem::path log;
    for (const auto& entry : std::filesystem::directory_iterator(Data() / "db")) {
      const std::filesystem::path& path = entry.path();
      if (path.extension() == ".log" && entry.file_size() > 0 && path > log) log = path;
    }
    return log;
  }

  static constexpr int kGroups = 10;
};

// D03
TEST_F(LogFileTest, ATornTailIsCutAndTold) {
  const std::filesystem::path log = Log();
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);
  const auto node = Start();
  EXPECT_THAT(node->process().log(), HasSubstr("the last group of updates was cut off"));
  for (int i = 0; i < kGroups - 1; ++i) EXPECT_TRUE(node->IsActive(std::to_string(i))) << i;
  EXPECT_FALSE(node->IsActive(std::to_string(kGroups - 1)));
}

// D04
TEST_F(LogFileTest, DamageRefusesTheStartAndNamesTheFile) {
  const std::filesystem::path log = Log();
  std::string bytes = support::ReadFile(log);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(log, std::ios::binary) << bytes;
  const std::string config =
      directory_.Write("introspectd.toml", ConfigText{.directory = Data().string()}.Text());
  const support::Finished finished =
      support::RunToEnd({support::ServerBinary(), "--config", config});
  EXPECT_EQ(finished.code, 1) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr(log.string()));
  EXPECT_EQ(support::ReadFile(log), bytes) << "it is left as it was found";
}

TEST_F(DurabilityTest, NobodyElseMayReadTheFiles) {
  Start();
  struct stat found {};
  ASSERT_EQ(stat(Data().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0700u);
  ASSERT_EQ(chmod(Data().c_str(), 0750), 0);
  try {
    const support::ServerProcess second(ConfigText{.directory = Data().string()}.Text());
    ADD_FAILURE() << "it runs";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("its mode must be 0700"));
  }
}

}  // namespace
}  // namespace introspectd::system_test
