#include "support/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/temp_dir.h"

namespace introspectd::support {
namespace {

using testing::Optional;

TEST(ChildTest, GivesTheExitCodeAndBothOutputs) {
  const Finished finished = RunToEnd({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(finished.code, 3);
  EXPECT_EQ(finished.output, "out\nerr\n");
}

TEST(ChildTest, AProgramThatDoesNotExistEndsWith127) {
  EXPECT_EQ(RunToEnd({"/no/such/program"}).code, 127);
}

TEST(ChildTest, TellsWhichSignalEndedIt) {
  const TempDir directory;
  Child child({"/bin/sleep", "60"}, {.output = directory.path() / "out", .open_files_max = {}});
  EXPECT_TRUE(child.Running());
  child.Signal(SIGTERM);
  EXPECT_THAT(child.Wait(), Optional(128 + SIGTERM));
}

TEST(ChildTest, WaitGivesUpOnAChildThatRuns) {
  const TempDir directory;
  Child child({"/bin/sleep", "60"}, {.output = directory.path() / "out", .open_files_max = {}});
  EXPECT_EQ(child.Wait(milliseconds(20)), std::nullopt);
}

TEST(ChildTest, DoesNotOutliveItsOwner) {
  const TempDir directory;
  pid_t pid = -1;
  {
    const Child child({"/bin/sleep", "60"},
                      {.output = directory.path() / "o", .open_files_max = {}});
    pid = child.pid();
    ASSERT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ChildTest, LimitsOpenFiles) {
  const TempDir directory;
  const std::filesystem::path out = directory.path() / "out";
  Child child({"/bin/sh", "-c", "ulimit -n"}, {.output = out, .open_files_max = 37});
  ASSERT_THAT(child.Wait(), Optional(0));
  EXPECT_EQ(ReadFile(out), "37\n");
}

}  // namespace
}  // namespace introspectd::support
