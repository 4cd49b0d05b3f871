#include "replica/statements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace introspectd::replica {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(StatementsTest, EveryRowHasParametersOfItsOwn) {
  EXPECT_THAT(InsertStatement(1), HasSubstr("($1::uuid, $2::bigint, $3::bigint, $4::bigint, $5)"));
  EXPECT_THAT(InsertStatement(2), HasSubstr("$5), ($6::uuid"));
  std::vector<std::string> parameters;
  AddParameters({.id = "i", .first_sequence = 1, .last_sequence = 2, .ends = 3, .lines = "l\n"},
                parameters);
  EXPECT_THAT(parameters, ElementsAre("i", "1", "2", "3", "l\n"));
}

TEST(StatementsTest, OnlyABeatWrites) {
  EXPECT_THAT(PollStatement(true), HasSubstr("INSERT"));
  EXPECT_THAT(PollStatement(false), testing::Not(HasSubstr("INSERT")));
}

TEST(StatementsTest, ArraysAreInBraces) {
  EXPECT_EQ(ArrayOf({}), "{}");
  EXPECT_EQ(ArrayOf({"a", "b"}), "{a,b}");
}

}  // namespace
}  // namespace introspectd::replica
