// Readers beside the writer, on the whole store: upserts, revocations, rules, growing and swept
// shards. Every answer says which version it is, in every byte, so that a torn or freed record
// shows; and what was acknowledged before a reader entered, it must see.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "introspectd/store.h"
#include "population/random.h"
#include "token/race.h"
#include "token/said.h"
#include "token/sweep.h"
#include "token/writer.h"

namespace introspectd::token {
namespace {

constexpr int kReaders = 3;
constexpr std::uint32_t kHot = 64;    // upserted again and again, until they are revoked
constexpr std::uint32_t kGroups = 8;  // each token of a subject of its own, until a rule hits it
constexpr UnixSeconds kStart = 1'000'000;
constexpr std::int64_t kForever = 1'000'000'000;
constexpr std::int64_t kShortLife_s = 100;
constexpr std::uint64_t kShortPerSecond = 20;

// Two shards take them all: they grow, and are swept, under the readers' eyes.
TokenDigest HotDigest(std::uint32_t i) { return DigestOf(i % 2, 7, i); }
TokenDigest GroupDigest(std::uint32_t i) { return DigestOf(i % 2, 8, i); }
TokenDigest ShortDigest(std::uint64_t n) {
  return DigestOf(n % 2, static_cast<std::uint32_t>(n % 1000 + 100), static_cast<std::uint32_t>(n));
}
UnixSeconds ShortExp(std::uint64_t n) {
  return kStart + kShortLife_s + static_cast<std::int64_t>(n / kShortPerSecond);
}

constexpr std::string_view kBeforeVersion = R"({"active":true,"v":)";

// Its length, its bytes and the audiences all follow from the version. Templates and shared values
// come and go with some of them; every eighth is packed plainly.
std::string AnswerOf(std::uint64_t version) {
  population::Random random(version, 1, 0);
  std::string answer(kBeforeVersion);
  answer += std::to_string(version);
  answer += R"(,"shared":")" + std::to_string(random.Below(50) + version / 5000 * 50);
  answer += R"(","own":")";
  answer.append(random.Below(300), static_cast<char>('a' + random.Below(26)));
  answer += R"("})";
  if (version % 8 == 0) answer[1] = ' ';
  return answer;
}
std::vector<std::string> AudiencesOf(std::uint64_t version) {
  return std::vector<std::string>(version % 4,
                                  "audience " + std::to_string(version % 16 + version / 5000));
}
Said SaidOf(std::uint64_t version, UnixSeconds exp) {
  return {.exp = exp, .aud = AudiencesOf(version), .answer = AnswerOf(version)};
}

// The version of a view, or 0 when it is not whole.
std::uint64_t VersionOf(const TokenView& view) {
  const std::string_view answer = view.answer();
  std::uint64_t version = 0;
  for (std::size_t i = kBeforeVersion.size(); i < answer.size() && answer[i] != ','; ++i) {
    version = version * 10 + static_cast<std::uint64_t>(answer[i] - '0');
  }
  const std::vector<std::string> audiences = AudiencesOf(version);
  if (answer != AnswerOf(version) || view.audience_count() != audiences.size()) return 0;
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    if (view.audience(i) != audiences[i]) return 0;
  }
  return version;
}

// What the writer has published, stored after Publish returned.
struct Acknowledged {
  std::array<std::atomic<std::uint64_t>, kHot> version{};
  std::array<std::atomic<bool>, kHot> revoked{};
  std::array<std::atomic<bool>, kGroups> ruled{};
  std::atomic<std::uint64_t> shorts{0};  // so many of them came
};

struct Shared {
  Store store{{.issuer = "i", .token_lifetime_max_s = kForever}};
  Acknowledged acknowledged;
  std::atomic<UnixSeconds> now{kStart};  // set before anything is staged at that time
  std::atomic<bool> over{false};
};

class Writing {
 public:
  explicit Writing(Shared& shared) : shared_(shared), writer_(shared.store.writer()) {}

  void Run() {
    for (std::uint32_t i = 0; i < kGroups; ++i) {
      Said said = SaidOf(1, kStart + kForever);
      said.sub = std::to_string(i);
      writer_.Stage(UpsertOf(GroupDigest(i), 1, said), kStart);
    }
    const auto end = EndOfRace();
    for (std::uint64_t group = 1; std::chrono::steady_clock::now() < end; ++group) Group(group);
    shared_.over.store(true, std::memory_order_release);
    writer_.PublishAndSettle();
  }

 private:
  void Group(std::uint64_t group) {
    const UnixSeconds now = kStart + static_cast<std::int64_t>(group);
    shared_.now.store(now, std::memory_order_release);
    StageHot(group, now);
    for (std::uint64_t i = 0; i < kShortPerSecond; ++i, ++shorts_) {
      writer_.Stage(UpsertOf(ShortDigest(shorts_), 1, SaidOf(shorts_ + 1, ShortExp(shorts_))), now);
    }
    const auto ruled = static_cast<std::uint32_t>(group / 256);
    if (group % 256 == 0 && ruled < kGroups) {
      writer_.Stage(AddRule{{RuleKey({.sub = std::to_string(ruled)})}, 1, 0, now + kForever}, now);
    }
    if (group % 16 == 0) StageWholeSweep(writer_, now);
    writer_.Publish();
    Acknowledge(group);
    while (!writer_.TrySettle()) std::this_thread::yield();
  }

