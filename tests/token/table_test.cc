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

// Owns what tables point to, and what they are made of.
class Records {
 public:
  PackedRecord* Make(const TokenDigest& digest) {
    all_.push_back(std::make_unique<PackedRecord>(PackedRecord::Head{.digest = digest}));
    return all_.back().get();
  }
  PageSupply& pages() { return pages_; }

 private:
  std::vector<std::unique_ptr<PackedRecord>> all_;
  PageSupply pages_;
};

// In the place of the one with its digest, if there is one.
void Put(PackedRecord* record, Table& table) {
  const PackedRecord* old = table.Find(record->digest());
  old == nullptr ? table.Insert(record) : table.Replace(old, record);
}

TEST(TableTest, FindsInsertsReplacesAndErases) {
  Records records;
  Table table(records.pages());
  const TokenDigest digest = TokenDigest::Of("a");
  EXPECT_EQ(table.Find(digest), nullptr);
  PackedRecord* first = records.Make(digest);
  Put(first, table);
  EXPECT_EQ(table.Find(digest), first);
  EXPECT_EQ(table.Find(TokenDigest::Of("b")), nullptr);
  PackedRecord* second = records.Make(digest);
  Put(second, table);
  EXPECT_EQ(table.Find(digest), second);
  table.Erase(second);
  EXPECT_EQ(table.Find(digest), nullptr);
}

TEST(TableTest, ShardAndTagComeFromTheDigestAlone) {
  EXPECT_EQ(Table::ShardOf(DigestOf(4095, 5, 9)), 4095u);
  EXPECT_EQ(Slot::TagOf(DigestOf(7, 0xfffff, 9)), 0xfffffu);
  Records records;
  PackedRecord* record = records.Make(DigestOf(7, 0xabcde, 9));
  EXPECT_EQ(Slot(record, 0xabcde).tag(), 0xabcdeu);
  EXPECT_EQ(Slot(record, 0xabcde).record(), record);
}

// As large as it would have become, and then it does not grow.
TEST(TableTest, ReservesWhatItNeeds) {
  for (const std::size_t in_a_shard : {0u, 10u, 63u, 100u, 1000u}) {
    Records records;
    Table grown(records.pages());
    Table reserved(records.pages());
    reserved.Reserve(in_a_shard * Table::kShards);
    const std::size_t before = reserved.allocated_bytes();
    for (const std::uint16_t shard : std::array<std::uint16_t, 3>{0, 2000, 4095}) {
      for (std::uint32_t i = 0; i < in_a_shard; ++i) {
        PackedRecord* record = records.Make(DigestOf(shard, i, i));
        Put(record, grown);
        Put(record, reserved);
        ASSERT_EQ(reserved.Find(record->digest()), record);
      }
    }
    if (in_a_shard < 100) continue;  // small shards are left to themselves
    EXPECT_EQ(reserved.allocated_bytes(), before) << in_a_shard;
    const std::size_t empty = Table(records.pages()).allocated_bytes();
    const std::size_t three = grown.allocated_bytes() - empty;
    EXPECT_LE(before - empty, (three + 2) / 3 * Table::kShards * 2) << in_a_shard;
  }
}

// 20 bits of a digest are in a slot; that many tokens with the same ones never come by chance.
TEST(TableTest, TellsTokensApartWhoseShardAndTagAreTheSame) {
  constexpr std::uint32_t kCount = 500;
  Records records;
  Table table(records.pages());
  std::vector<PackedRecord*> put;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    put.push_back(records.Make(DigestOf(3, 0x77777, i)));
    Put(put.back(), table);
  }
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const TokenDigest digest = DigestOf(3, 0x77777, i);
    table.Prefetch(digest);
    table.PrefetchRecord(digest);
    EXPECT_EQ(table.Find(digest), put[i]);
  }
  EXPECT_EQ(table.Find(DigestOf(3, 0x77777, kCount)), nullptr);
  for (std::uint32_t i = 0; i < kCount; i += 2) table.Erase(put[i]);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(table.Find(DigestOf(3, 0x77777, i)), i % 2 == 0 ? nullptr : put[i]);
  }
}

