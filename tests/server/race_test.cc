// Everything at once: requests on both workers while tokens are pushed and revoked and the
// configuration is read again. What was answered must be true; and TSan must have nothing to say.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "server/server_rig.h"
#include "support/request.h"

namespace introspectd::server {
namespace {

using support::ConfigText;
using support::kInactive;
using support::Request;

constexpr std::size_t kTokens = 4000;
constexpr std::size_t kTogether = 20;  // pushed in one push
constexpr std::size_t kPipelined = 8;

// What the pusher has done to a token, in order.
enum class Stage : std::uint8_t { kUnknown, kLive, kRevoking, kRevoked };

class RaceTest : public testing::Test {
 protected:
  void TearDown() override { stop_ = true; }

  static std::string TokenOf(std::size_t i) { return fmt::format("token-{:06}", i); }

  std::string Push(support::Connection& admin, const std::string& lines) {
    const std::string head =
        rig_.admin().Head("POST", "/v1/tokens", support::ContentLength(lines.size()));
    const support::Response response = admin.Ask(head + lines);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }

  void PushAndRevoke() {
    support::Connection admin = rig_.ConnectAdmin();
    const std::string claims = support::WithTimes(R"({"sub":"s","exp":@+600})");
    for (std::size_t begin = 0; begin < kTokens; begin += kTogether) {
      std::string lines;
      for (std::size_t i = begin; i < begin + kTogether; ++i) {
        lines += support::Upsert(TokenOf(i), claims);
      }
      Push(admin, lines);
      for (std::size_t i = begin; i < begin + kTogether; ++i) stages_[i] = Stage::kLive;
      newest_ = begin;
      for (std::size_t i = begin; i < begin + kTogether; ++i) {
        stages_[i] = Stage::kRevoking;
        Push(admin, support::Revoke(TokenOf(i)));
        stages_[i] = Stage::kRevoked;
      }
      if (begin % (20 * kTogether) == 0) rig_.Reload(Config());
    }
    stop_ = true;
  }

  void Ask(std::uint32_t seed) {
    std::mt19937 random(seed);
    support::Connection client = rig_.Connect();
    client.SetDeadline(support::seconds(60));
    while (!stop_) {
      std::array<std::size_t, kPipelined> tokens{};
      std::array<Stage, kPipelined> before{};
      std::string pipeline;
      for (std::size_t i = 0; i < kPipelined; ++i) {
        const std::size_t newest = newest_;
        tokens[i] = (newest + kTokens + random() % (2 * kTogether) - kTogether) % kTokens;
        pipeline += Request{.body = "token=" + TokenOf(tokens[i])}.Bytes();
        before[i] = stages_[tokens[i]];
      }
      client.Send(pipeline);
      for (std::size_t i = 0; i < kPipelined; ++i) {
        const support::Response response = client.Read();
        const Stage after = stages_[tokens[i]];
        EXPECT_EQ(response.status, 200);
        const bool active = response.body != kInactive;
        if (before[i] == Stage::kRevoked) {
          EXPECT_FALSE(active) << "revoked before it was asked";
        }
        if (before[i] == Stage::kLive && after == Stage::kLive) {
          EXPECT_TRUE(active) << "live from before it was asked until after it was answered";
          ++seen_live_;
        }
        if (before[i] == Stage::kRevoked) ++seen_revoked_;
      }
    }
  }

  static std::string Config() { return ConfigText{.server = "workers = 2"}.Text(); }

  ServerRig rig_{Config()};
  std::vector<std::atomic<Stage>> stages_{kTokens};
  std::atomic<std::size_t> newest_{0};
  std::atomic<bool> stop_{false};
  std::atomic<int> seen_live_{0};
  std::atomic<int> seen_revoked_{0};
  std::vector<std::jthread> threads_;
};

TEST_F(RaceTest, NothingRevokedIsActive) {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    threads_.emplace_back([this, seed] { Ask(seed); });
  }
  PushAndRevoke();
  threads_.clear();  // joins
  EXPECT_GT(seen_live_, 0) << "nothing was tried";
  EXPECT_GT(seen_revoked_, 0) << "nothing was tried";
}

}  // namespace
}  // namespace introspectd::server
