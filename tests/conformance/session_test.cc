// Every case of every table on the session alone: exactly these pieces, no socket between.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>

#include "conformance/case.h"
#include "conformance/session_world.h"
#include "conformance/trials.h"

namespace introspectd::conformance {

void PrintTo(const Topic& topic, std::ostream* out) { *out << topic.name; }

namespace {

class SessionTest : public testing::TestWithParam<std::tuple<Topic, bool>> {};

TEST_P(SessionTest, AnswersAsTheContractSays) {
  const auto& [topic, forgets] = GetParam();
  SessionWorld world(forgets);
  const auto exchange = [&world](const std::vector<std::string_view>& pieces, bool* closed) {
    return world.Exchange(pieces, closed);
  };
  for (const Case& subject : topic.cases()) {
    for (const Mode mode : {Mode::kWhole, Mode::kByteByByte, Mode::kCut, Mode::kPipelined}) {
      const std::vector<std::string> failures = Failures(TrialsOf(subject, mode), exchange);
      if (failures.empty()) continue;
      ADD_FAILURE() << failures.front() << "\n(" << failures.size() << " trials of it went wrong)";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SessionTest,
                         testing::Combine(testing::ValuesIn(Topics()), testing::Bool()),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) +
                                  (std::get<1>(test.param) ? "Late" : "Remembered");
                         });

}  // namespace
}  // namespace introspectd::conformance
