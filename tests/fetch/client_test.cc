#include "fetch/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "fetch/http_double.h"
#include "support/temp_dir.h"

namespace introspectd::fetch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kBearer = "s3cr3t-bearer-token";

ClientOptions OptionsFor(const std::string& url) {
  ClientOptions options{.endpoint = *Endpoint::Parse(url), .bearer = std::string(kBearer)};
  options.stall_max = std::chrono::seconds(1);
  return options;
}

Client ClientFor(const std::string& url) { return *Client::Create(OptionsFor(url)); }

HttpDouble::Response Echo(const HttpDouble::Request& request) {
  return {.body = request.method + " " + request.target + " " + request.body};
}

TEST(ClientTest, GetsAndPosts) {
  HttpDouble server(Echo);
  Client client = ClientFor(server.url());
  const auto got = client.Perform({.target = "/v1/status"});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "GET /v1/status ");
  const auto posted = client.Perform(
      {.method = "POST", .target = "/v1/tokens?to=node", .content_type = "t/t", .body = "lines"});
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(posted->body, "POST /v1/tokens?to=node lines");
  EXPECT_EQ(server.connections(), 1) << "the connection is kept";
}

TEST(ClientTest, SendsTheHeadersThatTheControlPlaneWants) {
  HttpDouble::Request seen;
  HttpDouble server([&seen](const HttpDouble::Request& request) {
    seen = request;
    return HttpDouble::Response{};
  });
  Client client = ClientFor(server.url());
  const std::string body(2'000'000, 'x');
  ASSERT_TRUE(client
                  .Perform({.method = "POST",
                            .target = "/v1/tokens",
                            .content_type = "application/x-ndjson",
                            .body = body})
                  .ok());
  server.Stop();
  EXPECT_EQ(seen.headers["authorization"], "Bearer s3cr3t-bearer-token");
  EXPECT_EQ(seen.headers["content-type"], "application/x-ndjson");
  EXPECT_EQ(seen.headers["content-length"], "2000000");
  EXPECT_FALSE(seen.headers.contains("expect"));
}

TEST(ClientTest, StreamsABodyWithoutHoldingIt) {
  std::size_t received = 0;
  bool chunked = false;
  HttpDouble server([&](const HttpDouble::Request& request) {
    received = request.body.size();
    chunked = request.headers.contains("transfer-encoding");
    return HttpDouble::Response{};
  });
  Client client = ClientFor(server.url());
  std::size_t left = 3'000'000;
  const auto response =
      client.Perform({.method = "POST",
                      .target = "/v1/tokens",
                      .content_type = "application/x-ndjson",
                      .source = [&left](std::span<char> buffer) -> std::optional<std::size_t> {
                        const std::size_t size = std::min(left, buffer.size());
                        std::fill_n(buffer.begin(), size, 'x');
                        left -= size;
                        return size;
                      }});
  ASSERT_TRUE(response.ok()) << response.status();
  server.Stop();
  EXPECT_EQ(received, 3'000'000u);
  EXPECT_TRUE(chunked);
}

TEST(ClientTest, ASourceThatGivesUpLeavesABodyThatIsNotWhole) {
  std::optional<bool> whole;
  HttpDouble server([&whole](const HttpDouble::Request& request) {
    whole = request.body_is_whole;
    return HttpDouble::Response{};
  });
  Client client = ClientFor(server.url());
  bool first = true;
  const auto response =
      client.Perform({.method = "POST",
                      .target = "/v1/tokens",
                      .content_type = "application/x-ndjson",
                      .source = [&first](std::span<char> buffer) -> std::optional<std::size_t> {
                        if (!first) return std::nullopt;
                        first = false;
                        buffer[0] = 'x';
                        return 1;
                      }});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kCancelled);
  server.Stop();
  EXPECT_EQ(whole, false);
}

TEST(ClientTest, StreamsAnAnswerToTheSink) {
  HttpDouble server([](const HttpDouble::Request&) {
    return HttpDouble::Response{.body = std::string(5'000'000, 'y')};
  });
  Client client = ClientFor(server.url());
  std::size_t received = 0;
  const auto response =
      client.Perform({.target = "/v1/tokens", .sink = [&received](std::string_view bytes) {
                        received += bytes.size();
                        return true;
                      }});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(received, 5'000'000u);
  EXPECT_EQ(response->body, "");
}

