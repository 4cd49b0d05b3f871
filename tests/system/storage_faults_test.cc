// A disk that gets full, fails or is slow (contract 7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "support/wait_until.h"
#include "support/wire.h"
#include "system/faulty_node.h"

namespace introspectd::system_test {
namespace {

using support::Revoke;
using testing::HasSubstr;

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kPlenty = 1024 * kMiB;
constexpr std::int64_t kBelowReserve = 100 * kMiB;  // of 256 by default
constexpr std::int64_t kNothing = 1 * kMiB;

std::string Good(std::string_view token) { return Upsert(token, GoodClaims()); }

std::string Of(Node& node, std::string_view ndjson) {
  const Response response = node.admin().Post("/v1/tokens", ndjson);
  return std::to_string(response.status) + " " + response.body;
}

MATCHER(IsStorageFull, "") {
  return arg.starts_with("503 ") && arg.find(R"("error":"storage_full")") != std::string::npos;
}

class FullDiskTest : public testing::Test {
 protected:
  FullDiskTest() { disk_.faults().free_bytes = kPlenty; }

  // The server notices by itself.
  void SetRoom(Node& node, std::int64_t free_bytes, const std::string& log) {
    disk_.faults().free_bytes = free_bytes;
    const auto noticed = [&] { return node.process().log().find(log) != std::string::npos; };
    ASSERT_TRUE(support::WaitUntil(noticed)) << node.process().log();
  }
  void LeaveReserve(Node& node) {
    SetRoom(node, kBelowReserve, "the disk is nearly full: only revocations are taken");
  }
  void LeaveNothing(Node& node) {
    SetRoom(node, kNothing, "the disk is full: revocations are in memory alone");
  }
  void LeavePlenty(Node& node) { SetRoom(node, kPlenty, "there is room on the disk again"); }

