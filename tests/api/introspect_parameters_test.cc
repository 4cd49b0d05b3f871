// What is asked, and what each client sees of the answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/data_plane.h"
#include "support/request.h"

namespace introspectd::api {
namespace {

using support::Basic;
using support::ClientTable;
using support::ConfigText;
using support::kInactive;
using support::Request;
using support::Upsert;
using support::WithTimes;
using testing::HasSubstr;

constexpr const char* kAll = "audiences = [\"*\"]\nissuers = [\"*\"]\n";

std::string Client(const std::string& id, const std::string& more) {
  return ClientTable(id, "secret = \"secret-of-" + id + "\"", more);
}
std::string As(const std::string& id) { return Basic(id, "secret-of-" + id); }

class ParametersTest : public testing::Test {
 protected:
  ParametersTest()
      : plane_(ConfigText{
            .tables = Client("rejects", kAll) +
                      Client("allows_refresh",
                             std::string(kAll) + "unsupported_hint = \"reject_refresh\"\n") +
                      Client("ignores", std::string(kAll) + "unsupported_hint = \"ignore\"\n") +
                      Client("sees_sub", std::string(kAll) + "members = [\"sub\"]\n")}
                   .Text()) {
    plane_.Push(
        Upsert("one", WithTimes(R"({"sub":"first","scope":"read write","exp":@+60})")) +
        Upsert("two", WithTimes(R"({"sub":"second and longer","scope":"read","exp":@+90})")));
  }

  // "active", "inactive", or status and error.
  std::string Outcome(const std::string& client, const std::string& body) {
    const support::Response response =
        plane_.AskAnew(Request{.authorization = As(client), .body = body}.Bytes());
    if (response.status == 200) return response.body == kInactive ? "inactive" : "active";
    const std::string error = response.body.substr(0, response.body.find(','));
    return std::to_string(response.status) + " " + error.substr(error.find(':') + 1);
  }

  DataPlane plane_;
};

TEST_F(ParametersTest, TheTokenIsRequired) {
  for (const char* body : {"", "token=", "token", "tokens=one", "Token=one", "scope=read"}) {
    EXPECT_EQ(Outcome("rejects", body), "400 \"invalid_request\"") << body;
  }
}

TEST_F(ParametersTest, HintsAreForEachClientToHave) {
  const std::string request = "400 \"invalid_request\"";
  const std::string type = "400 \"unsupported_token_type\"";
  struct Case {
    const char* hint;
    std::string rejects;
    std::string allows_refresh;
    std::string ignores;
  };
  for (const Case& c : std::vector<Case>{{"access_token", "active", "active", "active"},
                                         {"pct", "active", "active", "active"},
                                         {"", "active", "active", "active"},
                                         {"refresh_token", type, type, "active"},
                                         {"id_token", request, "active", "active"},
                                         {"ACCESS_TOKEN", request, "active", "active"},
                                         {"access_token%20", request, "active", "active"}}) {
    const std::string body = std::string("token=one&token_type_hint=") + c.hint;
    EXPECT_EQ(Outcome("rejects", body), c.rejects) << c.hint;
    EXPECT_EQ(Outcome("allows_refresh", body), c.allows_refresh) << c.hint;
    EXPECT_EQ(Outcome("ignores", body), c.ignores) << c.hint;
  }
}

TEST_F(ParametersTest, AMissingTokenGoesBeforeItsHint) {
  EXPECT_EQ(Outcome("rejects", "token_type_hint=refresh_token"), "400 \"invalid_request\"");
}

TEST_F(ParametersTest, EveryScopeMustBeThere) {
  for (const auto& [scope, outcome] :
       std::vector<std::pair<std::string, std::string>>{{"read", "active"},
                                                        {"write+read", "active"},
                                                        {"%20read++write%20", "active"},
                                                        {"", "active"},
                                                        {"+", "active"},
                                                        {"read+dolphin", "inactive"},
                                                        {"rea", "inactive"},
                                                        {"READ", "inactive"},
                                                        {"read%09write", "inactive"}}) {
    EXPECT_EQ(Outcome("rejects", "token=one&scope=" + scope), outcome) << scope;
  }
}

// Answers that are made in memory of the loop's, side by side in one turn.
TEST_F(ParametersTest, NoAnswerIsMixedUpWithAnother) {
  const auto ask = [](const std::string& client, const std::string& body) {
    return Request{.authorization = As(client), .body = body}.Bytes();
  };
  for (const char* client : {"sees_sub", "rejects"}) {  // verified, so that nothing waits
    plane_.AskAnew(ask(client, "token=one"));
  }
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {ask("sees_sub", "token=one"), WithTimes(R"({"active":true,"sub":"first","exp":@+60})")},
      {ask("sees_sub", "token=two&scope=read"),
       WithTimes(R"({"active":true,"sub":"second and longer","exp":@+90})")},
      {ask("sees_sub", "token=two&scope=write"), std::string(kInactive)},
      {ask("sees_sub", "token=one&scope=write"),
       WithTimes(R"({"active":true,"sub":"first","exp":@+60})")},
      {ask("rejects", "token=one"),
       WithTimes(R"({"active":true,"sub":"first","scope":"read write","exp":@+60,)") +
           R"("token_type":"Bearer","extended_claims":{}})"},
      {ask("sees_sub", "token=%"), "a percent-escape is broken"},
      {ask("sees_sub", "token=three"), std::string(kInactive)},
  };
  for (const auto& [first, first_answer] : pairs) {
    for (const auto& [second, second_answer] : pairs) {
      for (const auto& [third, third_answer] : pairs) {
        plane_.Reconnect();
        std::string said = plane_.Say(first + second + third);
        for (const std::string& answer : {first_answer, second_answer, third_answer}) {
          const support::Parsed parsed = support::ParseResponse(said);
          ASSERT_EQ(parsed.progress, support::Progress::kComplete) << said;
          EXPECT_THAT(parsed.response.body, HasSubstr(answer)) << first << second << third;
          said.erase(0, parsed.size);
        }
        EXPECT_EQ(said, "");
      }
    }
  }
}

}  // namespace
}  // namespace introspectd::api
