// The store equals a plain map under random schedules: what was kept put back or nothing, then
// updates in any order, readers that stay inside while the writer publishes, sweeps at any time,
// time moving on.

#include "token/store_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "population/random.h"
#include "token/sweep.h"
#include "token/writer.h"

namespace introspectd::token {
namespace {

constexpr std::int64_t kLifetimeMax = 1000;
constexpr std::int64_t kLongestLife = kLifetimeMax + 300;
constexpr std::uint64_t kTokens = 24;
constexpr const char* kIssuer = "https://server.example.com/";

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : random_(seed, 0, 0) {}

  void Run(int steps) {
    if (random_.Chance(50)) Load();
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Step();
    End();
  }

 private:
  struct Seat {
    explicit Seat(Store& store) : reader(store) {}
    Store::Reader reader;
    std::shared_ptr<const StoreModel> sees;  // while inside
    bool old_side = false;                   // the writer waits for it
  };

  void Step() {
    switch (random_.Below(10)) {
      case 0:
        Publish();
        break;
      case 1:
        Settle();
        break;
      case 2:
      case 3:
        EnterOrLeave(*seats_[random_.Below(seats_.size())]);
        break;
      case 4:
        PassTime();
        break;
      case 5:
        Sweep();
        break;
      default:
        Stage();
    }
    CheckEverybodyInside();
    CheckCounts();
  }

  void Load() {
    std::vector<RecordPtr> records;
    for (std::uint32_t i = 0; i < kTokens; ++i) {
      if (random_.Chance(50)) continue;
      Said said = SomeSaid();
      said.exp = now_ + 1 + static_cast<std::int64_t>(random_.Below(kLifetimeMax));
      const std::uint64_t sequence = 1 + random_.Below(50);
      staged_.Upsert(Digest(i), sequence, said, now_);
      records.push_back(UpsertOf(Digest(i), sequence, said).record);
    }
    records.push_back(Record::Revocation(Digest(kTokens), 1));  // over, and of no effect
    records.back()->SetMemory({.known = true, .end = now_ - Record::kRememberedAfterEnd_s});
    const std::span<const RecordPtr> all(records);
    const std::size_t first = random_.Below(all.size());
    writer_.BeginLoad(random_.Below(1'000'000));
    writer_.LoadKept(all.first(first), now_);
    writer_.LoadKept(all.subspan(first), now_);
    writer_.EndLoad();
    published_ = std::make_shared<StoreModel>(staged_);
    CheckCounts();
  }

  void Stage() {
    if (!writer_.settled()) return;
    staged_since_publish_ = true;
    const std::uint64_t sequence = 1 + random_.Below(50);
    switch (random_.Below(8)) {
      case 0:
        return StageRevocation(sequence);
      case 1:
        return StageJti(sequence);
      case 2:
        return StageRule(sequence);
      default:
        return StageUpsert(sequence);
    }
  }

  void StageUpsert(std::uint64_t sequence) {
    const TokenDigest digest = SomeDigest();
    const Said said = SomeSaid();
    const Outcome outcome = writer_.Stage(UpsertOf(digest, sequence, said), now_);
    EXPECT_EQ(outcome, said.exp <= now_ ? Outcome::kExpired : Outcome::kApplied);
    staged_.Upsert(digest, sequence, said, now_);
  }

  void StageRevocation(std::uint64_t sequence) {
    const TokenDigest digest = SomeDigest();
    const Record::Memory memory = random_.Chance(70)
                                      ? Record::Memory{false, now_ + kLongestLife}
                                      : Record::Memory{random_.Chance(50), Near(now_)};
    writer_.Stage(RevokeToken{digest, sequence, memory}, now_);
    staged_.Revoke(digest, sequence, memory, now_);
  }

  void StageJti(std::uint64_t sequence) {
    const std::string iss = SomeText();
    const std::string jti = SomeText();
    const UnixSeconds end = Near(now_);
    writer_.Stage(RevokeJti{JtiKey(iss, jti), sequence, end}, now_);
    staged_.RevokeJti(iss, jti, sequence, end);
  }

  void StageRule(std::uint64_t sequence) {
    std::array<std::string, 4> texts;
    for (std::string& text : texts) text = SomeText();
    const std::uint64_t shape = 2 + random_.Below(14);  // at least one member besides iss
    RuleMembers members;
    if (shape & 1) members.iss = texts[0];
    if (shape & 2) members.sub = texts[1];
    if (shape & 4) members.client_id = texts[2];
    if (shape & 8) members.sid = texts[3];
    const UnixSeconds issued_before = Near(now_);
    const UnixSeconds end = Near(now_);
    writer_.Stage(AddRule{{RuleKey(members)}, sequence, issued_before, end}, now_);
    staged_.AddRule(members, sequence, issued_before, end);
  }

  void Publish() {
    const bool flips = writer_.settled() && writer_.anything_staged();
    writer_.Publish();
    published_ = std::make_shared<StoreModel>(staged_);
    staged_since_publish_ = false;
    if (!flips) return;
    for (auto& seat : seats_) seat->old_side = seat->sees != nullptr;
  }

  void Settle() {
    const bool somebody =
        std::any_of(seats_.begin(), seats_.end(), [](const auto& seat) { return seat->old_side; });
    EXPECT_EQ(writer_.TrySettle(), !somebody);
  }