TEST(ClientTest, ASinkMayGiveUp) {
  HttpDouble server(Echo);
  Client client = ClientFor(server.url());
  const auto response =
      client.Perform({.target = "/", .sink = [](std::string_view) { return false; }});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kCancelled);
}

TEST(ClientTest, AnErrorsBodyNeverReachesTheSink) {
  HttpDouble server(
      [](const HttpDouble::Request&) { return HttpDouble::Response{.status = 403, .body = "no"}; });
  Client client = ClientFor(server.url());
  bool called = false;
  const auto response = client.Perform({.target = "/", .sink = [&called](std::string_view) {
                                          called = true;
                                          return true;
                                        }});
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 403);
  EXPECT_EQ(response->body, "no");
  EXPECT_FALSE(called);
}

TEST(ClientTest, AnAnswerThatIsCutIsAnError) {
  HttpDouble server([](const HttpDouble::Request&) {
    return HttpDouble::Response{.body = "a\nb\nc\n", .cut_after = 4};
  });
  Client client = ClientFor(server.url());
  std::string received;
  const auto response = client.Perform({.target = "/", .sink = [&received](std::string_view bytes) {
                                          received += bytes;
                                          return true;
                                        }});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(received, "a\nb\n");
}

TEST(ClientTest, AnAnswerThatNobodyStreamsIsBounded) {
  HttpDouble server([](const HttpDouble::Request&) {
    return HttpDouble::Response{.body = std::string(kAnswerBytesMax + 1, 'y')};
  });
  const auto response = ClientFor(server.url()).Perform({.target = "/"});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ClientTest, TellsRetryAfter) {
  HttpDouble server([](const HttpDouble::Request& request) {
    HttpDouble::Response response{.status = 503};
    if (request.target == "/later") response.headers.push_back("Retry-After: 7");
    return response;
  });
  Client client = ClientFor(server.url());
  EXPECT_EQ(client.Perform({.target = "/later"})->retry_after, std::chrono::seconds(7));
  EXPECT_EQ(client.Perform({.target = "/"})->retry_after, std::nullopt);
}

TEST(ClientTest, FollowsNoRedirect) {
  int requests = 0;
  HttpDouble server([&requests](const HttpDouble::Request&) {
    ++requests;
    return HttpDouble::Response{.status = 307, .headers = {"Location: /elsewhere"}};
  });
  EXPECT_EQ(ClientFor(server.url()).Perform({.target = "/"})->status, 307);
  server.Stop();
  EXPECT_EQ(requests, 1);
}

TEST(ClientTest, IgnoresTheProxyOfTheEnvironment) {
  HttpDouble proxy([](const HttpDouble::Request&) { return HttpDouble::Response{.status = 502}; });
  HttpDouble server(Echo);
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto response = ClientFor(server.url()).Perform({.target = "/"});
  unsetenv("http_proxy");
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(ClientTest, SpeaksToUnixSockets) {
  const support::TempDir directory;
  HttpDouble server((directory.path() / "admin.sock").string(), Echo);
  EXPECT_EQ(ClientFor(server.url()).Perform({.target = "/v1/status"})->body, "GET /v1/status ");
}

TEST(ClientTest, NoServerIsAnErrorThatNamesTheServerAndNoSecret) {
  std::string url;
  { url = HttpDouble(Echo).url(); }
  const auto response = ClientFor(url).Perform({.target = "/"});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  const std::string message(response.status().message());
  EXPECT_THAT(message, HasSubstr(url));
  EXPECT_THAT(message, Not(HasSubstr(kBearer)));
}

TEST(ClientTest, AServerThatNeverAnswersIsAnError) {
  HttpDouble server(
      [](const HttpDouble::Request&) { return HttpDouble::Response{.silent = true}; });
  const auto response = ClientFor(server.url()).Perform({.target = "/"});
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
}

TEST(ClientTest, RefusesABearerTokenThatWouldEndItsHeader) {
  ClientOptions options = OptionsFor("http://127.0.0.1:1");
  options.bearer = "hunter22\r\nX-Evil: 1";
  const absl::Status status = Client::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter22")));
}

}  // namespace
}  // namespace introspectd::fetch
