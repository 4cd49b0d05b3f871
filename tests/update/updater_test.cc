#include <gtest/gtest.h>

#include <string>

#include "introspectd/update.h"
#include "update/node.h"

namespace introspectd {
namespace {

using update::Node;

TEST(PusherTest, SpeaksForTheIssuersThatItNames) {
  const Pusher some{.issuers = {"a", "b"}};
  EXPECT_TRUE(some.SpeaksFor("a"));
  EXPECT_TRUE(some.SpeaksFor("b"));
  EXPECT_FALSE(some.SpeaksFor("a/"));
  EXPECT_FALSE(some.SpeaksFor("*"));
  EXPECT_FALSE(Pusher().SpeaksFor("a"));
  EXPECT_TRUE(Pusher{.any_issuer = true}.SpeaksFor("a"));
}

class UpdaterTest : public ::testing::Test {
 protected:
  Node node_;
  Updater updater_{node_.store};
  const Pusher pusher_{.issuers = {Node::kIssuer}};
  const Now now_ = Node::At(Node::kNow);
};

TEST_F(UpdaterTest, AppliesLinesAndMakesThemVisible) {
  EXPECT_EQ(
      updater_.Apply(R"({"op":"upsert","token":"t","claims":{"exp":1700000100}})", pusher_, now_),
      "");
  EXPECT_EQ(node_.StateOf("t"), TokenState::kUnknown);
  updater_.Publish();
  EXPECT_EQ(node_.StateOf("t"), TokenState::kActive);
  EXPECT_EQ(updater_.Apply(R"({"op":"revoke","token":"t"})", pusher_, now_), "");
  updater_.Publish();
  EXPECT_EQ(node_.StateOf("t"), TokenState::kRevoked);
}

TEST_F(UpdaterTest, SaysWhatIsWrong) {
  EXPECT_EQ(updater_.Apply("", pusher_, now_), "not one JSON object in UTF-8");
  EXPECT_EQ(updater_.Apply(R"({"op":"revoke","token":""})", pusher_, now_),
            "token must be a string that is not empty");
  EXPECT_EQ(updater_.Apply(R"({"op":"revoke","token":"t"})", {.may_revoke = false}, now_),
            "this token has no scope for revoke");
  EXPECT_EQ(updater_.Apply(std::string(16'385, ' '), pusher_, now_),
            "the line is longer than its limit");
  updater_.Publish();
  EXPECT_EQ(node_.store.status().revocations, 0u);
}

TEST_F(UpdaterTest, GivesLinesTheirSequence) {
  for (const char* sub : {"z", "a"}) {
    EXPECT_EQ(updater_.Apply(R"({"op":"upsert","token":"t","claims":{"exp":1700000100,"sub":")" +
                                 std::string(sub) + R"("}})",
                             pusher_, now_),
              "");
  }
  updater_.Publish();
  EXPECT_NE(node_.AnswerOf("t").find(R"("sub":"a")"), std::string::npos) << "the later one";
  EXPECT_EQ(node_.store.status().sequence, static_cast<std::uint64_t>(now_.wall_us) + 1);
}

TEST_F(UpdaterTest, HeartbeatAndCompleteChangeNoToken) {
  EXPECT_EQ(updater_.Apply(R"({"op":"heartbeat"})", pusher_, now_), "");
  EXPECT_EQ(updater_.Apply(R"({"op":"complete"})", pusher_, now_), "");
  updater_.Publish();
  EXPECT_EQ(node_.store.status().tokens, 0u);
}

TEST_F(UpdaterTest, HasTheOptionsOfItsStore) {
  EXPECT_EQ(
      updater_.Apply(R"({"op":"upsert","token":"t","claims":{"exp":1700001301}})", pusher_, now_),
      "claims.exp is more than 1300 s ahead");
  EXPECT_EQ(updater_.Apply(R"({"op":"upsert","token":"t","claims":{"exp":1700000100}})",
                           {.issuers = {"https://other/"}}, now_),
            "an issuer that this token may not speak for");
}

TEST_F(UpdaterTest, TakesLinesUpToItsLimit) {
  Updater narrow(node_.store, 30);
  EXPECT_EQ(narrow.Apply(R"({"op":"revoke","token":"t"})", pusher_, now_), "");
  EXPECT_EQ(narrow.Apply(R"({"op":"revoke","token":"tttttt"})", pusher_, now_),
            "the line is longer than its limit");
}

TEST_F(UpdaterTest, SweepsWhatIsOver) {
  EXPECT_EQ(
      updater_.Apply(R"({"op":"upsert","token":"t","claims":{"exp":1700000100}})", pusher_, now_),
      "");
  updater_.Publish();
  const auto sweep_all = [this](UnixSeconds now) {
    for (int i = 0; i < 4096; ++i) updater_.Sweep(Node::At(now));
    updater_.Publish();
  };
  sweep_all(Node::kNow + 399);
  EXPECT_EQ(node_.store.status().tokens, 1u);
  sweep_all(Node::kNow + 400);
  EXPECT_EQ(node_.store.status().tokens, 0u);
}

TEST_F(UpdaterTest, PublishesWhatItAppliedWhenItGoes) {
  {
    Updater brief(node_.store);
    EXPECT_EQ(brief.Apply(R"({"op":"revoke","token":"t"})", pusher_, now_), "");
  }
  EXPECT_EQ(node_.StateOf("t"), TokenState::kRevoked);
}

}  // namespace
}  // namespace introspectd
