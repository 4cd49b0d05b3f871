#include "journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "journal/format.h"
#include "journal/identity.h"
#include "journal/keeper.h"
#include "journal/kept_state.h"
#include "journal/schedule.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "token/said.h"

namespace introspectd::journal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class JournalTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return directory_.path() / "store"; }
  std::filesystem::path db() const { return path() / "db"; }

  void OpenKeeper(UnixSeconds now = kNow) {
    keeper_.reset();  // one owner at a time
    auto keeper = Keeper::Open({.directory = path(), .now = now}, now);
    ASSERT_TRUE(keeper.ok()) << keeper.status();
    keeper_ = *std::move(keeper);
  }

  void Upsert(std::string_view token, std::uint64_t sequence, const token::Said& said) {
    keeper_->Stage(token::UpsertOf(TokenDigest::Of(token), sequence, said));
  }
  void Revoke(std::string_view token, std::uint64_t sequence, UnixSeconds end = kNow + 900) {
    keeper_->Stage(
        token::RevokeToken{TokenDigest::Of(token), sequence, {.known = false, .end = end}});
  }

  // As it is visible; nullptr: it is not there.
  token::RecordPtr Find(std::string_view token) {
    const TokenDigest digest = TokenDigest::Of(token);
    token::RecordPtr found;
    keeper_->writer().VisitShard(token::Table::ShardOf(digest), [&](const token::Record& record) {
      if (record.digest() == digest) found = record.Copy();
    });
    return found;
  }

  // Of an Open that must not work.
  std::string Refusal() {
    const auto journal = Journal::Open({.directory = path()});
    EXPECT_FALSE(journal.ok());
    return journal.ok() ? "" : std::string(journal.status().message());
  }

  void CommitSomething() {
    OpenKeeper();
    keeper_->CommitUpTo(keeper_->group() + 1, 1);
    keeper_.reset();
  }

  // The keys that the database holds, whatever their state is.
  std::set<std::string> Keys() const {
    rocksdb::DB* raw = nullptr;
    EXPECT_TRUE(rocksdb::DB::OpenForReadOnly({}, db(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> opened(raw);
    const std::unique_ptr<rocksdb::Iterator> entry(opened->NewIterator({}));
    std::set<std::string> keys;
    for (entry->SeekToFirst(); entry->Valid(); entry->Next()) keys.insert(entry->key().ToString());
    return keys;
  }

  support::TempDir directory_;
  std::unique_ptr<Keeper> keeper_;
};

TEST_F(JournalTest, ANewStoreIsEmptyAndNobodyElses) {
  OpenKeeper();
  EXPECT_EQ(keeper_->journal().opened().group, 0u);
  EXPECT_EQ(keeper_->journal().opened().sequence, 0u);
  EXPECT_FALSE(keeper_->journal().opened().torn_tail);
  EXPECT_TRUE(keeper_->state().empty());
  EXPECT_EQ(std::filesystem::status(path()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(JournalTest, AnEmptyStoreStaysOne) {
  OpenKeeper();
  OpenKeeper();
  EXPECT_EQ(keeper_->journal().opened().group, 0u);
  EXPECT_TRUE(keeper_->state().empty());
}

TEST_F(JournalTest, ATokenComesBackAsItWas) {
  OpenKeeper();
  Upsert("t", 5,
         {.exp = kNow + 100, .nbf = 3, .iss = "i", .sub = "s", .aud = {"a", "b"}, .answer = "{1}"});
  keeper_->Commit();
  OpenKeeper();
  const token::RecordPtr record = Find("t");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->answer(), "{1}");
  EXPECT_EQ(record->field(token::Field::kSub), "s");
  EXPECT_EQ(record->audience(1), "b");
  EXPECT_EQ(record->sequence(), 5u);
  EXPECT_EQ(record->end(), kNow + 100);
}

TEST_F(JournalTest, EndedTokensComeBackAsWhatTheyAre) {
  OpenKeeper();
  Upsert("dead", 7, {.exp = kNow - 1, .answer = "{2}"});
  Upsert("revoked", 8, {.exp = kNow + 100});
  Revoke("revoked", 9);
  Revoke("early", 10, kNow + 700);
  keeper_->Commit();
  OpenKeeper();
  ASSERT_TRUE(Find("dead") && Find("revoked") && Find("early"));
  EXPECT_EQ(Find("dead")->kind(), token::Record::Kind::kMarker);
  EXPECT_EQ(Find("dead")->rank(), crypto::Sha256Of("{2}"));
  EXPECT_EQ(Find("dead")->end(), kNow + kLifetimeMax + 300);
  EXPECT_EQ(Find("revoked")->kind(), token::Record::Kind::kRevocation);
  EXPECT_TRUE(Find("revoked")->memory().known);
  EXPECT_EQ(Find("revoked")->end(), kNow + 100);
  EXPECT_FALSE(Find("early")->memory().known);
  EXPECT_EQ(Find("early")->end(), kNow + 700);
  EXPECT_EQ(keeper_->writer().status().revocations, 2u);
}

TEST_F(JournalTest, RulesAndJtisComeBack) {
  const std::string rule = token::RuleKey({.sub = "s"});
  const std::string jti = token::JtiKey("i", std::string("j\0j", 3));
  OpenKeeper();
  keeper_->Stage(token::AddRule{{rule}, 5, kNow - 10, kNow + 50});
  keeper_->Stage(token::RevokeJti{jti, 6, kNow + 60});
  keeper_->Commit();
  OpenKeeper();
  const token::Rules& rules = keeper_->writer().visible().rules;
  ASSERT_TRUE(rules.FindRule(rule) && rules.FindJti(jti));
  EXPECT_EQ(*rules.FindRule(rule),
            (token::RuleValue{.issued_before = kNow - 10, .end = kNow + 50, .sequence = 5}));
  EXPECT_EQ(*rules.FindJti(jti),
            (token::RuleValue{.issued_before = 0, .end = kNow + 60, .sequence = 6}));
}

TEST_F(JournalTest, ARevokedJtiThatATokenPutOffComesBackLonger) {
  const std::string jti = token::JtiKey("i", "j");
  OpenKeeper();
  keeper_->Stage(token::RevokeJti{jti, 6, kNow + 60});
  keeper_->Commit();
  Upsert("t", 7, {.exp = kNow + 500, .iss = "i", .jti = "j"});
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(keeper_->writer().visible().rules.FindJti(jti)->end, kNow + 500);
}

TEST_F(JournalTest, OfSeveralChangesOfATokenTheLastOneCounts) {
  OpenKeeper();
  Upsert("t", 1, {.exp = kNow + 100, .answer = "first"});
  Upsert("t", 3, {.exp = kNow + 200, .answer = "third"});
  Upsert("t", 2, {.exp = kNow + 900, .answer = "second"});  // too late, but it lived longest
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(Find("t")->answer(), "third");
  EXPECT_EQ(Find("t")->end(), kNow + 900);
  EXPECT_EQ(keeper_->writer().status().tokens, 1u);
}

// What only moves the end of a record that is there already is kept, too.
TEST_F(JournalTest, AChangeOfAnOlderRecordIsKept) {
  OpenKeeper();
  Upsert("t", 3, {.exp = kNow + 100});
  Revoke("r", 1, kNow + 100);
  keeper_->Commit();
  Upsert("t", 2, {.exp = kNow + 900});
  Revoke("r", 4, kNow + 800);
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(Find("t")->end(), kNow + 900);
  EXPECT_EQ(Find("r")->end(), kNow + 800);
  EXPECT_EQ(Find("r")->sequence(), 4u);
}

TEST_F(JournalTest, GroupsAndSequencesGoOn) {
  OpenKeeper();
  Upsert("t", 500, {.exp = kNow + 100});
  keeper_->Commit();
  Upsert("u", 400, {.exp = kNow + 100});
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(keeper_->journal().opened().group, 2u);
  EXPECT_EQ(keeper_->journal().opened().sequence, 500u);
  EXPECT_GE(keeper_->journal().opened().entries, 2u);
  Upsert("v", 600, {.exp = kNow + 100});
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(keeper_->journal().opened().group, 3u);
  EXPECT_EQ(keeper_->journal().opened().sequence, 600u);
}

TEST_F(JournalTest, AGroupOfNothingIsAGroup) {
  OpenKeeper();
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(keeper_->journal().opened().group, 1u);
  EXPECT_TRUE(keeper_->state().empty());
}

TEST_F(JournalTest, AHistoryComesBackHoweverOftenItIsOpened) {
  Schedule schedule(7);
  for (std::uint64_t group = 1; group <= 30; ++group) {
    OpenKeeper();
    ASSERT_EQ(keeper_->group(), group - 1);
    ASSERT_EQ(keeper_->state(), schedule.AfterGroups(group - 1).state) << group;
    ASSERT_EQ(keeper_->writer().sequence(), schedule.AfterGroups(group - 1).sequence);
    keeper_->CommitUpTo(group, 7);
    EXPECT_FALSE(keeper_->journal().opened().torn_tail);
  }
}

TEST_F(JournalTest, AKilledOwnersGroupsAreThere) {
  OpenKeeper();
  keeper_->CommitUpTo(20, 9);
  const std::filesystem::path copy = directory_.path() / "copy";
  std::filesystem::copy(path(), copy, std::filesystem::copy_options::recursive);
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
  auto journal = Journal::Open({.directory = copy});
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_EQ((*journal)->opened().group, 20u);
  EXPECT_FALSE((*journal)->opened().torn_tail);
  const auto state = LoadState(**journal, kNow);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, Schedule(9).AfterGroups(20).state);
}

TEST_F(JournalTest, WhatIsOwedIsKeptWithTheNextGroup) {
  OpenKeeper();
  EXPECT_FALSE(keeper_->journal().owes());
  Upsert("owed", 1, {.exp = kNow + 100, .answer = "1"});
  Upsert("both", 2, {.exp = kNow + 100, .answer = "2"});
  keeper_->Owe();
  EXPECT_TRUE(keeper_->journal().owes());
  Revoke("also owed", 3);
  keeper_->Owe();
  Upsert("both", 4, {.exp = kNow + 100, .answer = "4"});
  keeper_->Commit();
  EXPECT_FALSE(keeper_->journal().owes());
  const KeptState before = keeper_->state();
  OpenKeeper();
  EXPECT_EQ(keeper_->state(), before);
  EXPECT_EQ(Find("owed")->answer(), "1");
  EXPECT_EQ(Find("both")->answer(), "4");
  EXPECT_EQ(keeper_->journal().opened().group, 1u);
}

TEST_F(JournalTest, WhatIsOwedOutlivesTheRecordsItWasMadeOf) {
  OpenKeeper();
  Upsert("t", 1, {.exp = kNow + 100, .answer = std::string(5000, 'x')});
  keeper_->Owe();
  for (std::uint64_t i = 2; i < 50; ++i) {
    Upsert("t", i, {.exp = kNow + 100, .answer = std::to_string(i)});
    keeper_->writer().PublishAndSettle();  // goes to no journal
  }
  keeper_->Commit();
  OpenKeeper();
  EXPECT_EQ(Find("t")->answer(), std::string(5000, 'x'));
}

TEST_F(JournalTest, WhatIsOwedIsLostWithTheProcess) {
  OpenKeeper();
  Upsert("t", 1, {.exp = kNow + 100});
  keeper_->Owe();
  OpenKeeper();
  EXPECT_EQ(Find("t"), nullptr);
  EXPECT_EQ(keeper_->group(), 0u);
}

TEST_F(JournalTest, HasOneOwner) {
  OpenKeeper();
  EXPECT_THAT(Refusal(), HasSubstr(db() / "LOCK"));
  keeper_->CommitUpTo(3, 1);
  EXPECT_THAT(Refusal(), HasSubstr(db() / "LOCK"));
  keeper_->CommitUpTo(6, 1);  // nothing happened to it
  OpenKeeper();
  EXPECT_EQ(keeper_->group(), 6u);
}

TEST_F(JournalTest, AnOwnerAtWorkIsNotTakenForDamage) {
  OpenKeeper();
  std::atomic<bool> over{false};
  std::thread work([&] {
    while (!over) keeper_->CommitUpTo(keeper_->group() + 1, 1);
  });
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Refusal(), HasSubstr(db() / "LOCK"));
  over = true;
  work.join();
}

TEST_F(JournalTest, ADirectoryThatOthersMayUseIsRefused) {
  CommitSomething();
  using std::filesystem::perms;
  for (const perms others : {perms::group_read, perms::group_write, perms::group_exec,
                             perms::others_read, perms::others_write, perms::others_exec}) {
    std::filesystem::permissions(path(), perms::owner_all | others);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("0700")));
  }
  std::filesystem::permissions(path(), perms::owner_all);
  OpenKeeper();
}

