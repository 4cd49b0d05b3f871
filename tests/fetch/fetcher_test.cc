#include "fetch/fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/get_now.h"
#include "fetch/http_double.h"
#include "fetch/raw_double.h"

namespace introspectd::fetch {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kGood = "HTTP/1.1 200 OK\r\n";

// What is wrong, "" when nothing is.
std::string ErrorOf(Fetcher::Request request) {
  return std::string(GetNow(std::move(request)).status().message());
}

HttpDouble Answering(HttpDouble::Response response) {
  return HttpDouble([response](const HttpDouble::Request&) { return response; });
}

// A raw server that writes `text` and closes.
RawDouble::Script Writing(std::string text) {
  return [text](const RawDouble::Peer& peer, const std::string&) { peer.Write(text); };
}

TEST(FetcherTest, GetsADocumentAndHowLongItMayBeKept) {
  HttpDouble::Request seen;
  HttpDouble server([&seen](const HttpDouble::Request& request) {
    seen = request;
    return HttpDouble::Response{
        .headers = {"Cache-Control: public, max-age=60", "Age: 5", "Content-Encoding: identity"},
        .body = "{}"};
  });
  const auto got = GetNow({.url = server.url() + "/jwks?a=b"});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, "{}");
  EXPECT_EQ(got->max_age_s, 55);
  server.Stop();
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.target, "/jwks?a=b");
  EXPECT_EQ(seen.headers["accept"], "application/jwk-set+json, application/json");
  EXPECT_EQ(seen.headers["user-agent"], "introspectd");
  EXPECT_FALSE(seen.headers.contains("accept-encoding"));
  EXPECT_FALSE(seen.headers.contains("cookie"));
}

TEST(FetcherTest, AnythingBut200IsAnError) {
  for (const int status : {201, 204, 206, 400, 401, 404, 500, 503}) {
    HttpDouble server = Answering({.status = status, .body = "<html>"});
    const std::string place = server.url().substr(7);
    EXPECT_EQ(ErrorOf({.url = server.url() + "/secret"}),
              place + ": it answered " + std::to_string(status));
  }
}

