#include "api/introspect_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/data_plane.h"
#include "support/request.h"

namespace introspectd::api {
namespace {

using support::Basic;
using support::ClientTable;
using support::ConfigText;
using support::kGateway;
using support::kGatewaySecret;
using support::kInactive;
using support::Request;
using support::Upsert;
using support::WithTimes;
using testing::HasSubstr;

std::string TokenBody(std::string_view token) { return "token=" + std::string(token); }

std::string ErrorIn(const support::Response& response) {
  const std::size_t begin = response.body.find("\"error\":\"");
  if (begin == std::string::npos) return "none";
  return response.body.substr(begin + 9, response.body.find('"', begin + 9) - begin - 9);
}

class IntrospectEndpointTest : public testing::Test {
 protected:
  static ConfigText Text() {
    return {.tables = ClientTable("limited", "secret = \"limited-secret\"",
                                  "audiences = [\"https://a.example\"]\nmembers = [\"sub\"]") +
                      ClientTable("strict", "secret = \"s:e+c%20ret\"",
                                  "audiences = [\"*\"]\nissuers = [\"*\"]\n"
                                  "unknown_token = \"error\"")};
  }
  IntrospectEndpointTest() : plane_(Text().Text()) {
    plane_.Push(Upsert(support::kExampleToken, support::ExampleClaims()));
  }

  std::string Example() { return plane_.AskAnew(Request{}.Bytes()).body; }

  DataPlane plane_;
};

TEST_F(IntrospectEndpointTest, AnswersTheExampleOfRfc7662) {
  const support::Response response = plane_.Ask(Request{}.Bytes());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, support::ExampleAnswer());
  EXPECT_EQ(plane_.counters.Get(Count::kActive), 1u);
}

// Of two faults the one that comes first in the contract's table decides.
TEST_F(IntrospectEndpointTest, ChecksInTheOrderOfTheContract) {
  struct Fault {
    const char* name;
    int status;
    const char* error;
    void (*make)(Request&);
  };
  const Fault faults[] = {
      {"path", 404, "not_found",
       [](Request& r) { r.line.replace(r.line.find("/introspect"), 11, "/elsewhere"); }},
      {"method", 405, "invalid_request", [](Request& r) { r.line.replace(0, 4, "PUT"); }},
      {"type", 415, "invalid_request", [](Request& r) { r.type = "Content-Type: text/plain\r\n"; }},
      {"size", 413, "invalid_request", [](Request& r) { r.body += std::string(70'000, 'x'); }},
      {"form", 400, "invalid_request", [](Request& r) { r.body = "token=%&" + r.body; }},
      {"client", 401, "invalid_client",
       [](Request& r) { r.authorization = Basic("gateway", "no"); }},
      {"parameters", 400, "unsupported_token_type",
       [](Request& r) { r.body += "&token_type_hint=refresh_token"; }},
  };
  for (std::size_t first = 0; first < std::size(faults); ++first) {
    for (std::size_t second = first; second < std::size(faults); ++second) {
      for (const char* expect : {"", "Expect: 100-continue\r\n"}) {
        SCOPED_TRACE(std::string(faults[first].name) + " and " + faults[second].name + " " +
                     expect);
        Request request{.extra = expect};
        faults[second].make(request);
        if (second != first) faults[first].make(request);
        std::string said = (plane_.Reconnect(), plane_.Say(request.Bytes()));
        if (said.starts_with(support::kContinue)) said.erase(0, support::kContinue.size());
        const support::Response response = support::ParseResponse(said).response;
        // Whom the head alone proves wrong is told so before the body comes.
        const bool early = *expect != '\0' && first == 4 && second == 5;
        EXPECT_EQ(response.status, early ? 401 : faults[first].status);
        EXPECT_EQ(ErrorIn(response), early ? "invalid_client" : faults[first].error);
      }
    }
  }
}

TEST_F(IntrospectEndpointTest, ReadinessStandsBetweenClientAndParameters) {
  plane_.readiness.SetReady(false);
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = Basic("gateway", "no")}.Bytes()).status, 401);
  const support::Response unready = plane_.AskAnew(Request{.body = ""}.Bytes());
  EXPECT_EQ(unready.status, 503);
  EXPECT_EQ(ErrorIn(unready), "temporarily_unavailable");
  EXPECT_EQ(unready.Header("retry-after"), "1");
  plane_.readiness.SetReady(true);
  EXPECT_EQ(plane_.AskAnew(Request{.body = ""}.Bytes()).status, 400);
}

// Contract 7: a node answers until its lease ends, and not from then on.
TEST_F(IntrospectEndpointTest, TheLeaseIsLookedAtWhenTheAnswerIsMade) {
  plane_.readiness.SetLease(plane_.now.boot_ms + 1);
  EXPECT_EQ(plane_.Ask(Request{}.Bytes()).body, support::ExampleAnswer());
  plane_.settle_later = true;
  plane_.Say(Request{}.Bytes());
  ++plane_.now.boot_ms;  // between the question and its answer
  plane_.Settle();
  EXPECT_THAT(plane_.Take(), testing::StartsWith("HTTP/1.1 503 "));
  plane_.settle_later = false;
  EXPECT_EQ(plane_.AskAnew(Request{}.Bytes()).status, 503);
  EXPECT_EQ(plane_.AskAnew("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n").status, 503);
  plane_.readiness.SetLease(plane_.now.boot_ms + 1);
  EXPECT_EQ(plane_.AskAnew(Request{}.Bytes()).body, support::ExampleAnswer());
}

TEST_F(IntrospectEndpointTest, AKnownHeadIsAnsweredLikeANewOne) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(plane_.Ask(Request{}.Bytes()).body, support::ExampleAnswer());
    EXPECT_EQ(plane_.Ask(Request{.body = TokenBody("0123456789abcdefghijkl")}.Bytes()).body,
              kInactive);
  }
  EXPECT_EQ(plane_.verified, 1);
}