TEST_F(JournalTest, AFileInTheDirectorysPlaceIsRefused) {
  directory_.Write("store", "");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("Not a directory")));
}

TEST_F(JournalTest, MakesOneDirectoryNotAllOfThem) {
  const std::filesystem::path nowhere = directory_.path() / "nowhere" / "store";
  const auto journal = Journal::Open({.directory = nowhere});
  ASSERT_FALSE(journal.ok());
  EXPECT_THAT(std::string(journal.status().message()),
              AllOf(HasSubstr(nowhere), HasSubstr("No such file")));
}

TEST_F(JournalTest, ADatabaseWithoutItsStoreFileIsRefused) {
  CommitSomething();
  std::filesystem::remove(path() / "STORE");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("STORE is missing")));
  EXPECT_FALSE(std::filesystem::exists(path() / "STORE"));
}

TEST_F(JournalTest, AStoreFileWithoutItsDatabaseIsRefused) {
  CommitSomething();
  std::filesystem::remove_all(db());
  EXPECT_THAT(Refusal(), HasSubstr(db()));
  std::filesystem::create_directory(db());
  EXPECT_THAT(Refusal(), HasSubstr(db()));
  EXPECT_THAT(Refusal(), HasSubstr(db())) << "again: the first one changed nothing";
}

