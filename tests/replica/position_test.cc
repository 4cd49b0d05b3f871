#include "replica/position.h"

#include <gtest/gtest.h>

namespace introspectd::replica {
namespace {

TEST(PositionTest, IsReadBackAsItWasWritten) {
  const Position position{.server = {"7711323105489902266", 3, 1'795'432'322'565'196},
                          .snapshot = "740:760:741,750",
                          .at_us = 1'795'432'327'708'387};
  const auto read = Position::FromJson(position.ToJson());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->server, position.server);
  EXPECT_EQ(read->snapshot, position.snapshot);
  EXPECT_EQ(read->at_us, position.at_us);
}

TEST(PositionTest, NothingElseIsOne) {
  const std::string good = Position{.server = {"1", 1, 1}, .snapshot = "1:1:", .at_us = 1}.ToJson();
  EXPECT_TRUE(Position::FromJson(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Position::FromJson(good.substr(0, size))) << size;
  }
  EXPECT_FALSE(Position::FromJson(R"({"system":"1","timeline":1,"started":1,"at":1})"));
  EXPECT_FALSE(
      Position::FromJson(R"({"system":1,"timeline":1,"started":1,"at":1,"snapshot":"1:1:"})"));
}

TEST(PositionTest, AnyDifferenceMakesAnotherServer) {
  const Server server{"1", 2, 3};
  EXPECT_EQ(server, (Server{"1", 2, 3}));
  EXPECT_NE(server, (Server{"2", 2, 3}));
  EXPECT_NE(server, (Server{"1", 3, 3}));
  EXPECT_NE(server, (Server{"1", 2, 4}));
}

}  // namespace
}  // namespace introspectd::replica
