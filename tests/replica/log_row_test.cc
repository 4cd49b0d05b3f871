#include "replica/log_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace introspectd::replica {
namespace {

TEST(LogRowTest, CountsWhatWasWritten) {
  LogRow row;
  EXPECT_TRUE(row.empty());
  row.Count({.lines = 0, .ends = 99}, 7);
  EXPECT_TRUE(row.empty()) << "nothing was";
  row.Count({.lines = 1, .ends = 10}, 7);
  row.Count({.lines = 2, .ends = 5}, 3);
  row.Count({.lines = 1, .ends = 8}, 9);
  EXPECT_EQ(row.line_count, 4u);
  EXPECT_EQ(row.first_sequence, 3u);
  EXPECT_EQ(row.last_sequence, 9u);
  EXPECT_EQ(row.ends, 10);
}

TEST(LogRowTest, IsReadBackFromItsNote) {
  const LogRow row{.id = NewId(),
                   .first_sequence = 5,
                   .last_sequence = 8,
                   .ends = 1'700'000'000,
                   .lines = "{\"op\":\"heartbeat\"}\n{\"op\":\"complete\"}\n",
                   .line_count = 2};
  const journal::Note note = NoteOf(row, KeyOfRow(1'600'000'000, row.id), 77);
  EXPECT_EQ(note.end, 77);
  const auto read = RowOf(note);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, row.id);
  EXPECT_EQ(read->first_sequence, 5u);
  EXPECT_EQ(read->last_sequence, 8u);
  EXPECT_EQ(read->ends, row.ends);
  EXPECT_EQ(read->lines, row.lines);
  EXPECT_EQ(read->line_count, 2u);
}

TEST(LogRowTest, NothingElseIsOne) {
  for (const char* text :
       {"", "\n", "1 2 3", "1 2\nx\n", "1 2 3\nx", "a 2 3\nx\n", "1 2 3 4\nx\n"}) {
    EXPECT_FALSE(RowOf({.key = "row/1/a", .text = text})) << text;
  }
}

TEST(LogRowTest, KeysAreInTheOrderOfTime) {
  EXPECT_LT(KeyOfRow(9, "b"), KeyOfRow(10, "a"));
  EXPECT_LT(KeyOfRow(255, "b"), KeyOfRow(256, "a"));
  EXPECT_TRUE(KeyOfRow(1, "a").starts_with(kRowPrefix));
  EXPECT_TRUE(KeyOfOwed("a").starts_with(kOwedPrefix));
}

TEST(LogRowTest, EveryIdIsAnother) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const std::string id = NewId();
    EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"));
    EXPECT_TRUE(ids.insert(id).second);
  }
}

}  // namespace
}  // namespace introspectd::replica