  FaultyDisk disk_;
};

TEST_F(FullDiskTest, TheReserveIsForRevocations) {
  const auto node = disk_.Start();
  ASSERT_EQ(node->Push(Good("kept") + Good("mixed") + Good("alone")).status, 200);
  LeaveReserve(*node);
  EXPECT_THAT(Of(*node, Good("late") + Revoke("mixed")), IsStorageFull());
  EXPECT_EQ(node->Push(Revoke("alone")).status, 200);
  EXPECT_EQ(node->Push(Revoke("early")).status, 200);
  EXPECT_FALSE(node->IsActive("late"));
  EXPECT_FALSE(node->IsActive("mixed"));
  EXPECT_FALSE(node->IsActive("alone"));
  EXPECT_TRUE(node->IsActive("kept"));
  Kill(*node);

  const auto again = disk_.Start();  // the disk is as full as it was
  EXPECT_TRUE(again->IsActive("kept"));
  for (const char* token : {"late", "mixed", "alone"}) EXPECT_FALSE(again->IsActive(token));
  EXPECT_THAT(Of(*again, Good("late")), IsStorageFull());
  LeavePlenty(*again);
  EXPECT_EQ(again->Push(Good("late") + Good("alone") + Good("early")).status, 200);
  EXPECT_TRUE(again->IsActive("late"));
  EXPECT_FALSE(again->IsActive("alone"));
  EXPECT_FALSE(again->IsActive("early"));
}

TEST_F(FullDiskTest, BeyondTheReserveARevocationIsInMemoryAndWrittenWhenItCan) {
  const auto node = disk_.Start();
  ASSERT_EQ(
      node->Push(Good("kept") + Good("revoked") + Upsert("ruled", GoodClaims(R"("sub":"ruled",)")) +
                 Upsert("named", GoodClaims(R"("jti":"name",)")))
          .status,
      200);
  LeaveNothing(*node);
  const Response answer = node->admin().Post("/v1/tokens", Revoke("revoked"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("error":"storage_full")"));
  EXPECT_TRUE(answer.Header("retry-after"));
  EXPECT_THAT(Of(*node, R"({"op":"revoke","sub":"ruled"})"), IsStorageFull());
  EXPECT_THAT(
      Of(*node, R"({"op":"revoke","iss":")" + std::string(support::kIssuer) + R"(","jti":"name"})"),
      IsStorageFull());
  EXPECT_THAT(Of(*node, Good("late")), IsStorageFull());
  const auto expect_revoked = [](Node& of) {
    for (const char* token : {"revoked", "ruled", "named", "late"}) {
      EXPECT_FALSE(of.IsActive(token)) << token;
    }
    EXPECT_TRUE(of.IsActive("kept"));
  };
  expect_revoked(*node);
  EXPECT_EQ(node->StatusOf(Plane::kAdmin, "/readyz"), 200);

  // Nobody pushes, and yet it is written.
  const std::uint64_t syncs = disk_.faults().syncs;
  LeavePlenty(*node);
  ASSERT_TRUE(support::WaitUntil([&] { return disk_.faults().syncs > syncs; }));
  expect_revoked(*node);
  Kill(*node);
  const auto again = disk_.Start();
  expect_revoked(*again);
  EXPECT_EQ(again->Push(Good("late")).status, 200);
  EXPECT_TRUE(again->IsActive("late"));
}

// What is wrong with the disk, until the end.
struct Failure {
  const char* name;
  int sync_error;
  int write_error;
};

class FailingDiskTest : public testing::TestWithParam<Failure> {
 protected:
  FaultyDisk disk_;
};

TEST_P(FailingDiskTest, StopsTheServerAndLosesNothingAcknowledged) {
  {
    const auto node = disk_.Start();
    ASSERT_EQ(node->Push(Good("kept") + Good("revoked")).status, 200);
    ASSERT_EQ(node->Push(Revoke("revoked")).status, 200);
    disk_.faults().sync_error = GetParam().sync_error;
    disk_.faults().write_error = GetParam().write_error;
    EXPECT_THROW(node->Push(Good("never")), support::WireError) << "it was answered";
    EXPECT_EQ(node->process().Stop(), 1) << "of the server's own accord";
    EXPECT_THAT(node->process().log(), HasSubstr("stopped: updates cannot be kept"));
  }
  disk_.faults().sync_error = disk_.faults().write_error = 0;
  const auto node = disk_.Start();
  EXPECT_TRUE(node->IsActive("kept"));
  EXPECT_FALSE(node->IsActive("revoked"));
  EXPECT_EQ(node->Push(Good("more")).status, 200);
}

INSTANTIATE_TEST_SUITE_P(All, FailingDiskTest,
                         testing::Values(Failure{"ASync", EIO, 0}, Failure{"AWrite", 0, EIO},
                                         Failure{"AWriteWithoutRoom", 0, ENOSPC},
                                         Failure{"AWriteBeyondTheQuota", 0, EDQUOT}),
                         [](const auto& test) { return test.param.name; });

// D09
TEST(AwkwardDiskTest, WritesThatAreDoneByHalfOrInterruptedGoOn) {
  FaultyDisk disk;
  const auto node = disk.Start();
  disk.faults().in_pieces = true;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(node->Push(Good("t" + std::to_string(i)) + Revoke("r" + std::to_string(i))).status,
              200);
  }
  EXPECT_GT(disk.faults().partial, 20u);
  Kill(*node);
  const auto again = disk.Start();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(again->IsActive("t" + std::to_string(i))) << i;
}

// D10: a sync that does not return delays nobody but those whose updates it is to keep.
TEST(SlowDiskTest, LookUpsGoOnAndPushesWait) {
  FaultyDisk disk;
  const auto node = disk.Start();
  ASSERT_EQ(node->Push(Good("kept")).status, 200);
  disk.faults().hold_syncs = true;
  const auto push = [&](std::string_view lines) {
    return std::async(std::launch::async, [&node, line = std::string(lines)] {
      return node->AdminAs(std::string(support::kAdminToken)).Push(line).status;
    });
  };
  std::future<int> first = push(Good("new"));
  ASSERT_TRUE(support::WaitUntil([&] { return disk.faults().held > 0; }));
  std::future<int> second = push(Revoke("kept"));
  Connection connection = node->Connect();
  const std::string kept = Request{.body = "token=kept"}.Bytes();
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(connection.Ask(kept).body, GoodAnswer()) << i;
  EXPECT_FALSE(node->IsActive("new")) << "before it is durable";
  EXPECT_EQ(node->StatusOf(Plane::kAdmin, "/healthz"), 200);
  EXPECT_EQ(node->admin().Get("/v1/status").status, 200);
  EXPECT_EQ(first.wait_for(support::milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(second.wait_for(support::milliseconds(0)), std::future_status::timeout);
  disk.faults().hold_syncs = false;
  EXPECT_EQ(first.get(), 200);
  EXPECT_EQ(second.get(), 200);
  EXPECT_TRUE(node->IsActive("new"));
  EXPECT_FALSE(node->IsActive("kept"));
}

// D11: the server says in one line what is wrong with the directory, and ends.
class DirectoryTest : public testing::Test {
 protected:
  void ExpectRefusal(std::string_view what) {
    const support::Finished finished = disk_.RunToEnd();
    EXPECT_EQ(finished.code, 1) << finished.output;
    EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), '\n'), 1)
        << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(disk_.data().string()));
    EXPECT_THAT(finished.output, HasSubstr(what));
  }

  FaultyDisk disk_;
};

TEST_F(DirectoryTest, ThatCannotBeMade) {
  disk_.faults().read_only = true;
  ExpectRefusal("Read-only file system");
}

TEST_F(DirectoryTest, ThatCannotBeWritten) {
  disk_.Start();
  disk_.faults().read_only = true;
  ExpectRefusal("Read-only file system");
}

TEST_F(DirectoryTest, ThatOthersMayRead) {
  disk_.Start();
  ASSERT_EQ(chmod(disk_.data().c_str(), 0755), 0);
  ExpectRefusal("its mode must be 0700");
}

TEST_F(DirectoryTest, ThatIsAnothers) {
  const auto owner = disk_.Start();
  ExpectRefusal("lock");
  EXPECT_EQ(owner->Push(Good("t")).status, 200) << "the owner is not disturbed";
}

TEST_F(DirectoryTest, ThatIsAFile) {
  std::ofstream(disk_.data()) << "no directory";
  ExpectRefusal("Not a directory");
}

}  // namespace
}  // namespace introspectd::system_test