TEST_F(JournalTest, AFileInTheDatabasesPlaceIsRefused) {
  CommitSomething();
  std::filesystem::remove_all(db());
  directory_.Write("store/db", "text");
  EXPECT_THAT(Refusal(), HasSubstr(db()));
}

TEST_F(JournalTest, AStoreThatNeverGotItsDatabaseIsMade) {
  std::filesystem::create_directory(path());
  std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  ASSERT_TRUE(WriteIdentity(path(), NewIdentity()).ok());
  CommitSomething();
  OpenKeeper();
  EXPECT_EQ(keeper_->group(), 1u);
}

TEST_F(JournalTest, AnotherStoresFileIsRefused) {
  CommitSomething();
  for (const bool in_use : {true, false}) {
    Identity other = NewIdentity();
    other.in_use = in_use;
    ASSERT_TRUE(WriteIdentity(path(), other).ok());
    EXPECT_THAT(Refusal(), AllOf(HasSubstr(db()), HasSubstr("another store")));
  }
}

TEST_F(JournalTest, AnotherStoresDatabaseIsRefused) {
  CommitSomething();
  const std::filesystem::path other = directory_.path() / "other";
  {
    auto keeper = Keeper::Open({.directory = other});
    ASSERT_TRUE(keeper.ok());
    (*keeper)->CommitUpTo(5, 3);
  }
  std::filesystem::remove_all(db());
  std::filesystem::rename(other / "db", db());
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(db()), HasSubstr("another store")));
}

