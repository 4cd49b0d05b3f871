// What was kept is put back by several threads at once: the store is the same as if one had done
// it, on both sides, and works from then on.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "population/random.h"
#include "token/said.h"
#include "token/stored_record.h"
#include "token/sweep.h"
#include "token/writer.h"

namespace introspectd::token {
namespace {

constexpr UnixSeconds kNow = 1'000'000;
constexpr std::uint16_t kShardsUsed = 32;
constexpr std::uint32_t kTokensOfShard = 300;
constexpr std::size_t kTogether = 50;

using Records = std::vector<RecordPtr>;
using State = std::map<TokenDigest, std::string>;

RecordPtr SomeRecord(const TokenDigest& digest, population::Random& random) {
  const std::uint64_t sequence = 1 + random.Below(1000);
  const UnixSeconds end = kNow - 400 + static_cast<std::int64_t>(random.Below(1000));
  RecordPtr record;
  if (random.Chance(80)) {
    record = UpsertOf(digest, sequence, {.exp = end, .answer = std::string(random.Below(900), 'a')})
                 .record;
  } else {
    record = Record::Revocation(digest, sequence);
  }
  record->SetMemory({.known = random.Chance(50), .end = end});
  return record;
}

// By shard.
std::array<Records, kShardsUsed> SomeRecords() {
  population::Random random(1, 0, 0);
  std::array<Records, kShardsUsed> all;
  for (std::uint16_t shard = 0; shard < kShardsUsed; ++shard) {
    for (std::uint32_t i = 0; i < kTokensOfShard; ++i) {
      all[shard].push_back(SomeRecord(DigestOf(shard, i, i), random));
    }
  }
  return all;
}

State StateOf(const Sides& sides, const Table& table) {
  State state;
  Unpacker unpacker(sides.templates);
  for (std::size_t shard = 0; shard < Table::kShards; ++shard) {
    table.VisitShard(shard, [&](const PackedRecord& packed) {
      StoredRecord::Append(unpacker.Unpack(packed), state[packed.digest()]);
    });
  }
  return state;
}

State Expected(const std::array<Records, kShardsUsed>& all) {
  State state;
  for (const Records& shard : all) {
    for (const RecordPtr& record : shard) {
      if (record->Remembered(kNow)) StoredRecord::Append(*record, state[record->digest()]);
    }
  }
  return state;
}

void LoadShard(Writer& writer, const Records& records) {
  for (std::size_t i = 0; i < records.size(); i += kTogether) {
    const std::size_t count = std::min(kTogether, records.size() - i);
    writer.LoadKept(std::span(records).subspan(i, count), kNow);
  }
}

// Each thread takes a shard at a time, as the loader does with ranges of digests.
void LoadAll(Writer& writer, const std::array<Records, kShardsUsed>& all, int threads) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (std::size_t shard; (shard = next++) < all.size();) LoadShard(writer, all[shard]);
    });
  }
}

class LoadRaceTest : public testing::TestWithParam<int> {};

TEST_P(LoadRaceTest, SeveralThreadsLoadWhatOneWould) {
  const auto all = SomeRecords();
  const State expected = Expected(all);
  Sides sides;
  Writer writer(sides, {.issuer = "i"});
  writer.BeginLoad(0);  // so that shards grow while others are filled
  LoadAll(writer, all, GetParam());
  writer.StageKeptRule(true, JtiKey("i", "j"), {.issued_before = 0, .end = kNow + 1, .sequence = 7},
                       kNow);
  writer.PublishAndSettle();
  writer.EndLoad();
  for (const Side& side : sides.sides) EXPECT_EQ(StateOf(sides, side.table), expected);
  const StoreStatus status = writer.status();
  EXPECT_EQ(status.tokens + status.revocations, expected.size() + 1);
  EXPECT_GT(status.tokens, status.revocations);
  EXPECT_EQ(status.sequence, 1000u);
  EXPECT_GT(status.index_bytes, 0u);
}

TEST_P(LoadRaceTest, WhatWasLoadedIsReplacedAndSweptAsAnythingElse) {
  const auto all = SomeRecords();
  Sides sides;
  Writer writer(sides, {.issuer = "i"});
  writer.BeginLoad(kShardsUsed * kTokensOfShard);
  LoadAll(writer, all, GetParam());
  writer.EndLoad();
  for (const RecordPtr& record : all[0]) {
    writer.Stage(UpsertOf(record->digest(), 2000, {.exp = kNow + 10}), kNow);
  }
  writer.PublishAndSettle();
  StageWholeSweep(writer, kNow + 10'000'000);
  writer.PublishAndSettle();
  for (const Side& side : sides.sides) EXPECT_TRUE(StateOf(sides, side.table).empty());
  EXPECT_EQ(writer.status().record_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Threads, LoadRaceTest, testing::Values(1, 2, 8));

}  // namespace
}  // namespace introspectd::token
