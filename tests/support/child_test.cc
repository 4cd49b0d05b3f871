#include "support/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/loopback_listener.h"
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

TEST(ChildTest, GetsSocketsPassedOn) {
  const TempDir directory;
  const std::filesystem::path out = directory.path() / "out";
  const LoopbackListener one, two;
  Child child({"/bin/sh", "-c",
               "test $LISTEN_PID = $$ && echo $LISTEN_FDS $LISTEN_FDNAMES && ls /proc/$$/fd && "
               "readlink /proc/$$/fd/3 /proc/$$/fd/4"},
              {.output = out, .passed_on = {{"a", one.fd()}, {"b", two.fd()}}});
  ASSERT_THAT(child.Wait(), Optional(0)) << ReadFile(out);
  const auto target = [](int fd) {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string() + "\n";
  };
  EXPECT_EQ(ReadFile(out), "2 a:b\n0\n1\n2\n3\n4\n" + target(one.fd()) + target(two.fd()));
}

}  // namespace
}  // namespace introspectd::support
