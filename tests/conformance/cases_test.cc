// The tables themselves: complete, and without two rows of one name.

#include <gtest/gtest.h>

#include <set>

#include "conformance/case.h"
#include "conformance/known_world.h"

namespace introspectd::conformance {
namespace {

TEST(CasesTest, NamesAreUniqueWithinATopicAndEveryCaseNamesItsSource) {
  for (const Topic& topic : Topics()) {
    std::set<std::string> names;
    for (const Case& subject : topic.cases()) {
      EXPECT_TRUE(names.insert(subject.name).second) << topic.name << ": " << subject.name;
      EXPECT_FALSE(subject.source.empty()) << subject.name;
      EXPECT_FALSE(subject.request.empty()) << subject.name;
    }
  }
}

TEST(CasesTest, NoRequestIsThereTwice) {
  std::set<std::string> requests;
  std::size_t count = 0;
  for (const Topic& topic : Topics()) {
    for (const Case& subject : topic.cases()) {
      ++count;
      requests.insert(subject.request);
    }
  }
  EXPECT_GE(requests.size(), 500u);
  EXPECT_GE(requests.size() + 12, count);  // the example, and a few that two topics share
}

TEST(CasesTest, EveryRowOfTheListOfBadInputsIsCovered) {
  std::string sources;
  for (const Topic& topic : Topics()) {
    for (const Case& subject : topic.cases()) sources += subject.source + ";";
  }
  for (const std::string_view row :
       {"H01", "H02", "H03", "H05", "H06", "H07", "H09", "H10", "H11", "H13", "H14", "H15", "H17",
        "H18", "H19", "H21", "H22", "H23", "H25", "H26", "H27", "H29", "H30", "H31", "H33", "H34",
        "H35", "H39", "H41", "H42", "H43", "H45", "L01", "L03", "L04", "I01", "I02", "I03", "I05",
        "I06", "I07", "I10", "I11", "I14", "A02", "A03", "A04", "A06", "A12", "A16"}) {
    EXPECT_NE(sources.find(row), std::string::npos) << row;
  }
}

TEST(CasesTest, KnownTokensHaveUniqueNamesAndSecretsThatCanBeLookedFor) {
  std::set<std::string_view> names;
  for (const KnownToken& known : KnownTokens()) {
    EXPECT_TRUE(names.insert(known.name).second) << known.name;
  }
  EXPECT_FALSE(Secrets().Find("updates", Updates()).empty());
}

}  // namespace
}  // namespace introspectd::conformance