// The head says who asks, unless the body does.
TEST_F(IntrospectEndpointTest, ANoteIsOfNoUseWhenTheBodyNamesAClient) {
  const Request other{.body = "token=x&client_id=limited&client_secret=limited-secret"};
  Request plain{.body = "token=x&pad="};
  plain.body.resize(other.body.size(), 'x');
  ASSERT_EQ(plane_.Ask(plain.Bytes()).status, 200);
  const support::Response response = plane_.Ask(other.Bytes());
  EXPECT_EQ(response.status, 400) << "different credentials in header and body";
}

TEST_F(IntrospectEndpointTest, SecretsAreVerifiedOnceAndThenRemembered) {
  EXPECT_EQ(Example(), support::ExampleAnswer());
  EXPECT_EQ(Example(), support::ExampleAnswer());
  const Request posted{.authorization = "",
                       .body = Request{}.body + "&client_id=" + std::string(kGateway) +
                               "&client_secret=" + std::string(kGatewaySecret)};
  EXPECT_EQ(plane_.AskAnew(posted.Bytes()).body, support::ExampleAnswer());
  EXPECT_EQ(plane_.verified, 1) << "the same pair, however it is sent";
  plane_.AskAnew(Request{.authorization = Basic(kGateway, "wrong")}.Bytes());
  plane_.AskAnew(Request{.authorization = Basic(kGateway, "wrong")}.Bytes());
  EXPECT_EQ(plane_.verified, 3) << "what is wrong is not remembered";
}

TEST_F(IntrospectEndpointTest, BothReadingsOfBasicAreTried) {
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = Basic("strict", "s:e+c%20ret")}.Bytes()).status,
            200);
  EXPECT_EQ(
      plane_.AskAnew(Request{.authorization = Basic("strict", "s%3Ae%2Bc%2520ret")}.Bytes()).status,
      200);
  EXPECT_EQ(plane_.AskAnew(Request{.authorization = Basic("strict", "s:e c ret")}.Bytes()).status,
            401);
}

TEST_F(IntrospectEndpointTest, UnknownClientAndWrongSecretLookAlike) {
  const auto said = [this](const std::string& authorization) {
    plane_.Reconnect();
    return plane_.Say(Request{.authorization = authorization}.Bytes());
  };
  const std::string wrong = said(Basic(kGateway, "wrong"));
  EXPECT_THAT(wrong, HasSubstr("HTTP/1.1 401 "));
  EXPECT_THAT(wrong, HasSubstr("\r\nWWW-Authenticate: Basic realm="));
  EXPECT_EQ(said(Basic("nobody", "wrong")), wrong);
  EXPECT_EQ(said(Basic("", "")), wrong);
  EXPECT_EQ(said(Basic(std::string(kGateway) + "\xff", "wrong")), wrong);
  EXPECT_EQ(said("Authorization: Basic !!!\r\n"), wrong);
  EXPECT_EQ(said("Authorization: Basic\r\n"), wrong);
  EXPECT_EQ(said(""), wrong);
}

TEST_F(IntrospectEndpointTest, ABearerTokenIsChallengedAsOne) {
  const support::Response response =
      plane_.Ask(Request{.authorization = "Authorization: Bearer abc\r\n"}.Bytes());
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(response.Header("www-authenticate").value_or(""), HasSubstr("Bearer "));
}

TEST_F(IntrospectEndpointTest, AnAnswerWaitsForItsVerification) {
  plane_.verify_later = true;
  EXPECT_EQ(plane_.Say(Request{}.Bytes() + Request{.body = "token=x"}.Bytes()), "");
  ASSERT_EQ(plane_.verifications.size(), 1u) << "one request at a time";
  plane_.Verify();
  const std::string said = plane_.Take();
  EXPECT_LT(said.find(support::ExampleAnswer()), said.find(kInactive));
}

TEST_F(IntrospectEndpointTest, AVerificationThatCannotBeMadeIs503) {
  plane_.verify_later = true;
  plane_.Say(Request{}.Bytes());
  plane_.Resume(plane_.verifications.front().ticket, http::Resumption::kUnavailable);
  EXPECT_THAT(plane_.Take(), HasSubstr("HTTP/1.1 503 "));
  EXPECT_EQ(plane_.counters.Get(Count::kUnavailable), 1u);
}