  void StageHot(std::uint64_t group, UnixSeconds now) {
    for (std::uint32_t i = 0; i < kHot; ++i) {
      if (!random_.Chance(30)) continue;
      writer_.Stage(UpsertOf(HotDigest(i), group, SaidOf(group, now + kForever)), now);
      version_[i] = group;
    }
    const auto victim = static_cast<std::uint32_t>(random_.Below(kHot * 64));
    if (victim >= kHot / 2) return;
    writer_.Stage(RevokeToken{HotDigest(victim), group, {.known = false, .end = now + kForever}},
                  now);
    revoked_[victim] = true;
  }

  void Acknowledge(std::uint64_t group) {
    Acknowledged& to = shared_.acknowledged;
    for (std::uint32_t i = 0; i < kHot; ++i) {
      to.version[i].store(version_[i], std::memory_order_release);
      to.revoked[i].store(revoked_[i], std::memory_order_release);
    }
    for (std::uint32_t i = 1; i < kGroups && i <= group / 256; ++i) {
      to.ruled[i].store(true, std::memory_order_release);
    }
    to.shorts.store(shorts_, std::memory_order_release);
  }

  Shared& shared_;
  Writer& writer_;
  population::Random random_{1, 0, 0};
  std::array<std::uint64_t, kHot> version_{};
  std::array<bool, kHot> revoked_{};
  std::uint64_t shorts_ = 0;
};

class Reading {
 public:
  Reading(Shared& shared, std::uint64_t seed)
      : shared_(shared), random_(seed, 1, 0), reader_(shared.store) {}

  void Run() {
    while (!shared_.over.load(std::memory_order_acquire) && wrong_.empty()) {
      const auto hot = static_cast<std::uint32_t>(random_.Below(kHot));
      const auto ruled = static_cast<std::uint32_t>(random_.Below(kGroups));
      const Acknowledged& acknowledged = shared_.acknowledged;
      const std::uint64_t version = acknowledged.version[hot].load(std::memory_order_acquire);
      const bool revoked = acknowledged.revoked[hot].load(std::memory_order_acquire);
      const bool is_ruled = acknowledged.ruled[ruled].load(std::memory_order_acquire);
      const std::uint64_t shorts = acknowledged.shorts.load(std::memory_order_acquire);
      reader_.Enter();
      // After Enter: what a sweep has taken from this side was over by then.
      const UnixSeconds now = shared_.now.load(std::memory_order_acquire);
      LookAtHot(hot, version, revoked, now);
      LookAtRuled(ruled, is_ruled, now);
      for (int i = 0; i < 8 && shorts > 0; ++i) LookAtShort(shorts, now);
      reader_.Leave();
      ++looks_;
    }
  }

  std::uint64_t looks() const { return looks_; }
  const std::string& wrong() const { return wrong_; }

 private:
  void LookAtHot(std::uint32_t i, std::uint64_t version, bool revoked, UnixSeconds now) {
    const Store::Finding found = reader_.Find(HotDigest(i), now);
    if (found.state == TokenState::kRevoked) return;
    if (revoked) return Wrong("a revoked token", found.state);
    if (found.state == TokenState::kUnknown && version == 0) return;
    if (found.state != TokenState::kActive) return Wrong("a hot token", found.state);
    const std::uint64_t seen = VersionOf(found.token);
    if (seen == 0) return Wrong("a torn token", found.state);
    if (seen < version) return Wrong("a token older than acknowledged", found.state);
    if (seen < last_[i]) return Wrong("a token older than seen before", found.state);
    last_[i] = seen;
  }

  void LookAtRuled(std::uint32_t i, bool ruled, UnixSeconds now) {
    const Store::Finding found = reader_.Find(GroupDigest(i), now);
    if (ruled && found.state != TokenState::kRevokedRule) Wrong("a ruled token", found.state);
    if (found.state == TokenState::kActive && VersionOf(found.token) != 1) {
      Wrong("a torn token of a subject", found.state);
    }
  }

  void LookAtShort(std::uint64_t shorts, UnixSeconds now) {
    constexpr std::uint64_t kLast = kShortPerSecond * (kShortLife_s + 400);
    const std::uint64_t n = shorts - 1 - random_.Below(std::min(shorts, kLast));
    const Store::Finding found = reader_.Find(ShortDigest(n), now);
    const TokenState expected = now < ShortExp(n)         ? TokenState::kActive
                                : now < ShortExp(n) + 300 ? TokenState::kExpired
                                                          : TokenState::kUnknown;
    if (found.state != expected) return Wrong("a short-lived token", found.state);
    if (found.state != TokenState::kUnknown && VersionOf(found.token) != n + 1) {
      Wrong("a torn short-lived token", found.state);
    }
  }

  void Wrong(const char* what, TokenState state) {
    wrong_ = std::string(what) + " in state " + std::to_string(static_cast<int>(state));
  }

  Shared& shared_;
  population::Random random_;
  Store::Reader reader_;
  std::array<std::uint64_t, kHot> last_{};
  std::uint64_t looks_ = 0;
  std::string wrong_;
};

TEST(StoreRaceTest, ReadersSeeWholeTokensThatAreNeverOlderThanAcknowledged) {
  Shared shared;
  std::vector<std::unique_ptr<Reading>> readings;
  for (int i = 0; i < kReaders; ++i) {
    readings.push_back(std::make_unique<Reading>(shared, static_cast<std::uint64_t>(i)));
  }
  std::vector<std::thread> threads;
  for (const auto& reading : readings) {
    threads.emplace_back([&reading] { reading->Run(); });
  }
  Writing(shared).Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(shared.acknowledged.shorts.load(), 0u);
  for (const auto& reading : readings) {
    EXPECT_EQ(reading->wrong(), "") << "after " << reading->looks() << " looks";
    EXPECT_GT(reading->looks(), 0u);
  }
}

}  // namespace
}  // namespace introspectd::token
