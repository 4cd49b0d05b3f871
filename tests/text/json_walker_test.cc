#include "text/json_walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace introspectd::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Parts(std::string_view container) {
  std::vector<std::string> parts;
  JsonWalker walker(container);
  while (!walker.AtEnd()) parts.emplace_back(walker.Take());
  return parts;
}

TEST(JsonWalkerTest, WalksNamesAndValuesOfAnObject) {
  EXPECT_THAT(Parts(R"({"a":1,"b":"c","d":true})"),
              ElementsAre(R"("a")", "1", R"("b")", R"("c")", R"("d")", "true"));
}

TEST(JsonWalkerTest, WalksTheElementsOfAnArray) {
  EXPECT_THAT(Parts(R"([1,"2",null,-3e5])"), ElementsAre("1", R"("2")", "null", "-3e5"));
}

TEST(JsonWalkerTest, FindsNothingInEmptyContainers) {
  EXPECT_THAT(Parts("{}"), IsEmpty());
  EXPECT_THAT(Parts("[]"), IsEmpty());
}

TEST(JsonWalkerTest, TakesContainersWhole) {
  EXPECT_THAT(Parts(R"([{"a":[1,{"b":2}]},[[]],{}])"),
              ElementsAre(R"({"a":[1,{"b":2}]})", "[[]]", "{}"));
}

TEST(JsonWalkerTest, IsNotMisledByWhatStandsInStrings) {
  EXPECT_THAT(Parts(R"(["},]\"",{"]":"}\\"},"\\","a,b"])"),
              ElementsAre(R"("},]\"")", R"({"]":"}\\"})", R"("\\")", R"("a,b")"));
}

}  // namespace
}  // namespace introspectd::text