TEST_F(IntrospectEndpointTest, AVerificationThatTakesTooLongIs503) {
  plane_.verify_later = true;
  plane_.Say(Request{}.Bytes());
  plane_.now.boot_ms = plane_.session->deadline_ms();
  std::string out;
  plane_.session->Expire(plane_.now, out);
  EXPECT_THAT(out, HasSubstr("HTTP/1.1 503 "));
}

TEST_F(IntrospectEndpointTest, AReloadForgetsEverySecret) {
  ASSERT_EQ(plane_.Ask(Request{}.Bytes()).status, 200);
  ConfigText without = Text();
  without.with_gateway = false;
  plane_.Reload(without.Text());
  EXPECT_EQ(plane_.Ask(Request{}.Bytes()).status, 401) << "on the connection that knows the head";
  EXPECT_EQ(plane_.AskAnew(Request{}.Bytes()).status, 401);
  plane_.Reload(Text().Text());
  EXPECT_EQ(plane_.AskAnew(Request{}.Bytes()).body, support::ExampleAnswer());
}

// Who was found good may have gone by the time that the answer is given: nothing breaks.
TEST_F(IntrospectEndpointTest, AReloadMayComeBetweenAQuestionAndItsAnswer) {
  plane_.Ask(Request{}.Bytes());
  plane_.settle_later = true;
  EXPECT_EQ(plane_.Say(Request{}.Bytes()), "");
  plane_.Reload(ConfigText{.with_gateway = false}.Text());
  plane_.Reload(ConfigText{.with_gateway = false}.Text());
  plane_.Settle();
  EXPECT_THAT(plane_.Take(), HasSubstr(support::ExampleAnswer()));
}

TEST_F(IntrospectEndpointTest, AStaleFeedMakesUnknownTokensUnavailable) {
  const auto status = [this](std::string_view token, const std::string& authorization) {
    return plane_.AskAnew(Request{.authorization = authorization, .body = TokenBody(token)}.Bytes())
        .status;
  };
  plane_.readiness.SetFeedDeadline(plane_.now.boot_ms + 1);
  EXPECT_EQ(status("unknown", Request{}.authorization), 200);
  plane_.now.boot_ms += 1;
  EXPECT_EQ(status("unknown", Request{}.authorization), 503);
  EXPECT_EQ(status("unknown", Basic("strict", "s:e+c%20ret")), 503)
      << "never a false invalid_token";
  EXPECT_EQ(status(std::string(20'000, 'x'), Request{}.authorization), 503);
  EXPECT_EQ(status(support::kExampleToken, Request{}.authorization), 200);
  plane_.Push(support::Revoke("revoked"));
  EXPECT_EQ(status("revoked", Request{}.authorization), 200);
}

TEST_F(IntrospectEndpointTest, AnUnknownTokenIsAnErrorForThoseWhoWantOne) {
  const Request strict{.authorization = Basic("strict", "s:e+c%20ret"),
                       .body = TokenBody("unknown")};
  const support::Response response = plane_.AskAnew(strict.Bytes());
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"error":"invalid_token",)"
            R"("error_description":"Access token not issued or recognized by this STS"})");
  EXPECT_EQ(plane_.counters.Get(Count::kUnknownToken), 1u);
  plane_.Push(support::Revoke("unknown"));
  EXPECT_EQ(plane_.AskAnew(strict.Bytes()).body, kInactive) << "it is known now";
  EXPECT_EQ(plane_.AskAnew(Request{.body = TokenBody("nothing")}.Bytes()).body, kInactive);
}

TEST(IntrospectLimitsTest, TokensBeyondTheLimitAreUnknown) {
  DataPlane plane(ConfigText{.limits = "token_bytes_max = 64"}.Text());
  const std::string at_limit(64, 'x');
  const std::string live = WithTimes(R"({"exp":@+60})");
  plane.Push(Upsert(at_limit, live) + Upsert(at_limit + "x", live));
  EXPECT_THAT(plane.Ask(Request{.body = TokenBody(at_limit)}.Bytes()).body,
              HasSubstr("\"active\":true"));
  EXPECT_EQ(plane.Ask(Request{.body = TokenBody(at_limit + "x")}.Bytes()).body, kInactive);
}

TEST_F(IntrospectEndpointTest, HealthSaysNothingMore) {
  const auto get = [this](const std::string& path, const std::string& method = "GET") {
    plane_.Reconnect();
    return plane_.Say(method + " " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  EXPECT_THAT(get("/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(get("/readyz?x"), HasSubstr("200 OK"));
  EXPECT_THAT(get("/healthz", "POST"), HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_TRUE(get("/healthz", "HEAD").ends_with("\r\n\r\n"));
  plane_.readiness.SetDraining();
  EXPECT_THAT(get("/readyz"), HasSubstr("503 "));
  EXPECT_THAT(get("/healthz"), HasSubstr("200 OK"));
  EXPECT_EQ(Example(), support::ExampleAnswer()) << "whoever asks still gets answers";
}

}  // namespace
}  // namespace introspectd::api
