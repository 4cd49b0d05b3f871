// Every reason of contract 5 for which a line is refused; nothing of it takes effect.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fmt/format.h"
#include "system/node.h"

namespace introspectd::system_test {
namespace {

using support::WithTimes;

struct Line {
  std::string_view name;
  std::string line;
};

constexpr std::string_view kToken = "the-token-of-a-refused-line";

std::string Claims(std::string_view members) {
  return WithTimes(
      fmt::format(R"({{"op":"upsert","token":"{}","claims":{{{}}}}})", kToken, members));
}
// Claims that would be good without `member`.
std::string With(std::string_view member) {
  return Claims(fmt::format(R"({},"exp":@+900)", member));
}
std::string Plain(std::string_view line) { return WithTimes(line); }

std::string OfDigest(std::string_view digest) {
  return fmt::format(R"({{"op":"revoke","token_sha256":"{}"}})", digest);
}
std::string OfSequence(std::int64_t seconds_ahead) {
  return fmt::format(R"({{"op":"revoke","token":"x","sequence":{}}})",
                     (support::StartSeconds() + seconds_ahead) * 1'000'000);
}

std::string Nested(int depth) {
  std::string value = "1";
  for (int i = 0; i < depth; ++i) value = "[" + value + "]";
  return value;
}

std::vector<Line> RefusedLines() {
  return {
      // Not one JSON object.
      {"NotJson", "nonsense"},
      {"Array", "[]"},
      {"String", R"("upsert")"},
      {"TwoObjects", Plain(R"({"op":"heartbeat"}{"op":"heartbeat"})")},
      {"SomethingBehind", R"({"op":"heartbeat"} x)"},
      {"CommaAtTheEnd", R"({"op":"heartbeat",})"},
      {"SingleQuotes", R"({'op':'heartbeat'})"},
      {"Comment", R"({"op":"heartbeat"} // x)"},
      {"CutOff", R"({"op":"heartbeat")"},
      {"NumberWithLeadingZero", With(R"("x":01)")},
      {"NotANumber", With(R"("x":NaN)")},
      {"ControlCharacterInAString", With("\"x\":\"a\tb\"")},
      {"LoneSurrogate", With(R"("x":"\ud800")")},
      {"UnknownEscape", With(R"("x":"\x41")")},
      {"ByteOrderMark", "\xef\xbb\xbf{\"op\":\"heartbeat\"}"},

      // Not UTF-8.
      {"Latin1", With("\"x\":\"\xe9\"")},
      {"OverlongUtf8", With("\"x\":\"\xc0\xaf\"")},
      {"SurrogateInUtf8", With("\"x\":\"\xed\xa0\x80\"")},

      // A member twice, at any depth, however it is written.
      {"OpTwice", R"({"op":"heartbeat","op":"heartbeat"})"},
      {"ClaimTwice", With(R"("sub":"a","sub":"b")")},
      {"ClaimTwiceOnceEscaped", With(R"("sub":"a","su\u0062":"b")")},
      {"DeepMemberTwice", With(R"("x":[{"y":{"z":1,"z":2}}])")},

      // Too deep, too long.
      {"Deep", With("\"x\":" + Nested(20))},
      {"Long", With(fmt::format("\"x\":\"{}\"", std::string(17'000, 'x')))},
      {"ScopeOf64KiB", With(fmt::format("\"scope\":\"{}\"", std::string(65'536, 's')))},

      // The operation.
      {"NoOp", R"({"token":"x"})"},
      {"UnknownOp", R"({"op":"delete","token":"x"})"},
      {"OpInUpperCase", R"({"op":"HEARTBEAT"})"},
      {"OpOfAnotherType", R"({"op":1})"},
      {"EmptyObject", "{}"},

      // The token.
      {"NoToken", Plain(R"({"op":"upsert","claims":{"exp":@+900}})")},
      {"EmptyToken", Plain(R"({"op":"upsert","token":"","claims":{"exp":@+900}})")},
      {"TokenOfAnotherType", Plain(R"({"op":"upsert","token":1,"claims":{"exp":@+900}})")},
      {"TokenIsNull", Plain(R"({"op":"upsert","token":null,"claims":{"exp":@+900}})")},
      {"DigestTooShort", OfDigest(std::string(21, 'A'))},
      {"DigestOf23", OfDigest(std::string(23, 'A'))},
      {"DigestTooLong", OfDigest(std::string(44, 'A'))},
      {"DigestWithPadding", OfDigest(std::string(43, 'A') + "=")},
      {"DigestInBase64", OfDigest("+/" + std::string(41, 'A'))},
      {"DigestWithUnusedBits", OfDigest(std::string(42, 'A') + "B")},
      {"DigestInHex", OfDigest(std::string(32, '0'))},
      {"EmptyDigest", OfDigest("")},

      // The claims.
      {"NoClaims", R"({"op":"upsert","token":"x"})"},
      {"ClaimsOfAnotherType", R"({"op":"upsert","token":"x","claims":[]})"},
      {"NoExp", Claims(R"("sub":"a")")},
      {"ExpAsAString", Claims(R"("exp":"@+900")")},
      {"ExpWithAFraction", Claims(R"("exp":@+900.5)")},
      {"ExpWithAnExponent", Claims(R"("exp":1e9)")},
      {"ExpIsNull", Claims(R"("exp":null)")},
      {"ExpTooFarAhead", Claims(R"("exp":@+2593000)")},
      {"ExpTooFarBehindIat", Claims(R"("exp":@+2000000,"iat":@-600000)")},
      {"ExpBeyond64Bits", Claims(R"("exp":9223372036854775808)")},
      {"IatAsAString", With(R"("iat":"1")")},
      {"NbfWithAFraction", With(R"("nbf":1.5)")},
      {"ActiveFalse", With(R"("active":false)")},
      {"ActiveAsAString", With(R"("active":"true")")},
      {"ClientIdOfAnotherType", With(R"("client_id":1)")},
      {"UsernameOfAnotherType", With(R"("username":null)")},
      {"ScopeAsAnArray", With(R"("scope":["read"])")},
      {"SubOfAnotherType", With(R"("sub":true)")},
      {"IssOfAnotherType", With(R"("iss":["https://server.example.com/"])")},
      {"JtiOfAnotherType", With(R"("jti":1)")},
      {"SidOfAnotherType", With(R"("sid":{})")},
      {"AudOfAnotherType", With(R"("aud":1)")},
      {"AudOfNumbers", With(R"("aud":["a",1])")},
      {"CnfOfAnotherType", With(R"("cnf":"x")")},
      {"ActOfAnotherType", With(R"("act":[])")},
      {"ExtendedClaimsOfAnotherType", With(R"("extended_claims":[])")},
      {"AuthorizationDetailsOfAnotherType", With(R"("authorization_details":{})")},
      {"UnknownTokenType", With(R"("token_type":"mac")")},
      {"TokenTypeOfAnotherType", With(R"("token_type":1)")},
      {"RefreshToken", With(R"("token_use":"refresh")")},
      {"IdToken", With(R"("token_use":"id")")},
      {"TypRefresh", With(R"("typ":"Refresh")")},
      {"TypId", With(R"("typ":"ID")")},

      // The sequence.
      {"SequenceTooFarAhead", OfSequence(900)},
      {"SequenceNegative", R"({"op":"revoke","token":"x","sequence":-1})"},
      {"SequenceAsAString", R"({"op":"revoke","token":"x","sequence":"1"})"},
      {"SequenceWithAFraction", R"({"op":"revoke","token":"x","sequence":1.5})"},
      {"SequenceBeyond63Bits", R"({"op":"revoke","token":"x","sequence":9223372036854775808})"},

      // Revocations.
      {"RevokeOfNothing", R"({"op":"revoke"})"},
      {"RevokeOfAnIssuerAlone", R"({"op":"revoke","iss":"https://server.example.com/"})"},
      {"RevokeOfEmptyToken", R"({"op":"revoke","token":""})"},
      {"JtiWithoutIss", R"({"op":"revoke","jti":"j"})"},
      {"RuleOfAnotherType", R"({"op":"revoke","sub":1})"},
      {"RuleTooFarAhead", Plain(R"({"op":"revoke","sub":"a","issued_before":@+900})")},
      {"IssuedBeforeAsAString", R"({"op":"revoke","sub":"a","issued_before":"1"})"},
      {"IssuedBeforeWithAFraction", R"({"op":"revoke","sub":"a","issued_before":1.5})"},
  };
}

class RefusedLineTest : public testing::TestWithParam<Line> {
 protected:
  static void SetUpTestSuite() {
    node_ = new Node;
    node_->KeepSecret("the refused token", kToken);
  }
  static void TearDownTestSuite() {
    delete node_;
    node_ = nullptr;
  }
  static Node* node_;
};

Node* RefusedLineTest::node_ = nullptr;

TEST_P(RefusedLineTest, IsNamedWithItsNumberAndHasNoEffect) {
  const std::string good = Upsert("the-good-line-beside-it", GoodClaims());
  const PushResult result = node_->Push(good + GetParam().line + "\n" + good);
  EXPECT_EQ(result.status, 422);
  EXPECT_EQ(result.lines, 3);
  EXPECT_EQ(result.applied, 2);
  EXPECT_EQ(result.rejected, 1);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].line, 2);
  EXPECT_GE(result.errors[0].error.size(), 4u) << "no reason";
  EXPECT_EQ(node_->Introspect(kToken), support::kInactive);
}

INSTANTIATE_TEST_SUITE_P(Contract5, RefusedLineTest, testing::ValuesIn(RefusedLines()),
                         [](const auto& test) { return std::string(test.param.name); });

// The other side of each edge above.
TEST(AcceptedLineTest, LinesAtTheEdgesAreTaken) {
  Node node;
  const std::string lines[] = {
      R"({"op":"heartbeat"})",
      R"( {"op" : "heartbeat"} )",
      With("\"x\":" + Nested(12)),
      With(fmt::format("\"x\":\"{}\"", std::string(16'000, 'x'))),
      Claims(R"("exp":@+2592200)"),
      Claims(R"("exp":@+2000000,"iat":@-592000)"),
      With(R"("token_use":"access","token_type":"DPoP","active":true)"),
      With(R"("nbf":@-5,"iat":@-5,"aud":[],"cnf":{},"act":{},"authorization_details":[])"),
      OfSequence(-5),
      OfSequence(290),
      OfDigest(std::string(43, 'A')),
      OfDigest(std::string(22, 'A')),
      Plain(R"({"op":"revoke","sub":"a","client_id":"b","sid":"c","issued_before":@+50})"),
      R"({"op":"revoke","iss":"https://server.example.com/","jti":"j"})",
  };
  for (const std::string& line : lines) {
    const PushResult result = node.Push(line + "\n");
    EXPECT_EQ(result.status, 200) << line.substr(0, 200) << "\n"
                                  << (result.errors.empty() ? "" : result.errors[0].error);
  }
}

}  // namespace
}  // namespace introspectd::system_test
