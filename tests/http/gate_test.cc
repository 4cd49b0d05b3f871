#include "http/gate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/session_rig.h"
#include "http/vectors.h"

namespace introspectd::http {
namespace {

using std::string_literals::operator""s;

struct Verdict {
  Gate::Step step;
  Refusal refusal;
  std::size_t fed = 0;  // bytes, when it was given

  bool operator==(const Verdict& other) const {
    return step == other.step && refusal == other.refusal;
  }
};

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  return out << "step " << static_cast<int>(verdict.step) << ", refusal "
             << static_cast<int>(verdict.refusal) << " after " << verdict.fed << " bytes";
}

Verdict Feed(Gate& gate, std::string_view message, const std::vector<std::size_t>& cuts) {
  std::size_t fed = 0;
  for (const std::string_view piece : CutAt(message, cuts)) {
    fed += piece.size();
    // Somewhere else every time, as a buffer that grew.
    const std::string copy(message.substr(0, fed));
    const Gate::Step step = gate.Feed(copy);
    if (step != Gate::Step::kNeedMore) return {step, gate.refusal(), fed};
  }
  return {Gate::Step::kNeedMore, Refusal::kNone, fed};
}

// Whole, byte by byte and at every cut.
Verdict Judge(std::string_view message, const HttpLimits& limits = SmallLimits()) {
  Gate gate(limits);
  const Verdict whole = Feed(gate, message, {});
  std::vector<std::size_t> everywhere;
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    everywhere.push_back(cut);
    gate.Reset();
    EXPECT_EQ(Feed(gate, message, {cut}), whole) << "cut at " << cut;
  }
  gate.Reset();
  EXPECT_EQ(Feed(gate, message, everywhere), whole) << "byte by byte";
  return whole;
}

void ExpectRefused(std::string_view message, Refusal refusal,
                   const HttpLimits& limits = SmallLimits()) {
  SCOPED_TRACE(message.substr(0, 200));
  EXPECT_EQ(Judge(message, limits), (Verdict{Gate::Step::kRefused, refusal}));
}

// The head of a message that is let through.
Head Admit(const std::string& message) {
  static const HttpLimits limits = SmallLimits();
  static std::string kept;
  kept = message;
  Gate gate(limits);
  SCOPED_TRACE(message);
  EXPECT_EQ(Judge(message), (Verdict{Gate::Step::kDone, Refusal::kNone}));
  EXPECT_EQ(gate.Feed(kept), Gate::Step::kDone);
  return gate.head(kept);
}

std::string Get(const std::string& headers) {
  return "GET /x HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(GateTest, RefusesEveryVector) {
  for (const Vector& vector : SmugglingVectors()) {
    SCOPED_TRACE(vector.name);
    ASSERT_NE(vector.refusal, Refusal::kNone);
    ExpectRefused(vector.bytes, vector.refusal);
  }
}

TEST(GateTest, FindsEverythingInAHead) {
  const Head head = Admit(
      "POST /a?b=c HTTP/1.1\r\nhOST: x:80\r\nContent-Length: 007\r\nContent-Type:\t a/b ; c \r\n"
      "AUTHORIZATION: Basic QQ==\r\nexpect: 100-Continue\r\nX:\r\n\r\nbody");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a?b=c");
  EXPECT_EQ(head.path(), "/a");
  EXPECT_EQ(head.version, (Version{1, 1}));
  EXPECT_EQ(head.content_length, 7u);
  EXPECT_EQ(head.content_type, "a/b ; c");
  EXPECT_EQ(head.authorization, "Basic QQ==");
  EXPECT_TRUE(head.expects_continue);
  EXPECT_FALSE(head.expects_other);
  EXPECT_FALSE(head.chunked);
  EXPECT_EQ(head.header_count, 6u);
  EXPECT_TRUE(head.has_body());
  EXPECT_TRUE(head.keep_alive());
}

TEST(GateTest, TheHeadEndsBehindItsEmptyLine) {
  const std::string message = "\r\n\r\n" + Get("");
  EXPECT_EQ(Admit(message + "GET /next").size, message.size());
  EXPECT_EQ(Admit(message).method, "GET");
}

