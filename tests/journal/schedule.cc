#include "journal/schedule.h"

#include <string>

#include "population/random.h"
#include "token/said.h"

namespace introspectd::journal {

namespace {

using population::Random;

constexpr std::uint64_t kTokens = 60;
constexpr std::uint64_t kUpdatesMax = 12;
constexpr std::uint64_t kBlockBytes = 32 * 1024;  // of RocksDB's log

TokenDigest SomeToken(Random& random) {
  return TokenDigest::Of("token " + std::to_string(random.Below(kTokens)));
}

// Most answers are short; a few fill a block of the log.
std::string SomeAnswer(Random& random) {
  std::uint64_t size = 20 + random.Below(200);
  if (random.Chance(10)) size += 3000;
  if (random.Chance(2)) size += kBlockBytes;
  std::string answer;
  while (answer.size() < size) answer += static_cast<char>('!' + random.Below(90));
  return answer;
}

// Some are dead on arrival: of those a marker is kept.
token::Upsert SomeUpsert(Random& random, std::uint64_t sequence) {
  token::Said said{.exp = kNow + 500, .iss = "i", .jti = "j" + std::to_string(random.Below(9))};
  said.exp += static_cast<UnixSeconds>(random.Below(400)) - (random.Chance(10) ? 950 : 0);
  for (std::uint64_t i = random.Below(3); i > 0; --i) said.aud.push_back("aud " + said.jti.value());
  said.answer = SomeAnswer(random);
  return token::UpsertOf(SomeToken(random), sequence, said);
}

token::Update SomeUpdate(Random& random, std::uint64_t sequence) {
  const UnixSeconds end = kNow + 800 + static_cast<UnixSeconds>(random.Below(100));
  const std::uint64_t kind = random.Below(100);
  if (kind < 70) return SomeUpsert(random, sequence);
  if (kind < 85) {
    return token::RevokeToken{SomeToken(random), sequence, {.known = false, .end = end}};
  }
  const std::string name = std::to_string(random.Below(9));
  if (kind < 92) return token::RevokeJti{token::JtiKey("i", "j" + name), sequence, end};
  return token::AddRule{{token::RuleKey({.sub = name}), token::RuleKey({.sid = name})},
                        sequence,
                        kNow - static_cast<UnixSeconds>(random.Below(100)),
                        end};
}

}  // namespace

std::vector<token::Update> GroupOf(std::uint64_t seed, std::uint64_t number) {
  Random random(seed, 1, number);
  std::vector<token::Update> updates;
  for (std::uint64_t i = random.Below(kUpdatesMax) + 1; i > 0; --i) {
    updates.push_back(SomeUpdate(random, number * 100 + random.Below(200)));
  }
  return updates;
}

const Schedule::After& Schedule::AfterGroups(std::uint64_t groups) {
  while (after_.size() <= groups) {
    for (token::Update& update : GroupOf(seed_, after_.size())) {
      writer_.Stage(std::move(update), kNow);
    }
    writer_.PublishAndSettle();
    after_.push_back({StateOf(writer_), writer_.sequence()});
  }
  return after_[groups];
}

}  // namespace introspectd::journal