TEST_F(JournalTest, ADamagedStoreFileIsRefused) {
  CommitSomething();
  directory_.Write("store/STORE", "introspectd store\n");
  EXPECT_THAT(Refusal(), HasSubstr(path() / "STORE"));
}

TEST_F(JournalTest, WhatIsOverIsNotLoaded) {
  OpenKeeper();
  Upsert("short", 1, {.exp = kNow + 100});
  Upsert("long", 2, {.exp = kNow + 900});
  Revoke("revoked", 3, kNow + 100);
  keeper_->Stage(token::AddRule{{token::RuleKey({.sub = "s"})}, 4, kNow, kNow + 400});
  keeper_->Stage(token::RevokeJti{token::JtiKey("i", "j"), 5, kNow + 400});
  keeper_->Commit();
  OpenKeeper(kNow + 399);
  EXPECT_EQ(keeper_->state().size(), 5u);
  OpenKeeper(kNow + 400);
  EXPECT_EQ(keeper_->state().size(), 1u);
  EXPECT_NE(Find("long"), nullptr);
  EXPECT_EQ(keeper_->writer().sequence(), 5u) << "of what is gone, too";
}

// Tables are merged when there are four of them.
TEST_F(JournalTest, WhatIsOverGoesFromTheDisk) {
  const auto tables = [this] {
    const auto all = std::filesystem::directory_iterator(db());
    return std::count_if(begin(all), end(all),
                         [](const auto& entry) { return entry.path().extension() == ".sst"; });
  };
  OpenKeeper();
  Upsert("short", 1, {.exp = kNow + 100});
  Upsert("long", 2, {.exp = kNow + 900});
  keeper_->Stage(token::AddRule{{token::RuleKey({.sub = "s"})}, 4, kNow, kNow + 400});
  keeper_->Commit();
  const UnixSeconds later = kNow + 400;
  for (int i = 0; i < 6; ++i) {
    OpenKeeper(later);
    keeper_->Stage(token::UpsertOf(TokenDigest::Of("new"), 10, {.exp = later + 500}), later);
    keeper_->Commit();
    EXPECT_TRUE(support::WaitUntil([&] { return tables() < 4; }));
  }
  keeper_.reset();
  std::string left;
  TokenKey(TokenDigest::Of("long"), left);
  std::string fresh;
  TokenKey(TokenDigest::Of("new"), fresh);
  EXPECT_EQ(Keys(), (std::set{std::string(kMarkerKey), left, fresh}));
  OpenKeeper(later);
  EXPECT_EQ(keeper_->group(), 7u);
}

