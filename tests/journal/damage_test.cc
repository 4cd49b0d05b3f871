// Damages every file of a store, one place at a time, on a fresh copy each. What opens must be the
// right state, or the one without the last group when that was in the log of an owner that was
// killed; everything else must be refused, with the name of a file.
//
// INTROSPECTD_DAMAGE_PLACES: so many places of each file (8); 0 = all of them.

#include "journal/damage.h"

#include <gtest/gtest.h>
#include <rocksdb/options.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/identity.h"
#include "journal/journal.h"
#include "journal/keeper.h"
#include "journal/kept_state.h"
#include "journal/schedule.h"
#include "journal/settings.h"
#include "population/random.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"
#include "token/said.h"

namespace introspectd::journal {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 11;

// What may be lost without a word.
enum class Tolerance : std::uint8_t {
  kNothing,
  kLastGroup,  // if the store says so
  kSuffix,     // of the groups: a log that ends early is one of an earlier time
};

class DamageTest : public ::testing::Test {
 protected:
  fs::path original() const { return directory_.path() / "original"; }
  fs::path copy() const { return directory_.path() / "copy"; }

  std::unique_ptr<Keeper> Open() const {
    auto keeper = Keeper::Open({.directory = original()});
    EXPECT_TRUE(keeper.ok()) << keeper.status();
    return keeper.ok() ? *std::move(keeper) : nullptr;
  }

  // As it is on the disk now: what a kill would leave.
  void CopyOriginal(const fs::path& to) const {
    fs::remove_all(to);
    fs::copy(original(), to, fs::copy_options::recursive);
    fs::permissions(to, fs::perms::owner_all);
    fs::remove(to / "db" / "LOG");
  }

  // Leaves in the original's place what a kill of its owner would have left.
  void Kill(std::unique_ptr<Keeper> owner) {
    const fs::path left = directory_.path() / "left";
    CopyOriginal(left);
    owner.reset();
    fs::remove_all(original());
    fs::rename(left, original());
  }

  // Several tables, and a log with several groups. With four tables RocksDB begins to merge them at
  // once, and sleeps for a second when that meets damage.
  void MakeStore(std::uint64_t closed, std::uint64_t in_log) {
    for (std::uint64_t group = 4; group <= closed; group += 4) Open()->CommitUpTo(group, kSeed);
    std::unique_ptr<Keeper> killed = Open();
    killed->CommitUpTo(closed + in_log, kSeed);
    if (in_log > 0) Kill(std::move(killed));
    killed.reset();
    after_.clear();
    for (std::uint64_t group = 0; group <= closed + in_log; ++group) {
      after_.push_back(schedule_.AfterGroups(group));
    }
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(original())) {
      if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(original()));
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  fs::path NewestLog() const {
    std::vector<fs::path> files = Files();
    std::erase_if(files, [](const fs::path& file) { return file.extension() != ".log"; });
    return files.back();
  }

  // Sampled, the first and the last of them always.
  static std::vector<std::uint64_t> Places(std::uint64_t size, const fs::path& file) {
    const std::uint64_t wanted = Setting("INTROSPECTD_DAMAGE_PLACES", 8 / kSlowness);
    std::vector<std::uint64_t> places;
    if (wanted == 0 || size <= wanted) {
      for (std::uint64_t i = 0; i < size; ++i) places.push_back(i);
      return places;
    }
    population::Random random(size, 4, file.string().size());
    places = {0, size - 1};
    while (places.size() < wanted) places.push_back(random.Below(size));
    return places;
  }

  // Opens a copy whose `file` holds `bytes`.
  void Judge(const fs::path& file, const std::string& bytes, Tolerance tolerance,
             const std::string& what) {
    CopyOriginal(copy());
    std::ofstream(copy() / file, std::ios::binary | std::ios::trunc) << bytes;
    JudgeCopy(tolerance, file.string() + " " + what);
  }

  void JudgeCopy(Tolerance tolerance, const std::string& what) {
    ++cases_;
    const auto journal = Journal::Open({.directory = copy()});
    if (!journal.ok()) return ExpectNamed(journal.status(), what);
    const auto state = LoadState(**journal, kNow);
    if (!state.ok()) return ExpectNamed(state.status(), what);
    const Opened opened = (*journal)->opened();
    ASSERT_LT(opened.group, after_.size()) << what;
    EXPECT_TRUE(*state == after_[opened.group].state) << what << ": the state after no group";
    EXPECT_EQ(opened.sequence, after_[opened.group].sequence) << what;
    JudgeLoss(after_.size() - 1 - opened.group, opened.torn_tail, tolerance, what);
    ++opened_;
  }

  static void JudgeLoss(std::uint64_t lost, bool torn_tail, Tolerance tolerance,
                        const std::string& what) {
    if (lost == 0 || tolerance == Tolerance::kSuffix) return;
    EXPECT_NE(tolerance, Tolerance::kNothing) << what << ": " << lost << " groups are lost";
    EXPECT_EQ(lost, 1u) << what;
    EXPECT_TRUE(torn_tail) << what;
  }

