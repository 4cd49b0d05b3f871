#include "load/updates.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace introspectd::load {
namespace {

std::string WriteFile(std::string_view contents) {
  std::string file = testing::TempDir() + "updates_test.ndjson";
  std::ofstream(file) << contents;
  return file;
}

TEST(UpdatesTest, GoesRoundAndChangesTheClaimsEachTime) {
  const std::string file = WriteFile(
      "{\"op\":\"upsert\",\"token\":\"a\",\"claims\":{\"exp\":1700000080}}\n"
      "{\"op\":\"upsert\",\"token\":\"b\",\"claims\":{\"exp\":1700000090}}\n"
      "{\"op\":\"upsert\",\"token\":\"c\",\"claims\":{\"exp\":1700000000}}\n");
  auto updates = Updates::Read(file, 100);
  ASSERT_TRUE(updates.ok()) << updates.status();
  ASSERT_EQ(updates->size(), 3u);

  const Updates::Batch first = updates->Next(2);
  EXPECT_EQ(first.lines, 2u);
  EXPECT_EQ(first.ndjson,
            "{\"op\":\"upsert\",\"token\":\"a\",\"claims\":{\"exp\":1700000090}}\n"
            "{\"op\":\"upsert\",\"token\":\"b\",\"claims\":{\"exp\":1700000000}}\n");
  const Updates::Batch end = updates->Next(2);
  EXPECT_EQ(end.lines, 1u);
  EXPECT_EQ(end.ndjson, "{\"op\":\"upsert\",\"token\":\"c\",\"claims\":{\"exp\":1700000010}}\n");
  const Updates::Batch again = updates->Next(1);
  EXPECT_EQ(again.lines, 1u);
  EXPECT_EQ(again.ndjson, "{\"op\":\"upsert\",\"token\":\"a\",\"claims\":{\"exp\":1700000000}}\n");
}

TEST(UpdatesTest, ReadsNoMoreThanAsked) {
  const std::string file = WriteFile(
      "{\"op\":\"upsert\",\"token\":\"a\",\"claims\":{\"exp\":1700000080}}\n"
      "not an update\n");
  EXPECT_EQ(Updates::Read(file, 1)->size(), 1u);
  const auto updates = Updates::Read(file, 2);
  ASSERT_FALSE(updates.ok());
  EXPECT_EQ(updates.status().message(), file + ":2: not an upsert with an exp");
}

TEST(UpdatesTest, NamesAFileThatIsNotThere) {
  EXPECT_EQ(Updates::Read("/nowhere/x", 1).status().message(),
            "cannot read /nowhere/x: No such file or directory");
}

}  // namespace
}  // namespace introspectd::load
