#include "replica/memory_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace introspectd::replica {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Keys(const std::vector<journal::Note>& notes) {
  std::vector<std::string> keys;
  for (const journal::Note& note : notes) keys.push_back(note.key);
  return keys;
}

class MemoryNotesTest : public testing::Test {
 protected:
  MemoryNotesTest() {
    for (const char* key : {"b/2", "a/1", "b/1", "c/1", "b/3"}) {
      notes_.Put({.key = key, .text = "12345", .end = key[2] - '0'});
    }
  }
  MemoryNotes notes_;
};

TEST_F(MemoryNotesTest, AreReadByPrefixInOrder) {
  EXPECT_THAT(Keys(notes_.Read("b/", "", 1000)), ElementsAre("b/1", "b/2", "b/3"));
  EXPECT_THAT(Keys(notes_.Read("b/", "b/2", 1000)), ElementsAre("b/2", "b/3"));
  EXPECT_THAT(Keys(notes_.Read("b/", "b/3x", 1000)), IsEmpty());
  EXPECT_THAT(Keys(notes_.Read("d/", "", 1000)), IsEmpty());
}

TEST_F(MemoryNotesTest, AreReadUntilTheyAreEnough) {
  EXPECT_THAT(Keys(notes_.Read("b/", "", 1)), ElementsAre("b/1"));
  EXPECT_THAT(Keys(notes_.Read("b/", "", 6)), ElementsAre("b/1", "b/2"));
}

TEST_F(MemoryNotesTest, TheNewestOfAKeyCounts) {
  notes_.Put({.key = "a/1", .text = "new", .end = 5});
  EXPECT_EQ(notes_.Read("a/", "", 1000).front().text, "new");
  notes_.Put({.key = "a/1", .erase = true});
  EXPECT_THAT(notes_.Read("a/", "", 1000), IsEmpty());
}

TEST_F(MemoryNotesTest, ThoseThatAreOverAreForgotten) {
  notes_.Forget("b/", 2);
  EXPECT_THAT(Keys(notes_.Read("b/", "", 1000)), ElementsAre("b/3"));
  EXPECT_THAT(Keys(notes_.Read("a/", "", 1000)), ElementsAre("a/1")) << "another prefix";
}

}  // namespace
}  // namespace introspectd::replica
