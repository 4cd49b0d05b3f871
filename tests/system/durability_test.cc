// What was pushed is there after a restart, and nobody else's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "conformance/known_world.h"
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

TEST_F(DurabilityTest, HasOneOwner) {
  const auto node = Start();
  try {
    const support::ServerProcess second(ConfigText{.directory = Data().string()}.Text());
    ADD_FAILURE() << "a second one runs";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("lock"));
  }
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

TEST_F(DurabilityTest, UpsertsAreRefusedWhenTheDiskIsNearlyFull) {
  Start()->Push(Upsert("t", support::ExampleClaims()));
  const std::filesystem::space_info space = std::filesystem::space(directory_.path());
  const auto node = Start("reserve_bytes = " + std::to_string(space.available * 4));
  const support::Response refused = node->admin().Post(
      "/v1/tokens", Upsert("u", support::ExampleClaims()) + support::Revoke("t"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr(R"("error":"storage_full")"));
  EXPECT_TRUE(refused.Header("retry-after"));
  EXPECT_FALSE(node->IsActive("u"));
  EXPECT_FALSE(node->IsActive("t")) << "revocations go on";
  EXPECT_EQ(node->Push(support::Revoke("v")).status, 200);
}

}  // namespace
}  // namespace introspectd::system_test