TEST_F(JournalTest, AnEmptyStoreIsLoadedToItsEnd) {
  OpenKeeper();
  auto state = LoadState(keeper_->journal(), kNow);
  ASSERT_TRUE(state.ok());
  EXPECT_TRUE(state->empty());
}

// More than are handed over together, in one of the ranges that are read side by side.
class LoadTest : public JournalTest {
 protected:
  static constexpr std::size_t kTokens = 5000;

  void SetUp() override {
    OpenKeeper();
    for (std::uint32_t i = 0; i < kTokens; ++i) {
      keeper_->Stage(token::UpsertOf(token::DigestOf(7, 7, i), i, {.exp = kNow + 100}));
    }
    keeper_->Commit();
  }

  void Load(Loader::Take take, Loader::Done done) {
    keeper_->journal().Load(kNow, std::move(take), std::move(done));
  }
};

TEST_F(LoadTest, HandsEverythingOverOnceInPieces) {
  std::mutex mutex;
  std::size_t taken = 0;
  KeptState state;
  std::promise<absl::Status> done;
  Load(
      [&](Kept kept) {
        const std::lock_guard lock(mutex);
        EXPECT_LE(kept.records.size(), 1000u);
        taken += kept.records.size();
        Add(kept, state);
        return true;
      },
      [&](absl::Status status) { done.set_value(std::move(status)); });
  EXPECT_TRUE(done.get_future().get().ok());
  EXPECT_EQ(taken, kTokens);
  EXPECT_EQ(state, keeper_->state());
}

TEST_F(LoadTest, EndsWhenItIsTold) {
  std::atomic<int> calls{0};
  Load(
      [&](Kept) {
        ++calls;
        return false;
      },
      [](absl::Status status) { EXPECT_TRUE(status.ok()) << status; });
  keeper_->journal().Close();  // waits for its threads
  EXPECT_LE(calls, static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
}

TEST_F(LoadTest, EndsWithTheJournal) {
  std::promise<void> taken;
  std::atomic<bool> first{true};
  Load(
      [&](Kept kept) {
        if (!kept.records.empty() && first.exchange(false)) taken.set_value();
        return true;
      },
      [](absl::Status) {});
  taken.get_future().wait();
  keeper_->journal().Close();
  OpenKeeper();
  EXPECT_EQ(keeper_->state().size(), kTokens);
}

TEST_F(LoadTest, MayBeSlowedDown) {
  std::promise<absl::Status> done;
  std::atomic<std::size_t> taken{0};
  Load(
      [&](Kept kept) {
        std::this_thread::sleep_for(support::milliseconds(kept.records.empty() ? 0 : 20));
        taken += kept.records.size();
        return true;
      },
      [&](absl::Status status) { done.set_value(std::move(status)); });
  EXPECT_TRUE(done.get_future().get().ok());
  EXPECT_EQ(taken, kTokens);
}

TEST_F(JournalTest, MayBeLoadedTwice) {
  OpenKeeper();
  keeper_->CommitUpTo(5, 2);
  OpenKeeper();
  const auto again = LoadState(keeper_->journal(), kNow);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, Schedule(2).AfterGroups(5).state);
}

TEST_F(JournalTest, KnowsItsRoom) {
  OpenKeeper();
  EXPECT_GT(keeper_->journal().free_bytes(), 0u);
  const std::uint64_t before = keeper_->journal().stored_bytes();
  for (std::uint64_t i = 1; i < 50; ++i) {
    Upsert(std::to_string(i), i, {.exp = kNow + 100, .answer = std::string(60'000, 'x')});
    keeper_->Commit();
  }
  EXPECT_GT(keeper_->journal().stored_bytes(), before + 2'000'000);
}

TEST_F(JournalTest, ClosesTwice) {
  OpenKeeper();
  keeper_->CommitUpTo(2, 1);
  keeper_->journal().Close();
  keeper_->journal().Close();
  OpenKeeper();
  EXPECT_EQ(keeper_->group(), 2u);
}

}  // namespace
}  // namespace introspectd::journal
