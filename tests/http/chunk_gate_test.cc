#include "http/chunk_gate.h"

#include <gtest/gtest.h>

#include <string>

#include "http/session_rig.h"

namespace introspectd::http {
namespace {

using std::string_literals::operator""s;

struct Verdict {
  ChunkGate::Step step = ChunkGate::Step::kNeedMore;
  std::size_t used = 0;  // of a message that is whole; otherwise 0

  friend bool operator==(const Verdict&, const Verdict&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << "step " << static_cast<int>(verdict.step) << ", used " << verdict.used;
  }
};

Verdict Feed(std::string_view body, const std::vector<std::size_t>& cuts) {
  ChunkGate gate;
  std::size_t before = 0;
  for (std::string_view piece : CutAt(body, cuts)) {
    while (!piece.empty()) {
      std::size_t used = 0;
      const ChunkGate::Step step = gate.Feed(piece, used);
      EXPECT_LE(gate.skipped(), used);
      if (step == ChunkGate::Step::kMalformed) return {step, 0};
      before += used;
      if (step == ChunkGate::Step::kDone) return {step, before};
      if (used == 0 || used > piece.size()) {
        ADD_FAILURE() << "it used " << used << " of " << piece.size() << " bytes";
        return {};
      }
      piece.remove_prefix(used);
    }
  }
  return {};
}

// Whole, byte by byte and at every cut.
Verdict Judge(std::string_view body) {
  const Verdict whole = Feed(body, {});
  std::vector<std::size_t> everywhere;
  for (std::size_t cut = 1; cut < body.size(); ++cut) {
    everywhere.push_back(cut);
    EXPECT_EQ(Feed(body, {cut}), whole) << "cut at " << cut;
  }
  EXPECT_EQ(Feed(body, everywhere), whole) << "byte by byte";
  return whole;
}

void ExpectMalformed(const std::string& body) {
  EXPECT_EQ(Judge(body), (Verdict{ChunkGate::Step::kMalformed, 0})) << body;
}
void ExpectWhole(const std::string& body) {
  EXPECT_EQ(Judge(body + "POST /next"), (Verdict{ChunkGate::Step::kDone, body.size()})) << body;
}

TEST(ChunkGateTest, AdmitsWhatIsPlain) {
  ExpectWhole("0\r\n\r\n");
  ExpectWhole("3\r\nabc\r\n0\r\n\r\n");
  ExpectWhole("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  ExpectWhole("A\r\n0123456789\r\n00\r\n\r\n");
  ExpectWhole("a\r\n\r\n0\r\n\r\n\r\n\r\r\n0\r\n\r\n");  // line ends are data inside a chunk
  ExpectWhole("3;name=value\r\nabc\r\n0;last\r\n\r\n");
}

TEST(ChunkGateTest, WaitsForTheRest) {
  for (const char* body : {"", "3", "3\r", "3\r\nab", "3\r\nabc\r\n", "0\r\n", "0\r\n\r"}) {
    EXPECT_EQ(Judge(body), Verdict{}) << body;
  }
}

TEST(ChunkGateTest, SizesAreHexadecimalDigitsAndNothingElse) {
  for (const char* size :
       {"", " 3", "3 ", "\t3", "+3", "-3", "0x3", "0_3", "3h", "3.0", "three", "3,", "\xd9\xa3"}) {
    ExpectMalformed(size + "\r\nabc\r\n0\r\n\r\n"s);
  }
}

TEST(ChunkGateTest, SizesHaveAtMostSixteenDigits) {
  ExpectWhole("0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n");
  ExpectMalformed("00000000000000003\r\nabc\r\n0\r\n\r\n");
  ExpectMalformed("10000000000000003\r\nabc\r\n0\r\n\r\n");  // wraps to 3 in 64 bits
}

// The largest size there is means that much, not less.
TEST(ChunkGateTest, TheLargestSizeDoesNotWrap) {
  EXPECT_EQ(Judge("ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), Verdict{});
}

TEST(ChunkGateTest, LinesEndWithCrLf) {
  ExpectMalformed("3\nabc\r\n0\r\n\r\n");
  ExpectMalformed("3\rabc\r\n0\r\n\r\n");
  ExpectMalformed("3\r\rabc\r\n0\r\n\r\n");
  ExpectMalformed("3\r\nabc\n0\r\n\r\n");
  ExpectMalformed("3\r\nabc\r0\r\n\r\n");
  ExpectMalformed("3\r\nabcXX0\r\n\r\n");
  ExpectMalformed("3\r\nabcd\r\n0\r\n\r\n");
  ExpectMalformed("3\r\nab\r\n0\r\n\r\n");
  ExpectMalformed("0\r\n\n");
  ExpectMalformed("0\n\n");
}

TEST(ChunkGateTest, ThereAreNoTrailers) {
  ExpectMalformed("0\r\nX: y\r\n\r\n");
  ExpectMalformed("0\r\nContent-Length: 5\r\n\r\n");
  ExpectMalformed("0\r\nPOST /next HTTP/1.1\r\n");
  ExpectMalformed("0\r\n \r\n\r\n");
}

TEST(ChunkGateTest, ExtensionsAreBoundedInAMessage) {
  const std::string half(127, 'x');
  ExpectWhole("1;" + half + "\r\na\r\n0;" + half + "xx\r\n\r\n");
  ExpectMalformed("1;" + half + "\r\na\r\n0;" + half + "xxx\r\n\r\n");
  ExpectMalformed("0;" + std::string(50'000, 'x') + "\r\n\r\n");
}

TEST(ChunkGateTest, ExtensionsFollowTheirGrammar) {
  for (const char* extension :
       {"a", "a=b", "a=\"\"", "a=\"b;c=d\"", "a=\"\\\"\"", "a;b=c;d=\"e\"", "a=\"\x80\xff\tb\""}) {
    ExpectWhole("1;"s + extension + "\r\na\r\n0;" + extension + "\r\n\r\n");
  }
  for (const char* extension : {"",     ";",      "=",     "=a",       "a=",          "a;",
                                "a b",  "a =b",   "a= b",  " a",       "a\t",         "a=b=c",
                                "a=\"", "a=\"\\", "a=\"b", "a=\"b\"c", "a=\"b\r\n\"", "a=\"b\rc\"",
                                "\x01", "a\n",    "a\x7f", "a\x80",    "a=\"\x01\""}) {
    ExpectMalformed("1;"s + extension + "\r\na\r\n0\r\n\r\n");
  }
  ExpectMalformed("1;a\0b\r\na\r\n0\r\n\r\n"s);
  ExpectMalformed("1;a\rb\r\na\r\n0\r\n\r\n");
}

// What is left when the skipped bytes are left out is a body without extensions, however it is cut.
TEST(ChunkGateTest, SkipsExtensionsAndNothingElse) {
  const std::string body = "3;a=b\r\nabc\r\n2;c;d=\"\"\r\n;x\r\n1\r\ny\r\n0;last\r\n\r\n";
  for (std::size_t cut = 1; cut < body.size(); ++cut) {
    ChunkGate gate;
    std::string plain;
    for (std::string_view piece : CutAt(body, {cut})) {
      while (!piece.empty()) {
        std::size_t used = 0;
        ASSERT_NE(gate.Feed(piece, used), ChunkGate::Step::kMalformed);
        plain += piece.substr(0, used - gate.skipped());
        piece.remove_prefix(used);
      }
    }
    EXPECT_EQ(plain, "3\r\nabc\r\n2\r\n;x\r\n1\r\ny\r\n0\r\n\r\n") << "cut at " << cut;
  }
}

TEST(ChunkGateTest, AnnouncesWhatTheSizeLineSaid) {
  ChunkGate gate;
  std::size_t used = 0;
  EXPECT_EQ(gate.announced(), 0u);
  ASSERT_EQ(gate.Feed("1f\r", used), ChunkGate::Step::kNeedMore);
  EXPECT_EQ(gate.announced(), 0u);
  ASSERT_EQ(gate.Feed("\nabc", used), ChunkGate::Step::kNeedMore);
  EXPECT_EQ(gate.announced(), 28u);
}

TEST(ChunkGateTest, ResetForgetsTheMessageBefore) {
  ChunkGate gate;
  std::size_t used = 0;
  ASSERT_EQ(gate.Feed("5;" + std::string(200, 'x'), used), ChunkGate::Step::kNeedMore);
  gate.Reset();
  ASSERT_EQ(gate.Feed("0;" + std::string(200, 'x'), used), ChunkGate::Step::kNeedMore);
  EXPECT_EQ(gate.Feed("\r\n\r\n", used), ChunkGate::Step::kDone);
}

}  // namespace
}  // namespace introspectd::http