TEST(GateTest, AbsentFieldsAreAbsent) {
  const Head head = Admit("GET / HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(head.content_length || head.content_type || head.authorization);
  EXPECT_EQ(head.header_count, 0u);
  EXPECT_FALSE(head.has_body());
}

TEST(GateTest, AnEmptyFieldIsNotAnAbsentOne) {
  const Head head = Admit(Get("Content-Type:\r\nAuthorization: \t\r\n"));
  EXPECT_EQ(head.content_type, "");
  EXPECT_EQ(head.authorization, "");
}

TEST(GateTest, LengthsAreSaturatedAndNeverWrap) {
  EXPECT_EQ(Admit(Get("Content-Length: 0\r\n")).content_length, 0u);
  EXPECT_FALSE(Admit(Get("Content-Length: 00\r\n")).has_body());
  EXPECT_EQ(Admit(Get("Content-Length: 4294967296\r\n")).content_length, 1ull << 32);
  for (const char* huge : {"18446744073709551615", "18446744073709551616", "18446744073709551621",
                           "99999999999999999999999999999999999999999999"}) {
    EXPECT_GE(Admit(Get("Content-Length: "s + huge + "\r\n")).content_length, 1ull << 59) << huge;
  }
}

TEST(GateTest, ConnectionIsAListInAnyNumberOfLines) {
  EXPECT_TRUE(Admit(Get("Connection: x, cLoSe\t\r\n")).says_close);
  EXPECT_FALSE(Admit(Get("Connection: closed, x-close\r\n")).says_close);
  const Head head = Admit(Get("Connection: upgrade ,,\r\nConnection: ,keep-alive\r\n"));
  EXPECT_TRUE(head.upgrade);
  EXPECT_TRUE(head.says_keep_alive);
  EXPECT_FALSE(head.says_close);
}

TEST(GateTest, WhoIsKeptAlive) {
  EXPECT_TRUE(Admit(Get("")).keep_alive());
  EXPECT_FALSE(Admit(Get("Connection: keep-alive, close\r\n")).keep_alive());
  EXPECT_FALSE(Admit(Get("Connection: upgrade\r\n")).keep_alive());
  EXPECT_FALSE(Admit("GET / HTTP/1.0\r\n\r\n").keep_alive());
  EXPECT_TRUE(Admit("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive());
}

TEST(GateTest, ExpectMeansNothingOnHttp10) {
  const Head head = Admit("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_FALSE(head.expects_continue || head.expects_other);
  EXPECT_TRUE(Admit(Get("Expect: a kindness\r\n")).expects_other);
  EXPECT_TRUE(Admit(Get("Expect:\r\n")).expects_other);
}

TEST(GateTest, FieldsThatDecideStandOnlyOnce) {
  for (const std::string line : {"Host: a\r\n", "Content-Length: 0\r\n", "Content-Type: a/b\r\n",
                                 "Authorization: Basic x\r\n", "Expect: 100-continue\r\n",
                                 "Transfer-Encoding: chunked\r\n"}) {
    ExpectRefused(Get(line + (line.starts_with("Host") ? "" : line)), Refusal::kMalformed);
  }
  // Others may.
  EXPECT_EQ(Admit(Get("X: 1\r\nX: 2\r\n")).header_count, 3u);
}

TEST(GateTest, NamesAreTokens) {
  for (int c = 0; c < 256; ++c) {
    const std::string message = Get("x"s + static_cast<char>(c) + "y: z\r\n");
    const bool token =
        std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos ||
        (c < 128 && std::isalnum(c) != 0) || c == ':';
    SCOPED_TRACE(c);
    if (token) {
      Admit(message);
    } else {
      ExpectRefused(message, Refusal::kMalformed);
    }
  }
}

TEST(GateTest, ValuesHaveNoControls) {
  for (int c = 0; c < 256; ++c) {
    const std::string message = Get("x: y"s + static_cast<char>(c) + "z\r\n");
    SCOPED_TRACE(c);
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      ExpectRefused(message, Refusal::kMalformed);
    } else {
      Admit(message);
    }
  }
}

TEST(GateTest, TargetsAreOriginFormOfVisibleBytes) {
  for (int c = 0; c < 256; ++c) {
    const std::string message = "GET /a"s + static_cast<char>(c) + "b HTTP/1.1\r\nHost: a\r\n\r\n";
    SCOPED_TRACE(c);
    if (c <= 0x20 || c >= 0x7f || c == '#') {
      ExpectRefused(message, Refusal::kMalformed);
    } else {
      EXPECT_EQ(Admit(message).target.size(), 4u);
    }
  }
  for (const char* target : {"*", "a:443", "http://a/", "x", ""}) {
    ExpectRefused("OPTIONS "s + target + " HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::kMalformed);
  }
}

TEST(GateTest, HostIsAHostAndAPort) {
  for (const char* host : {"", "a.example:8080", "[::1]:80", "xn--a_b~c"}) {
    Admit("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
  }
  for (const char* host : {"a b", "u@a", "a/b", "a\\b", "\"a\"", "\xe4", "a?b", "a#b"}) {
    ExpectRefused("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n", Refusal::kMalformed);
  }
}

TEST(GateTest, OnlyVersionsOneZeroAndOneOneAreSpoken) {
  for (const char* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/9.9"}) {
    ExpectRefused("GET / "s + version + "\r\nHost: a\r\n\r\n", Refusal::kVersion);
  }
  for (const char* version : {"http/1.1", "HTTP/1.32", "HTTP/1.", "HTTP/1", "HTTP/11.1",
                              "HTTP/-1.1", "HTTP/1,1", "HTTP/1.1 ", " HTTP/1.1", "ICE/1.0", ""}) {
    ExpectRefused("GET / "s + version + "\r\nHost: a\r\n\r\n", Refusal::kMalformed);
  }
}

// What is malformed as well is malformed, whatever its version.
TEST(GateTest, AVersionIsOnlyRefusedOnAHeadThatIsWellFormed) {
  ExpectRefused("GET / HTTP/2.0\r\nX Y: z\r\n\r\n", Refusal::kMalformed);
  ExpectRefused("GET / HTTP/2.0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                Refusal::kMalformed);
  ExpectRefused("PRI * HTTP/2.0\r\n\r\n", Refusal::kVersion);
}

TEST(GateTest, RefusesAClientHelloAtItsFirstByte) {
  const HttpLimits limits = SmallLimits();
  Gate gate(limits);
  EXPECT_EQ(gate.Feed("\x16"), Gate::Step::kRefused);
}

}  // namespace
}  // namespace introspectd::http
