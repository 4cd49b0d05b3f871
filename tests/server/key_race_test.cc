// Keys that change while two workers verify with them. A token whose key is always published is
// always active; and TSan must have nothing to say of how keys are handed over.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "jose/minter.h"
#include "server/server_rig.h"
#include "support/request.h"

namespace introspectd::server {
namespace {

using crypto::SignatureAlgorithm;
using jose::Minter;
using support::ConfigText;
using support::kInactive;
using support::Request;

constexpr int kChanges = 30;
constexpr int kTokensOfEach = 50;

class KeyRaceTest : public testing::Test {
 protected:
  KeyRaceTest() {
    for (int i = 0; i < kTokensOfEach; ++i) {
      const std::string claims = support::WithTimes(fmt::format(
          R"({{"iss":"{}","aud":"a","exp":@+600,"iat":@-1,"jti":"{}"}})", jose::kIssuer, i));
      lasting_tokens_.push_back(lasting_.Mint(claims));
      passing_tokens_.push_back(passing_.Mint(claims));
    }
  }
  void TearDown() override { stop_ = true; }

  void Publish(const std::string& keys) const {
    const auto file = rig_.directory().path() / "keys";
    const auto next = rig_.directory().path() / "keys.next";
    std::ofstream(next) << "{\"keys\":[" << keys << "]}";
    std::filesystem::rename(next, file);
  }

  void Ask() {
    support::Connection client = rig_.Connect();
    client.SetDeadline(support::seconds(60));
    for (std::size_t i = 0; !stop_; ++i) {
      const std::string& lasting = lasting_tokens_[i % lasting_tokens_.size()];
      const std::string& passing = passing_tokens_[i % passing_tokens_.size()];
      client.Send(Request{.body = "token=" + lasting}.Bytes() +
                  Request{.body = "token=" + passing}.Bytes());
      const support::Response sure = client.Read();
      EXPECT_TRUE(sure.status == 200 && sure.body != kInactive) << sure.status << sure.body;
      const support::Response open = client.Read();
      EXPECT_TRUE(open.status == 200 || open.status == 503) << open.status;
      ++(open.body == kInactive ? inactive_ : active_);
    }
  }

  static std::string Config() {
    return ConfigText{
        .server = "workers = 2",
        .tables = fmt::format("[[issuers]]\nissuer = \"{}\"\njwks_file = \"@DIR@/keys\"\n"
                              "audiences = [\"*\"]\njwks_cooldown_s = 1\n",
                              jose::kIssuer)}
        .Text();
  }
  bool Knows(std::string_view kids) const {
    return support::WaitUntil(
        [&] { return rig_.admin().Get("/v1/status").body.find(kids) != std::string::npos; },
        support::seconds(10));
  }

  const Minter lasting_{SignatureAlgorithm::kEs256, "lasting"};
  const Minter passing_{SignatureAlgorithm::kEs256, "passing"};
  std::vector<std::string> lasting_tokens_;
  std::vector<std::string> passing_tokens_;
  ServerRig rig_{Config()};
  std::atomic<bool> stop_{false};
  std::atomic<int> active_{0};
  std::atomic<int> inactive_{0};
  std::vector<std::jthread> threads_;
};

TEST_F(KeyRaceTest, ATokenOfAKeyThatStaysIsAlwaysActive) {
  const std::string both = lasting_.jwk_text() + "," + passing_.jwk_text();
  Publish(lasting_.jwk_text());
  rig_.Reload(Config());
  ASSERT_TRUE(Knows(R"("kids":["lasting"])"));
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { Ask(); });
  for (int i = 0; i < kChanges; ++i) {
    Publish(i % 2 == 0 ? both : lasting_.jwk_text());
    rig_.Reload(Config());
    ASSERT_TRUE(Knows(i % 2 == 0 ? R"("kids":["lasting","passing"])" : R"("kids":["lasting"])"));
  }
  stop_ = true;
  threads_.clear();  // joins
  EXPECT_GT(active_, 0) << "nothing was tried";
  EXPECT_GT(inactive_, 0) << "nothing was tried";
}

}  // namespace
}  // namespace introspectd::server
