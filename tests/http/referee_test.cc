#include "http/referee.h"

#include <gtest/gtest.h>

#include <string>

#include "http/gate.h"
#include "http/session_rig.h"
#include "http/vectors.h"

namespace introspectd::http {
namespace {

using std::string_literals::operator""s;

const HttpLimits kLimits = SmallLimits();

// The head as the gate finds it. `message` is borrowed.
Head HeadOf(const std::string& message) {
  Gate gate(kLimits);
  EXPECT_EQ(gate.Feed(message), Gate::Step::kDone) << message;
  return gate.head(message);
}

const std::string kPost =
    "POST /a?b HTTP/1.1\r\nHost: a\r\nX:\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";

bool Agrees(const std::string& message, const Head& head) {
  Referee referee;
  return referee.AgreesOnHead(std::string_view(message).substr(0, head.size), head);
}

TEST(RefereeTest, AgreesWithTheGate) {
  for (const std::string& message :
       {kPost, "GET / HTTP/1.0\r\n\r\n"s, "\r\n\r\nHEAD /x HTTP/1.1\r\nHost:\r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000\r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \t 5  \r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \t chunked  \r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nX: \xe4\xff\t!\r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"s,
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n"
        "\r\n"s,
        "DELETE /%41;b=\"c\"<d>?{e}|^`\\ HTTP/1.1\r\nHost: a\r\n\r\n"s}) {
    EXPECT_TRUE(Agrees(message, HeadOf(message))) << message;
  }
}

// Blanks behind a length may be tabs too (RFC 9110 5.6.3); llhttp will not have it.
TEST(RefereeTest, DisagreesOnATabBehindTheLength) {
  const std::string message = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\t\r\n\r\n";
  EXPECT_EQ(HeadOf(message).content_length, 5u);
  EXPECT_FALSE(Agrees(message, HeadOf(message)));
}

// A gate that read the head in another way than llhttp would be found out.
TEST(RefereeTest, NoticesEveryDifference) {
  const Head right = HeadOf(kPost);
  ASSERT_TRUE(Agrees(kPost, right));
  const auto expect_noticed = [&](const char* what, auto change) {
    Head wrong = right;
    change(wrong);
    EXPECT_FALSE(Agrees(kPost, wrong)) << what;
  };
  expect_noticed("method", [](Head& head) { head.method = "PUT"; });
  expect_noticed("target", [](Head& head) { head.target = "/a"; });
  expect_noticed("major version", [](Head& head) { head.version.major = 2; });
  expect_noticed("minor version", [](Head& head) { head.version.minor = 0; });
  expect_noticed("length", [](Head& head) { head.content_length = 6; });
  expect_noticed("no length", [](Head& head) { head.content_length.reset(); });
  expect_noticed("no body", [](Head& head) { head.content_length = 0; });
  expect_noticed("chunked", [](Head& head) { head.chunked = true; });
  expect_noticed("headers", [](Head& head) { --head.header_count; });
  expect_noticed("a shorter head", [](Head& head) { head.size -= 2; });
}

TEST(RefereeTest, NoticesAHeadThatGoesOnBehindItsEnd) {
  const std::string message = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  Head head = HeadOf(message);
  const std::string two = message + message;
  head.size = two.size();
  EXPECT_FALSE(Agrees(two, head));
  const std::string body = kPost + "01234";
  Head with_body = HeadOf(body);
  with_body.size = body.size();
  EXPECT_FALSE(Agrees(body, with_body));
}

bool AgreesOnBody(const std::vector<std::string_view>& pieces, std::string& body) {
  Referee referee;
  const std::string message = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  if (!referee.AgreesOnHead(message, HeadOf(message))) return false;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!referee.AgreesOnChunks(pieces[i], i + 1 == pieces.size(), body)) return false;
  }
  return true;
}

TEST(RefereeTest, DecodesChunksHoweverTheyAreCut) {
  const std::string chunks = "3\r\nabc\r\n0b;x=y\r\n\r\n\r\n0\r\n\r\nde\r\n0\r\n\r\n";
  for (std::size_t cut = 1; cut < chunks.size(); ++cut) {
    std::string body;
    EXPECT_TRUE(AgreesOnBody(CutAt(chunks, {cut}), body)) << cut;
    EXPECT_EQ(body, "abc\r\n\r\n0\r\n\r\nde");
  }
}

TEST(RefereeTest, NoticesABodyThatEndsElsewhere) {
  std::string body;
  EXPECT_FALSE(AgreesOnBody({"3\r\nabc\r\n"}, body)) << "said to be the last bytes";
  EXPECT_FALSE(AgreesOnBody({"0\r\n\r\n", "0\r\n\r\n"}, body)) << "said not to be the last bytes";
  EXPECT_FALSE(AgreesOnBody({"0\r\n\r\nGET"}, body)) << "bytes of another message";
  EXPECT_FALSE(AgreesOnBody({"3\r\nabcXX0\r\n\r\n"}, body));
}

TEST(RefereeTest, BeginsAnewWithEveryHead) {
  Referee referee;
  const std::string broken = "GET / HTTP/1.1\r\nHost : a\r\n\r\n";
  EXPECT_FALSE(referee.AgreesOnHead(broken, HeadOf(kPost)));
  EXPECT_TRUE(referee.AgreesOnHead(kPost, HeadOf(kPost)));
}

// Why the gate is there. A parser that is stricter one day changes nothing but this.
TEST(RefereeTest, LlhttpAloneTakesWhatTheGateRefuses) {
  if (LLHTTP_VERSION_MAJOR != 8 || LLHTTP_VERSION_MINOR != 1 || LLHTTP_VERSION_PATCH != 0) {
    GTEST_SKIP() << "the vectors were tried on llhttp 8.1.0";
  }
  for (const Vector& vector : SmugglingVectors()) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    const llhttp_errno_t error = llhttp_execute(&parser, vector.bytes.data(), vector.bytes.size());
    EXPECT_EQ(error == HPE_OK, vector.llhttp_takes_it)
        << vector.name << ": " << llhttp_errno_name(error);
  }
}

TEST(RefereeTest, KnowsTheUsualMethodsOnly) {
  for (const char* method : {"POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
    EXPECT_TRUE(Referee::Knows(method)) << method;
    const std::string message = method + " / HTTP/1.1\r\nHost: a\r\n\r\n"s;
    EXPECT_TRUE(Agrees(message, HeadOf(message))) << method;
  }
  for (const char* method : {"CONNECT", "PRI", "post", "QUERY", "FOO", ""}) {
    EXPECT_FALSE(Referee::Knows(method)) << method;
  }
}

}  // namespace
}  // namespace introspectd::http
