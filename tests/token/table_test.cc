#include "token/table.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "population/random.h"
#include "token/said.h"

namespace introspectd::token {
namespace {

// Owns what the table points to.
class Records {
 public:
  Record* Make(const TokenDigest& digest) {
    all_.push_back(Record::Revocation(digest, 1));
    return all_.back().get();
  }

 private:
  std::vector<RecordPtr> all_;
};

TEST(TableTest, FindsPutsAndErases) {
  Records records;
  Table table;
  const TokenDigest digest = TokenDigest::Of("a");
  EXPECT_EQ(table.Find(digest), nullptr);
  Record* first = records.Make(digest);
  table.Put(first);
  EXPECT_EQ(table.Find(digest), first);
  EXPECT_EQ(table.Find(TokenDigest::Of("b")), nullptr);
  Record* second = records.Make(digest);
  table.Put(second);
  EXPECT_EQ(table.Find(digest), second);
  table.Erase(digest);
  EXPECT_EQ(table.Find(digest), nullptr);
  table.Erase(digest);  // again, to no effect
}

TEST(TableTest, ShardAndTagComeFromTheDigestAlone) {
  EXPECT_EQ(Table::ShardOf(DigestOf(4095, 5, 9)), 4095u);
  EXPECT_EQ(Slot::TagOf(DigestOf(7, 0xfffff, 9)), 0xfffffu);
  Records records;
  Record* record = records.Make(DigestOf(7, 0xabcde, 9));
  EXPECT_EQ(Slot(record).tag(), 0xabcdeu);
  EXPECT_EQ(Slot(record).record(), record);
}

// As large as it would have become, and then it does not grow.
TEST(TableTest, ReservesWhatItNeeds) {
  for (const std::size_t in_a_shard : {0u, 10u, 63u, 100u, 1000u}) {
    Records records;
    Table grown;
    Table reserved;
    reserved.Reserve(in_a_shard * Table::kShards);
    const std::size_t before = reserved.allocated_bytes();
    for (const std::uint16_t shard : std::array<std::uint16_t, 3>{0, 2000, 4095}) {
      for (std::uint32_t i = 0; i < in_a_shard; ++i) {
        Record* record = records.Make(DigestOf(shard, i, i));
        grown.Put(record);
        reserved.Put(record);
        ASSERT_EQ(reserved.Find(record->digest()), record);
      }
    }
    if (in_a_shard < 100) continue;  // small shards are left to themselves
    EXPECT_EQ(reserved.allocated_bytes(), before) << in_a_shard;
    const std::size_t empty = Table().allocated_bytes();
    const std::size_t three = grown.allocated_bytes() - empty;
    EXPECT_LE(before - empty, (three + 2) / 3 * Table::kShards * 2) << in_a_shard;
  }
}

// 20 bits of a digest are in a slot; that many tokens with the same ones never come by chance.
TEST(TableTest, TellsTokensApartWhoseShardAndTagAreTheSame) {
  constexpr std::uint32_t kCount = 500;
  Records records;
  Table table;
  std::vector<Record*> put;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    put.push_back(records.Make(DigestOf(3, 0x77777, i)));
    table.Put(put.back());
  }
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const TokenDigest digest = DigestOf(3, 0x77777, i);
    table.Prefetch(digest);
    table.PrefetchRecord(digest);
    EXPECT_EQ(table.Find(digest), put[i]);
  }
  EXPECT_EQ(table.Find(DigestOf(3, 0x77777, kCount)), nullptr);
  for (std::uint32_t i = 0; i < kCount; i += 2) table.Erase(DigestOf(3, 0x77777, i));
  for (std::uint32_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(table.Find(DigestOf(3, 0x77777, i)), i % 2 == 0 ? nullptr : put[i]);
  }
}

TEST(TableTest, PrefetchingWhatIsNotThereDoesNothing) {
  const Table table;
  table.Prefetch(DigestOf(1, 2, 3));
  table.PrefetchRecord(DigestOf(1, 2, 3));
  EXPECT_EQ(table.Find(DigestOf(1, 2, 3)), nullptr);
}

TEST(TableTest, AShardVisitsItsOwnOnce) {
  Records records;
  Table table;
  std::set<const Record*> expected;
  for (std::uint32_t i = 0; i < 300; ++i) {
    Record* record = records.Make(DigestOf(static_cast<std::uint16_t>(i % 2 + 10), i, i));
    table.Put(record);
    if (i % 2 == 0) expected.insert(record);
  }
  std::multiset<const Record*> visited;
  table.VisitShard(10, [&](const Record& record) { visited.insert(&record); });
  EXPECT_TRUE(std::equal(visited.begin(), visited.end(), expected.begin(), expected.end()));
}

// How many tokens `shard` takes before it grows beyond a capacity of 127 slots.
std::uint32_t FillAtGrowth(std::uint16_t shard) {
  constexpr std::size_t kSlotBytes = sizeof(Slot) + 1;
  Records records;
  Table table;
  const std::size_t bytes_when_empty = table.allocated_bytes();
  std::uint32_t count = 0;
  while (table.allocated_bytes() <= bytes_when_empty + 127 * kSlotBytes) {
    table.Put(records.Make(DigestOf(shard, count, count)));
    ++count;
  }
  return count - 1;
}

TEST(TableTest, ShardsGrowAtFillsOfTheirOwn) {
  std::map<std::uint16_t, std::uint32_t> fills;
  for (std::uint16_t shard = 0; shard < Table::kShards; shard += 1023) {
    fills[shard] = FillAtGrowth(shard);
  }
  std::uint32_t last = 0;
  for (const auto& [shard, fill] : fills) {
    EXPECT_GT(fill, last) << "shard " << shard;
    last = fill;
  }
  EXPECT_NEAR(fills[0], 127 * 5 / 8, 5);
  EXPECT_NEAR(fills[4092], 127 * 7 / 8, 8);
}

TEST(TableTest, EqualsAMapUnderRandomChanges) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    population::Random random(seed, 0, 0);
    Records records;
    Table table;
    std::map<TokenDigest, Record*> model;
    for (int i = 0; i < 20'000; ++i) {
      const TokenDigest digest = DigestOf(
          static_cast<std::uint16_t>(random.Below(2)), static_cast<std::uint32_t>(random.Below(64)),
          static_cast<std::uint32_t>(random.Below(16 << random.Below(5))));
      if (random.Chance(40)) {
        table.Erase(digest);
        model.erase(digest);
      } else {
        model[digest] = records.Make(digest);
        table.Put(model[digest]);
      }
      const auto found = model.find(digest);
      ASSERT_EQ(table.Find(digest), found == model.end() ? nullptr : found->second);
    }
    std::size_t visited = 0;
    for (std::size_t shard = 0; shard < 2; ++shard) {
      table.VisitShard(shard, [&](const Record& record) {
        EXPECT_EQ(model[record.digest()], &record) << "seed " << seed;
        ++visited;
      });
    }
    EXPECT_EQ(visited, model.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace introspectd::token