TEST(TableTest, PrefetchingWhatIsNotThereDoesNothing) {
  Records records;
  const Table table(records.pages());
  table.Prefetch(DigestOf(1, 2, 3));
  table.PrefetchRecord(DigestOf(1, 2, 3));
  EXPECT_EQ(table.Find(DigestOf(1, 2, 3)), nullptr);
}

TEST(TableTest, AShardVisitsItsOwnOnce) {
  Records records;
  Table table(records.pages());
  std::set<const PackedRecord*> expected;
  for (std::uint32_t i = 0; i < 300; ++i) {
    PackedRecord* record = records.Make(DigestOf(static_cast<std::uint16_t>(i % 2 + 10), i, i));
    Put(record, table);
    if (i % 2 == 0) expected.insert(record);
  }
  std::multiset<const PackedRecord*> visited;
  table.VisitShard(10, [&](const PackedRecord& record) { visited.insert(&record); });
  EXPECT_TRUE(std::equal(visited.begin(), visited.end(), expected.begin(), expected.end()));
}

// How many tokens `shard` takes before it grows beyond a capacity of 127 slots.
std::uint32_t FillAtGrowth(std::uint16_t shard) {
  constexpr std::size_t kSlotBytes = sizeof(Slot) + 1;
  constexpr std::size_t kRounding = 64;
  Records records;
  Table table(records.pages());
  const std::size_t bytes_when_empty = table.allocated_bytes();
  std::uint32_t count = 0;
  while (table.allocated_bytes() <= bytes_when_empty + 127 * kSlotBytes + kRounding) {
    Put(records.Make(DigestOf(shard, count, count)), table);
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

TEST(TableTest, AShardThatHasBecomeAlmostEmptyIsMadeSmaller) {
  Records records;
  Table table(records.pages());
  const std::size_t empty = table.allocated_bytes();
  std::vector<PackedRecord*> put;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    put.push_back(records.Make(DigestOf(5, i, i)));
    table.Insert(put.back());
  }
  const std::size_t full = table.allocated_bytes() - empty;
  std::size_t kept = put.size();
  while (kept > 0) {
    table.Erase(put[--kept]);
    if (kept == 10'000) {
      EXPECT_EQ(table.allocated_bytes() - empty, full) << "not at once";
    }
    if (kept % 1000 == 0 && kept > 0) {
      EXPECT_EQ(table.Find(put[kept - 1]->digest()), put[kept - 1]);
    }
  }
  EXPECT_LT(table.allocated_bytes() - empty, full / 100);
}

TEST(TableTest, EqualsAMapUnderRandomChanges) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    population::Random random(seed, 0, 0);
    Records records;
    Table table(records.pages());
    std::map<TokenDigest, PackedRecord*> model;
    for (int i = 0; i < 20'000; ++i) {
      const TokenDigest digest = DigestOf(
          static_cast<std::uint16_t>(random.Below(2)), static_cast<std::uint32_t>(random.Below(64)),
          static_cast<std::uint32_t>(random.Below(16 << random.Below(5))));
      if (random.Chance(40)) {
        if (model.contains(digest)) table.Erase(model[digest]);
        model.erase(digest);
      } else {
        model[digest] = records.Make(digest);
        Put(model[digest], table);
      }
      const auto found = model.find(digest);
      ASSERT_EQ(table.Find(digest), found == model.end() ? nullptr : found->second);
    }
    std::size_t visited = 0;
    for (std::size_t shard = 0; shard < 2; ++shard) {
      table.VisitShard(shard, [&](const PackedRecord& record) {
        EXPECT_EQ(model[record.digest()], &record) << "seed " << seed;
        ++visited;
      });
    }
    EXPECT_EQ(visited, model.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace introspectd::token