TEST(FetcherTest, FollowsNoRedirect) {
  RawDouble trap(Writing("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
  for (const int status : {301, 302, 303, 307, 308}) {
    HttpDouble server = Answering({.status = status, .headers = {"Location: " + trap.url()}});
    EXPECT_THAT(ErrorOf({.url = server.url()}), HasSubstr("redirects are not followed"));
  }
  EXPECT_EQ(trap.connections(), 0);
}

TEST(FetcherTest, ASlowServerIsGivenUp) {
  RawDouble server([](const RawDouble::Peer& peer, const std::string&) {
    peer.Write(std::string(kGood) + "Content-Length: 1000\r\n\r\n");
    peer.WriteSlowly(std::string(1000, ' '), milliseconds(20));
  });
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(ErrorOf({.url = server.url(), .total_max = milliseconds(200)}),
              HasSubstr("no whole answer within 200 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(2000));
}

TEST(FetcherTest, AServerThatNeverAnswersIsGivenUp) {
  HttpDouble server = Answering({.silent = true});
  EXPECT_THAT(ErrorOf({.url = server.url(), .total_max = milliseconds(100)}),
              HasSubstr("no whole answer within 100 ms"));
}

TEST(FetcherTest, AnAnswerIsBounded) {
  const std::string large(1001, 'x');
  HttpDouble exact = Answering({.body = large.substr(1)});
  EXPECT_EQ(ErrorOf({.url = exact.url(), .bytes_max = 1000}), "");
  HttpDouble with_length = Answering({.body = large});
  EXPECT_THAT(ErrorOf({.url = with_length.url(), .bytes_max = 1000}), HasSubstr("over 1000 bytes"));
  HttpDouble chunked = Answering({.body = large, .cut_after = large.size()});
  EXPECT_THAT(ErrorOf({.url = chunked.url(), .bytes_max = 1000}), HasSubstr("over 1000 bytes"));
  RawDouble until_close(Writing(std::string(kGood) + "\r\n" + large));
  EXPECT_THAT(ErrorOf({.url = until_close.url(), .bytes_max = 1000}), HasSubstr("over 1000 bytes"));
}

TEST(FetcherTest, AnEndlessAnswerIsLeftEarly) {
  for (const char* head : {"\r\n", "X: "}) {
    RawDouble server([head](const RawDouble::Peer& peer, const std::string&) {
      peer.Write(std::string(kGood) + head);
      const std::string piece = head[0] == 'X' ? "y\r\nX: " : std::string(4096, 'y');
      while (peer.Write(piece)) {
      }
    });
    EXPECT_THAT(ErrorOf({.url = server.url()}), AllOf(HasSubstr("over "), HasSubstr(" bytes")));
  }
}

TEST(FetcherTest, AnAnswerThatIsCutIsAnError) {
  RawDouble with_length(Writing(std::string(kGood) + "Content-Length: 5\r\n\r\n{}"));
  EXPECT_THAT(ErrorOf({.url = with_length.url()}), HasSubstr("the answer was cut"));
  HttpDouble chunked = Answering({.body = "{\"keys\":[]}", .cut_after = 3});
  EXPECT_NE(ErrorOf({.url = chunked.url()}), "");
  RawDouble nothing(Writing(""));
  EXPECT_NE(ErrorOf({.url = nothing.url()}), "");
  RawDouble not_http(Writing("<html>\r\n\r\n"));
  EXPECT_NE(ErrorOf({.url = not_http.url()}), "");
}

TEST(FetcherTest, ACompressedAnswerIsAnError) {
  for (const char* coding : {"gzip", "br", "identity, gzip"}) {
    HttpDouble server = Answering({.headers = {std::string("Content-Encoding: ") + coding}});
    EXPECT_THAT(ErrorOf({.url = server.url()}), HasSubstr("Content-Encoding"));
  }
}

TEST(FetcherTest, NoServerIsAnErrorThatNamesThePlace) {
  std::string place;
  { place = RawDouble(Writing("")).place(); }
  EXPECT_EQ(ErrorOf({.url = "http://" + place + "/"}),
            place + ": no connection: Connection refused");
}

TEST(FetcherTest, ANameThatDoesNotExistIsAnErrorAndHoldsNothingUp) {
  const std::string error =
      ErrorOf({.url = "https://no-such-host.invalid/jwks", .connect_max = milliseconds(500)});
  EXPECT_THAT(error, HasSubstr("no-such-host.invalid: "));
}

TEST(FetcherTest, LocalhostIsThisMachine) {
  HttpDouble server = Answering({.body = "{}"});
  const std::string port = server.url().substr(server.url().rfind(':'));
  EXPECT_EQ(ErrorOf({.url = "http://localhost" + port}), "");
}

TEST(FetcherTest, RefusesUrlsThatAreNotGoodLater) {
  for (const char* url : {"http://192.0.2.1/jwks", "http://example.com/", "file:///etc/hostname",
                          "gopher://127.0.0.1:70/", "https://u:p@127.0.0.1/"}) {
    EXPECT_NE(ErrorOf({.url = url}), "") << url;
  }
  EXPECT_THAT(ErrorOf({.url = "https://127.0.0.1:1/", .proxy = "socks5://127.0.0.1:1"}),
              HasSubstr("proxy"));
}

TEST(FetcherTest, IgnoresTheProxyOfTheEnvironment) {
  RawDouble proxy(Writing("HTTP/1.1 502 Bad\r\n\r\n"));
  HttpDouble server = Answering({.body = "{}"});
  setenv("http_proxy", proxy.url().c_str(), 1);
  setenv("https_proxy", proxy.url().c_str(), 1);
  EXPECT_EQ(ErrorOf({.url = server.url()}), "");
  EXPECT_NE(ErrorOf({.url = "https" + server.url().substr(4)}), "");
  unsetenv("http_proxy");
  unsetenv("https_proxy");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(FetcherTest, ConnectsThroughTheProxyThatIsNamed) {
  std::string asked;
  {
    RawDouble proxy([&asked](const RawDouble::Peer& peer, const std::string& head) {
      asked = head;
      peer.Write("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    });
    setenv("no_proxy", "*", 1);
    EXPECT_NE(ErrorOf({.url = "https://keys.example.com/jwks", .proxy = proxy.url()}), "");
    unsetenv("no_proxy");
  }
  EXPECT_THAT(asked, HasSubstr("CONNECT keys.example.com:443 HTTP/1.1\r\n"));
  EXPECT_THAT(asked, Not(HasSubstr("/jwks")));
}

TEST(FetcherTest, SeveralAtOnceAndOneFromWithinAnother) {
  HttpDouble server([](const HttpDouble::Request& request) {
    return HttpDouble::Response{.body = request.target};
  });
  net::Loop loop;
  Fetcher fetcher(loop);
  std::vector<std::string> got;
  Fetcher::Done note = [&](absl::StatusOr<Document> document) {
    got.push_back(document.ok() ? document->body : "?");
    if (got.size() == 4) fetcher.Close();
  };
  fetcher.Get({.url = server.url() + "/1"}, [&](absl::StatusOr<Document> document) {
    note(std::move(document));
    fetcher.Get({.url = server.url() + "/4"}, note);
  });
  fetcher.Get({.url = server.url() + "/2"}, note);
  fetcher.Get({.url = "nonsense"}, note);
  EXPECT_TRUE(got.empty()) << "never from within Get";
  loop.Run();
  EXPECT_THAT(got, ::testing::UnorderedElementsAre("/1", "/2", "?", "/4"));
}

TEST(FetcherTest, ClosingGivesUpWithoutAWord) {
  HttpDouble server = Answering({.silent = true});
  net::Loop loop;
  Fetcher fetcher(loop);
  int called = 0;
  const Fetcher::Done count = [&called](const absl::StatusOr<Document>&) { ++called; };
  for (int i = 0; i < 3; ++i) fetcher.Get({.url = server.url()}, count);
  fetcher.Get({.url = "https://no-such-host.invalid/"}, count);
  net::Timer timer(loop, [&] {
    fetcher.Get({.url = "nonsense"}, count);
    fetcher.Close();
    fetcher.Get({.url = server.url()}, count);
    timer.Close();
  });
  timer.Start(50, 0);
  loop.Run();
  // The name may have been found to be none before.
  EXPECT_LE(called, 1);
}

TEST(FetcherTest, OneThatIsOverMayCloseAll) {
  HttpDouble server = Answering({.body = "{}"});
  net::Loop loop;
  Fetcher fetcher(loop);
  int called = 0;
  for (int i = 0; i < 5; ++i) {
    fetcher.Get({.url = i == 0 ? "nonsense" : server.url()}, [&](const auto&) {
      ++called;
      fetcher.Close();
    });
  }
  loop.Run();
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace introspectd::fetch
