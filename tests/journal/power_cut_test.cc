// Cuts the power at every call that changes a file, in one life of a store after another. What was
// acknowledged is there afterwards, whole, and of one further group all or nothing.
//
// INTROSPECTD_POWER_CUTS: so many lives of stores (90). INTROSPECTD_POWER_SEED: the first seed.
// INTROSPECTD_POWER_STEP: from one call to the next that is cut at (1).

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "journal/identity.h"
#include "journal/journal.h"
#include "journal/kept_state.h"
#include "journal/schedule.h"
#include "journal/settings.h"
#include "population/random.h"
#include "support/temp_dir.h"

namespace introspectd::journal {
namespace {

constexpr int kPowerFailed = 7;
constexpr int kRefused = 8;
constexpr std::uint64_t kLivesOfAStore = 6;
constexpr std::uint64_t kGroupsOfALife = 12;
constexpr std::uint64_t kCallsMax = 100;  // about as many as a life has
enum class Failure : std::uint8_t { kEnds, kFails, kFailsOnce };

struct Life {
  std::uint64_t seed;
  std::uint64_t groups;
  Failure failure;
  std::uint64_t call;
};

struct Death {
  int code = -1;
  std::uint64_t acknowledged = 0;  // 0 when nothing was
  std::string said;
};

std::ostream& operator<<(std::ostream& out, const Life& life) {
  return out << "seed " << life.seed << ", groups " << life.groups << ", failure "
             << static_cast<int>(life.failure) << ", call " << life.call;
}

int RunToEnd(std::vector<std::string> arguments, const std::filesystem::path& out,
             const std::filesystem::path& errors) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), kFlags, 0600);
  pid_t pid = -1;
  const int spawned = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = -1;
  if (spawned != 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class PowerCutTest : public ::testing::Test {
 protected:
  std::filesystem::path Path(const std::string& name) const { return directory_.path() / name; }
  std::filesystem::path Fresh() {
    const std::filesystem::path path = Path("store" + std::to_string(++stores_));
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  void RemoveStores() {
    for (; stores_ > 0; --stores_) {
      std::filesystem::remove_all(Path("store" + std::to_string(stores_)));
    }
  }

  // Lives in `store`; what is left of it is in `image`.
  Death Live(const Life& life, const std::filesystem::path& store,
             const std::filesystem::path& image) const {
    Death death;
    death.code =
        RunToEnd({JOURNAL_VICTIM, store, std::to_string(life.seed), std::to_string(life.groups),
                  std::to_string(static_cast<int>(life.failure)), std::to_string(life.call), image},
                 Path("out"), Path("errors"));
    std::ifstream lines(Path("out"));
    for (std::uint64_t group; lines >> group;) death.acknowledged = group;
    death.said = support::ReadFile(Path("errors"));
    // It is written past RocksDB, synced at once.
    if (std::filesystem::exists(store / "STORE")) {
      std::filesystem::copy_file(store / "STORE", image / "STORE");
    }
    return death;
  }

  // How many groups there are; checks that it is they, and nothing else.
  std::uint64_t GroupsIn(const std::filesystem::path& store, Schedule& schedule) {
    const auto identity = ReadIdentity(store);
    EXPECT_TRUE(identity.ok()) << identity.status();
    const bool in_use = identity.ok() && *identity && (*identity)->in_use;
    EXPECT_TRUE(!in_use || HasLog(store / "db")) << "Open relies on it";
    auto journal = Journal::Open({.directory = store});
    EXPECT_TRUE(journal.ok()) << journal.status();
    if (!journal.ok()) return 0;
    const Opened opened = (*journal)->opened();
    const Schedule::After& expected = schedule.AfterGroups(opened.group);
    EXPECT_EQ(opened.sequence, expected.sequence);
    const auto state = LoadState(**journal, kNow);
    EXPECT_TRUE(state.ok()) << state.status();
    EXPECT_TRUE(state.ok() && *state == expected.state) << "another state than after its groups";
    return opened.group;
  }

  // The groups that there are: those that were acknowledged, and at most one more.
  std::uint64_t Judge(const std::filesystem::path& store, Schedule& schedule,
                      std::uint64_t acknowledged, const Life& life) {
    const std::uint64_t groups = GroupsIn(store, schedule);
    EXPECT_GE(groups, acknowledged) << life;
    EXPECT_LE(groups, acknowledged + 1) << life;
    return groups;
  }

  std::filesystem::path CopyOf(const std::filesystem::path& store) {
    std::filesystem::path copy = Fresh();
    std::filesystem::copy(store, copy, std::filesystem::copy_options::recursive);
    return copy;
  }

  static bool HasLog(const std::filesystem::path& database) {
    const auto files = std::filesystem::directory_iterator(database);
    return std::any_of(begin(files), end(files),
                       [](const auto& file) { return file.path().extension() == ".log"; });
  }

  support::TempDir directory_;
  int stores_ = 0;
};

// One store, from one cut to the next.
TEST_F(PowerCutTest, WhatWasAcknowledgedSurvivesAndNothingElse) {
  const std::uint64_t lives = Setting("INTROSPECTD_POWER_CUTS", 90 / kSlowness);
  const std::uint64_t first = Setting("INTROSPECTD_POWER_SEED", 1);
  std::array<int, 9> deaths{};
  for (std::uint64_t n = 0; n < lives && !HasFailure(); n += kLivesOfAStore) {
    population::Random random(first + n, 3, 0);
    Schedule schedule(first + n);
    std::filesystem::path store = Fresh();
    std::uint64_t groups = 0;
    for (std::uint64_t i = 0; i < kLivesOfAStore && !HasFailure(); ++i) {
      const Life life{.seed = first + n,
                      .groups = groups + 1 + random.Below(kGroupsOfALife),
                      .failure = static_cast<Failure>(random.Below(3)),
                      .call = random.Below(kCallsMax)};
      const std::filesystem::path image = Fresh();
      const Death death = Live(life, store, image);
      ASSERT_TRUE(death.code == 0 || death.code == kPowerFailed || death.code == kRefused)
          << life << ": exit code " << death.code << ", " << death.said;
      ++deaths[static_cast<std::size_t>(death.code)];
      const std::filesystem::path copy = CopyOf(image);
      groups = Judge(copy, schedule, std::max(groups, death.acknowledged), life);
      // Half of them go on where the power failed, the others where somebody has looked.
      store = random.Chance(50) ? image : copy;
    }
    RemoveStores();
  }
  if (lives < 90) return;
  EXPECT_GT(deaths[kPowerFailed], 0);
  EXPECT_GT(deaths[kRefused], 0);
  EXPECT_GT(deaths[0], 0);
}

// Of a store with tables and a log.
TEST_F(PowerCutTest, EveryCallOfALife) {
  constexpr std::uint64_t kOddSeed = 21;  // it is killed in the end, not closed
  constexpr std::uint64_t kGroups = 5;
  const std::uint64_t step = Setting("INTROSPECTD_POWER_STEP", kSlowness);
  Schedule schedule(kOddSeed);
  std::filesystem::path aged = Fresh();
  for (std::uint64_t groups = kGroups; groups <= 3 * kGroups; groups += kGroups) {
    const std::filesystem::path image = Fresh();
    ASSERT_EQ(Live({kOddSeed, groups, Failure::kEnds, 1'000'000}, aged, image).code, 0);
    aged = image;
  }
  int code = kPowerFailed;
  for (std::uint64_t call = 0; code == kPowerFailed && !HasFailure(); call += step) {
    const Life life{kOddSeed, 4 * kGroups, Failure::kEnds, call};
    const std::filesystem::path image = Fresh();
    const Death death = Live(life, CopyOf(aged), image);
    Judge(image, schedule, std::max(3 * kGroups, death.acknowledged), life);
    code = death.code;
  }
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace introspectd::journal
