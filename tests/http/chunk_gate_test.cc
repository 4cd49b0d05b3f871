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
  for (const std::string_view piece : CutAt(body, cuts)) {
    std::size_t used = 0;
    const ChunkGate::Step step = gate.Feed(piece, used);
    EXPECT_LE(used, piece.size());
    if (step == ChunkGate::Step::kMalformed) return {step, 0};
    if (step == ChunkGate::Step::kDone) return {step, before + used};
    EXPECT_EQ(used, piece.size()) << "more can only come behind all of it";
    before += used;
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
  ExpectWhole("3;q=\"a;b\"\t\r\nabc\r\n0\r\n\r\n");
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

TEST(ChunkGateTest, ExtensionsHaveNoControls) {
  for (const char* extension : {"\x01", "\n", "\x7f", "\x80", "\xff"}) {
    ExpectMalformed("1;a"s + extension + "b\r\na\r\n0\r\n\r\n");
  }
  ExpectMalformed("1;a\0b\r\na\r\n0\r\n\r\n"s);
  ExpectMalformed("1;a\rb\r\na\r\n0\r\n\r\n");
}

TEST(ChunkGateTest, ResetForgetsTheMessageBefore) {
  ChunkGate gate;
  std::size_t used = 0;
  ASSERT_EQ(gate.Feed("5;" + std::string(200, 'x') + "\r\nab", used), ChunkGate::Step::kNeedMore);
  gate.Reset();
  EXPECT_EQ(gate.Feed("0;" + std::string(200, 'x') + "\r\n\r\n", used), ChunkGate::Step::kDone);
}

}  // namespace
}  // namespace introspectd::http
