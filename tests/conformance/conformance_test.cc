// Every case of every table on the real server, in every way of sending it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>

#include "conformance/case.h"
#include "conformance/fleet.h"
#include "conformance/known_world.h"
#include "conformance/trials.h"
#include "support/admin_client.h"
#include "support/server_process.h"
#include "support/world.h"

namespace introspectd::conformance {

// How GoogleTest shows the parameters.
void PrintTo(const Topic& topic, std::ostream* out) { *out << topic.name; }
void PrintTo(Mode mode, std::ostream* out) { *out << static_cast<int>(mode); }

namespace {

using support::AdminClient;
using support::Connection;
using support::Plane;
using support::Response;
using support::ServerProcess;
using testing::IsEmpty;

// One server for all tests; what it wrote is searched for secrets at its end.
class Server : public testing::Environment {
 public:
  void SetUp() override {
    process_ = std::make_unique<ServerProcess>(Configuration());
    AdminClient admin(process_->port(Plane::kAdmin), std::string(support::kAdminToken));
    const support::PushResult result = admin.Push(Updates());
    ASSERT_EQ(result.status, 200) << admin.transcript();
    ASSERT_EQ(result.rejected, 0);
    ASSERT_EQ(result.expired, 1);
    answers_ = admin.transcript();
  }

  void TearDown() override {
    if (process_ == nullptr) return;
    EXPECT_EQ(process_->Stop(), 0) << process_->log();
    const support::LeakScan secrets = Secrets();
    EXPECT_THAT(secrets.Find("answers of the control plane", answers_), IsEmpty());
    EXPECT_THAT(
        secrets.FindInFiles(process_->directory().path(), {std::string(support::kConfigFile)}),
        IsEmpty());
    EXPECT_EQ(process_->log().find("\nlevel=fatal"), std::string::npos);
  }

  std::uint16_t port() const { return process_->port(Plane::kData); }

 private:
  std::unique_ptr<ServerProcess> process_;
  std::string answers_;
};

Server* const server = static_cast<Server*>(testing::AddGlobalTestEnvironment(new Server));

// The first trial of each case that went wrong, and how many more of it did.
void ExpectNone(const std::vector<std::string>& failures) {
  std::map<std::string, std::vector<std::string>> by_case;
  for (const std::string& failure : failures) {
    by_case[failure.substr(0, failure.find("], "))].push_back(failure);
  }
  for (const auto& [name, trials] : by_case) {
    ADD_FAILURE() << trials.front() << "\n(" << trials.size() << " trials of it went wrong)";
  }
}

class ConformanceTest : public testing::TestWithParam<std::tuple<Topic, Mode>> {};

TEST_P(ConformanceTest, AnswersAsTheContractSays) {
  const auto& [topic, mode] = GetParam();
  std::vector<Trial> trials;
  for (const Case& subject : topic.cases()) {
    std::ranges::move(TrialsOf(subject, mode), std::back_inserter(trials));
  }
  ExpectNone(Fleet(server->port(), {}).Play(trials));
}

std::string NameOf(const testing::TestParamInfo<std::tuple<Topic, Mode>>& info) {
  constexpr const char* kModes[] = {"Whole", "ByteByByte", "Cut", "Pipelined"};
  return std::string(std::get<Topic>(info.param).name) +
         kModes[static_cast<std::size_t>(std::get<Mode>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(All, ConformanceTest,
                         testing::Combine(testing::ValuesIn(Topics()),
                                          testing::Values(Mode::kWhole, Mode::kByteByByte,
                                                          Mode::kCut, Mode::kPipelined)),
                         NameOf);

// H38: order is kept, however many requests arrive together.
TEST(PipelineTest, EveryGoodRequestOfOneWriteIsAnsweredInOrder) {
  Connection connection = Connection::ToPort(server->port());
  std::string requests;
  const std::vector<KnownToken>& tokens = KnownTokens();
  constexpr std::size_t kRequests = 200;
  for (std::size_t i = 0; i < kRequests; ++i) {
    requests += Request{.body = "token=" + tokens[i % 12].token}.Bytes();
  }
  connection.Send(requests);
  for (std::size_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(connection.Read().body, tokens[i % 12].answer) << "answer " << i;
  }
  EXPECT_TRUE(connection.StaysOpen());
}

// Everything but the time of day must be equal, so that nothing is told about why.
Response AnswerTo(const Request& request) {
  Response response = Connection::ToPort(server->port()).Ask(request.Bytes());
  std::erase_if(response.headers, [](const auto& header) { return header.first == "date"; });
  return response;
}

void ExpectAlike(const std::vector<Request>& requests) {
  const Response first = AnswerTo(requests.front());
  for (const Request& request : requests) {
    const Response other = AnswerTo(request);
    EXPECT_EQ(other.status, first.status) << request.Bytes();
    EXPECT_EQ(other.headers, first.headers) << request.Bytes();
    EXPECT_EQ(other.body, first.body) << request.Bytes();
  }
}

TEST(AlikeTest, AnInactiveTokenNeverTellsWhy) {  // I01, RFC 7662 2.2
  std::vector<Request> requests;
  for (const std::string_view name : {"expired", "not yet valid", "revoked", "revoked by jti",
                                      "rule on sub", "another aud", "another issuer"}) {
    requests.push_back({.authorization = support::Basic("limited", kLimitedSecret),
                        .body = "token=" + KnownTokenNamed(name).token});
  }
  requests.push_back({.body = "token=" + std::string(support::kUnknownToken)});
  ExpectAlike(requests);
}

TEST(AlikeTest, AFailedAuthenticationNeverTellsWhy) {  // A02
  using support::Basic;
  ExpectAlike({{.authorization = Basic(support::kGateway, "wrong")},
               {.authorization = Basic("nobody", "wrong")},
               {.authorization = Basic(support::kGateway, "")},
               {.authorization = Basic("post-only", kPostOnlySecret)}});
}

}  // namespace
}  // namespace introspectd::conformance