  void EnterOrLeave(Seat& seat) {
    if (seat.sees == nullptr) {
      seat.reader.Enter();
      seat.sees = published_;
    } else {
      seat.reader.Leave();
      seat.sees = nullptr;
      seat.old_side = false;
    }
  }

  // When everybody sees the newest state there is one answer only, and time may pass.
  void PassTime() {
    bool anybody_inside = false;
    for (const auto& seat : seats_) {
      if (seat->sees != nullptr && seat->sees != published_) return;
      anybody_inside |= seat->sees != nullptr;
    }
    if (staged_since_publish_) return;
    now_ += static_cast<std::int64_t>(random_.Below(anybody_inside ? 40 : 2 * kLongestLife));
  }

  void Sweep() {
    if (!writer_.settled()) return;
    staged_since_publish_ = true;
    const std::uint64_t steps = random_.Chance(50) ? random_.Below(4) : Table::kShards;
    for (std::uint64_t i = 0; i < steps; ++i) {
      writer_.StageSweep(now_);
      staged_.Sweep(next_shard_++ % Table::kShards, now_);
    }
  }

  void CheckEverybodyInside() {
    for (const auto& seat : seats_) {
      for (std::uint32_t i = 0; seat->sees != nullptr && i < kTokens; ++i) {
        const TokenDigest digest = Digest(i);
        const Store::Finding found = seat->reader.Find(digest, now_);
        const TokenState expected = seat->sees->StateOf(digest, now_);
        ASSERT_EQ(found.state, expected) << "token " << i;
        if (expected != TokenState::kActive) continue;
        ASSERT_EQ(found.token.answer(), seat->sees->AnswerOf(digest)) << "token " << i;
      }
    }
  }

  void CheckCounts() const {
    const StoreStatus status = store_.status();
    ASSERT_EQ(status.tokens, staged_.tokens());
    ASSERT_EQ(status.revocations, staged_.revocations());
    ASSERT_EQ(status.rules, staged_.rules());
    ASSERT_EQ(status.sequence, staged_.sequence());
  }

  // When everything is over and swept, nothing is left.
  void End() {
    for (const auto& seat : seats_) {
      if (seat->sees != nullptr) EnterOrLeave(*seat);
    }
    writer_.PublishAndSettle();
    now_ += 10 * kLongestLife;
    StageWholeSweep(writer_, now_);
    writer_.PublishAndSettle();
    const StoreStatus status = store_.status();
    EXPECT_EQ(status.tokens + status.revocations + status.rules, 0u);
    EXPECT_EQ(status.record_bytes + status.template_bytes, 0u);
  }

  // Few shards and few tags, so that tokens meet in them.
  static TokenDigest Digest(std::uint32_t i) {
    return DigestOf(static_cast<std::uint16_t>(i % 3), i % 2, i);
  }
  TokenDigest SomeDigest() { return Digest(static_cast<std::uint32_t>(random_.Below(kTokens))); }

  UnixSeconds Near(UnixSeconds now) {
    return now - 400 + static_cast<std::int64_t>(random_.Below(1700));
  }
  std::string SomeText() {
    constexpr std::array<const char*, 3> kTexts = {"", "a", kIssuer};
    return kTexts[random_.Below(kTexts.size())];
  }

  std::string SomeMembers() {
    const std::string some = std::to_string(random_.Below(4));
    switch (random_.Below(4)) {
      case 0:
        return R"("username":"u)" + some + R"(","n":)" + some;
      case 1:
        return R"("id":"5ba552d6-7000-4000-8000-00000000000)" + some + '"';
      case 2:
        return R"("x":{"deep":[")" + some + R"("]})";
      default:
        return "";
    }
  }

  Said SomeSaid() {
    Said said{.exp = Near(now_)};
    if (random_.Chance(20)) said.nbf = Near(now_);
    if (random_.Chance(70)) said.iat = Near(now_);
    for (auto* text : {&said.iss, &said.sub, &said.client_id, &said.sid, &said.jti}) {
      if (random_.Chance(50)) *text = SomeText();
    }
    if (random_.Chance(20)) {
      said.answer = "answer " + std::to_string(random_.Below(5));
      return said;
    }
    if (random_.Chance(30)) said.scope = "a b";
    for (std::uint64_t i = random_.Below(3); i > 0; --i) said.aud.push_back(SomeText());
    return WithAnswer(std::move(said), SomeMembers());
  }

  population::Random random_;
  UnixSeconds now_ = 1'000'000;
  Store store_{{.issuer = kIssuer, .token_lifetime_max_s = kLifetimeMax}};
  Writer& writer_ = store_.writer();
  StoreModel staged_{kIssuer, kLifetimeMax};
  std::shared_ptr<const StoreModel> published_ = std::make_shared<StoreModel>(staged_);
  std::array<std::unique_ptr<Seat>, 3> seats_ = {std::make_unique<Seat>(store_),
                                                 std::make_unique<Seat>(store_),
                                                 std::make_unique<Seat>(store_)};
  bool staged_since_publish_ = false;
  std::size_t next_shard_ = 0;
};

TEST(StoreModelTest, TheStoreEqualsAMapUnderRandomSchedules) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Schedule(seed).Run(600);
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace introspectd::token