  void ExpectNamed(const absl::Status& status, const std::string& what) {
    EXPECT_NE(status.message().find(copy().string()), std::string::npos) << what << ": " << status;
  }

  using Damage = std::function<void(std::string& bytes, std::uint64_t at)>;
  void DamageAllFiles(const Damage& damage, const std::string& what) {
    for (const fs::path& file : Files()) DamageFile(file, damage, what);
    EXPECT_GT(opened_, 0);
    EXPECT_GT(cases_, opened_);
  }
  void DamageFile(const fs::path& file, const Damage& damage, const std::string& what) {
    const std::string good = support::ReadFile(original() / file);
    const Tolerance tolerance =
        file.extension() == ".log" ? Tolerance::kLastGroup : Tolerance::kNothing;
    for (const std::uint64_t at : Places(good.size(), file)) {
      if (at == EndOfRestartCount(good)) continue;  // would end this process: see below
      std::string bytes = good;
      damage(bytes, at);
      Judge(file, bytes, tolerance, what + " at " + std::to_string(at));
    }
  }

  // Where a table's properties say how often their names begin anew: RocksDB looks at that before
  // it looks whether the checksum is right. Of another file: beyond its end.
  static std::uint64_t EndOfRestartCount(const std::string& bytes) {
    constexpr std::uint64_t kBeforeTheName = 3 + 5 + 1;  // entry's head, block's trailer, last byte
    const std::size_t name = bytes.rfind("rocksdb.properties");
    return name == std::string::npos ? bytes.size() : name - kBeforeTheName;
  }

  void TruncateAllFiles() {
    for (const fs::path& file : Files()) {
      const std::string good = support::ReadFile(original() / file);
      const Tolerance tolerance =
          file.extension() == ".log" ? Tolerance::kSuffix : Tolerance::kNothing;
      for (const std::uint64_t size : Places(good.size(), file)) {
        Judge(file, good.substr(0, size), tolerance, "ends at " + std::to_string(size));
      }
    }
  }

  support::TempDir directory_;
  Schedule schedule_{kSeed};
  std::vector<Schedule::After> after_;  // each group
  int cases_ = 0;
  int opened_ = 0;
};

void FlipBit(std::string& bytes, std::uint64_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1 << at % 8);
}
void FlipByte(std::string& bytes, std::uint64_t at) { bytes[at] = static_cast<char>(~bytes[at]); }
void ZeroSector(std::string& bytes, std::uint64_t at) {
  for (std::uint64_t i = at; i < std::min(at + 512, bytes.size()); ++i) bytes[i] = '\0';
}
void ZeroPage(std::string& bytes, std::uint64_t at) {
  at -= at % 4096;
  for (std::uint64_t i = at; i < std::min(at + 4096, bytes.size()); ++i) bytes[i] = '\0';
}

TEST_F(DamageTest, AWholeCopyOpens) {
  MakeStore(12, 10);
  CopyOriginal(copy());
  JudgeCopy(Tolerance::kNothing, "as it was");
  EXPECT_EQ(opened_, 1);
  fs::remove_all(original());
  fs::copy(copy(), original(), fs::copy_options::recursive);
}

// RocksDB asserts that it is good, and that is an end like that of every damaged store.
TEST_F(DamageTest, AnAssertionOfTheDatabaseIsDamage) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  MakeStore(8, 0);
  for (const fs::path& file : Files()) {
    if (file.extension() != ".sst") continue;
    std::string bytes = support::ReadFile(original() / file);
    FlipByte(bytes, EndOfRestartCount(bytes));
    CopyOriginal(copy());
    std::ofstream(copy() / file, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_EXIT(
        {
          const auto journal = Journal::Open({.directory = copy()});
          std::_Exit(journal.ok() ? 7 : 8);
        },
        testing::ExitedWithCode(1), "storage.directory .* a table is damaged");
  }
}

TEST_F(DamageTest, ABitOfAStoreWithALogAlone) {
  MakeStore(0, 12);
  DamageAllFiles(FlipBit, "bit");
}

TEST_F(DamageTest, ABitOfAStoreWithTables) {
  MakeStore(8, 10);
  DamageAllFiles(FlipBit, "bit");
}

TEST_F(DamageTest, AByteOfAStoreWithTables) {
  MakeStore(8, 12);
  DamageAllFiles(FlipByte, "byte");
}

TEST_F(DamageTest, ABitOfAStoreThatWasClosed) {
  MakeStore(12, 0);
  DamageAllFiles(FlipBit, "bit");
}

TEST_F(DamageTest, SectorsAndPagesOfZeros) {
  MakeStore(8, 40);
  DamageAllFiles(ZeroSector, "sector");
  DamageAllFiles(ZeroPage, "page");
}

TEST_F(DamageTest, AFileThatEndsEarly) {
  MakeStore(8, 12);
  TruncateAllFiles();
}

// The newest log is known by nothing but itself: nobody can tell that it was there, or that there
// was more in it.
TEST_F(DamageTest, AFileThatIsMissing) {
  MakeStore(8, 12);
  for (const fs::path& file : Files()) {
    CopyOriginal(copy());
    fs::remove(copy() / file);
    JudgeCopy(file.extension() == ".log" ? Tolerance::kSuffix : Tolerance::kNothing,
              file.string() + " missing");
  }
}

TEST_F(DamageTest, AllLogsMissing) {
  MakeStore(8, 0);
  CopyOriginal(copy());
  for (const fs::path& file : Files()) {
    if (file.extension() == ".log") fs::remove(copy() / file);
  }
  JudgeCopy(Tolerance::kNothing, "all logs missing");
  EXPECT_EQ(opened_, 0);
}

// Its entries are in tables already, and newer ones of the same keys.
TEST_F(DamageTest, AnEarlierLogInTheNewestOnesPlace) {
  std::string earlier;
  {
    const std::unique_ptr<Keeper> keeper = Open();
    keeper->CommitUpTo(6, kSeed);
    earlier = support::ReadFile(original() / NewestLog());
    keeper->CommitUpTo(8, kSeed);
  }
  MakeStore(8, 4);  // goes on with it
  Judge(NewestLog(), earlier, Tolerance::kNothing, "is an earlier one");
  EXPECT_EQ(opened_, 0);
}

TEST_F(DamageTest, AnotherStoresLog) {
  MakeStore(8, 6);
  const std::string others = support::ReadFile(original() / NewestLog());
  fs::remove_all(original());
  MakeStore(8, 6);
  Judge(NewestLog(), others, Tolerance::kNothing, "is another store's");
  EXPECT_EQ(opened_, 0);
}

// A table that was written while the store was open: its groups are in no log, and only the last
// entries of the manifest name it.
class FlushedWhileOpenTest : public DamageTest {
 protected:
  static constexpr std::uint64_t kSome = 4;

  void SetUp() override {
    std::unique_ptr<Keeper> killed = Open();
    after_.resize(1);
    for (std::uint64_t i = 0; i < kSome; ++i) CommitNext(*killed);
    while (Count(".sst") == 0) CommitBulk(*killed);
    ASSERT_TRUE(support::WaitUntil([this] { return Count(".log") == 1; }));
    for (std::uint64_t i = 0; i < kSome; ++i) CommitNext(*killed);
    Kill(std::move(killed));
  }

  std::ptrdiff_t Count(std::string_view suffix) const {
    const auto all = fs::directory_iterator(original() / "db");
    return std::count_if(begin(all), end(all),
                         [=](const auto& entry) { return entry.path().extension() == suffix; });
  }
  void CommitNext(Keeper& keeper) {
    keeper.CommitUpTo(keeper.group() + 1, kSeed);
    after_.push_back({keeper.state(), keeper.writer().sequence()});
  }
  // A lot of one token, which makes a small table.
  void CommitBulk(Keeper& keeper) {
    for (int i = 0; i < 64; ++i) {
      keeper.Stage(token::UpsertOf(TokenDigest::Of("bulk"), ++sequence_,
                                   {.exp = kNow + 900, .answer = std::string(60'000, 'x')}));
    }
    keeper.Commit();
    after_.push_back({keeper.state(), keeper.writer().sequence()});
  }

  std::uint64_t sequence_ = 1'000'000;
};

TEST_F(FlushedWhileOpenTest, NoGroupOfItIsForgotten) {
  DamageAllFiles(FlipBit, "bit");
  TruncateAllFiles();
  for (const fs::path& file : Files()) {
    if (!file.filename().string().starts_with("MANIFEST")) continue;
    const std::string good = support::ReadFile(original() / file);
    for (std::uint64_t at = 0; at < good.size(); ++at) {
      std::string bytes = good;
      FlipByte(bytes, at);
      Judge(file, bytes, Tolerance::kNothing, "byte at " + std::to_string(at));
    }
  }
}

// Wherever the blocks of the log end.
TEST_F(DamageTest, EveryGroupIsFoundInTheLogTwice) {
  constexpr std::uint64_t kGroups = 400;
  const std::unique_ptr<Keeper> keeper = Open();
  keeper->CommitUpTo(kGroups, kSeed);
  const auto identity = ReadIdentity(original());
  ASSERT_TRUE(identity.ok() && *identity);
  const auto logged = GroupsInLogs(rocksdb::Options(), original() / "db", (*identity)->id);
  ASSERT_TRUE(logged.ok()) << logged.status();
  ASSERT_EQ(logged->groups.size(), 2 * kGroups);
  for (std::size_t i = 0; i < logged->groups.size(); ++i) {
    EXPECT_EQ(logged->groups[i], i / 2 + 1);
  }
  EXPECT_EQ(logged->newest.group, kGroups);
}

}  // namespace
}  // namespace introspectd::journal
