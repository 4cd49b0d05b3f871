#include "json/document.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::json {
namespace {

constexpr std::size_t kSizeMax = 4096;
constexpr std::size_t kDepthMax = 16;

Error ErrorOf(std::string_view text) {
  Parser parser(kSizeMax, kDepthMax);
  return parser.ParseObject(text);
}

std::string Repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

// `depth` containers, one in the other; the innermost holds `core`.
std::string Objects(std::size_t depth, std::string_view core) {
  return Repeated(R"({"a":)", depth) + std::string(core) + Repeated("}", depth);
}

std::string ArraysInObject(std::size_t depth, std::string_view core) {
  return R"({"a":)" + Repeated("[", depth - 1) + std::string(core) + Repeated("]", depth - 1) + "}";
}

TEST(DocumentTest, KnowsEveryType) {
  Parser parser(kSizeMax, kDepthMax);
  ASSERT_EQ(
      parser.ParseObject(R"({"s":"x","i":-3,"n":1.5,"b":true,"f":false,"z":null,"o":{},"a":[]})"),
      Error::kNone);
  const auto get = [&parser](std::string_view name) { return Find(parser.members(), name)->value; };
  EXPECT_EQ(get("s").type, Type::kString);
  EXPECT_EQ(get("s").string, "x");
  EXPECT_EQ(get("i").type, Type::kInteger);
  EXPECT_EQ(get("i").integer, -3);
  EXPECT_EQ(get("n").type, Type::kNumber);
  EXPECT_EQ(get("b").type, Type::kBool);
  EXPECT_TRUE(get("b").boolean);
  EXPECT_FALSE(get("f").boolean);
  EXPECT_EQ(get("z").type, Type::kNull);
  EXPECT_EQ(get("o").type, Type::kObject);
  EXPECT_EQ(get("a").type, Type::kArray);
  EXPECT_EQ(Find(parser.members(), "q"), nullptr);
}

TEST(DocumentTest, EscapedQuotesDoNotEndAString) {
  Parser parser(kSizeMax, kDepthMax);
  ASSERT_EQ(parser.ParseObject(R"({"a\"":"\"","":"","\\":["\\\"x","\"\"",""],"\u0022":"\"b\""})"),
            Error::kNone);
  const auto& members = parser.members();
  EXPECT_EQ(members[0].raw(), R"("a\"":"\"")");
  EXPECT_EQ(members[1].raw(), R"("":"")");
  EXPECT_EQ(members[2].raw(), R"("\\":["\\\"x","\"\"",""])");
  EXPECT_EQ(members[3].raw(), R"("\u0022":"\"b\"")");
  std::vector<Value> elements;
  parser.ElementsOf(members[2].value, elements);
  EXPECT_EQ(elements[0].raw, R"("\\\"x")");
  EXPECT_EQ(elements[1].raw, R"("\"\"")");
  EXPECT_EQ(elements[2].raw, R"("")");
}

TEST(DocumentTest, OnlyWhatFitsInt64IsAnInteger) {
  Parser parser(kSizeMax, kDepthMax);
  ASSERT_EQ(parser.ParseObject(
                R"({"max":9223372036854775807,"over":9223372036854775808,"dot":1.0,"e":1e3,)"
                R"("min":-9223372036854775808,"zero":-0})"),
            Error::kNone);
  const auto type = [&parser](std::string_view name) {
    return Find(parser.members(), name)->value.type;
  };
  EXPECT_EQ(type("max"), Type::kInteger);
  EXPECT_EQ(type("min"), Type::kInteger);
  EXPECT_EQ(type("zero"), Type::kInteger);
  EXPECT_EQ(type("over"), Type::kNumber);
  EXPECT_EQ(type("dot"), Type::kNumber);
  EXPECT_EQ(type("e"), Type::kNumber);
}

// A limit of the parser (RFC 8259 6 allows it): better refused than changed.
TEST(DocumentTest, NumbersThatItCannotHoldAreRefused) {
  for (const char* bad : {"18446744073709551616", "-9223372036854775809", "1e400", "-1e400"}) {
    EXPECT_EQ(ErrorOf("{\"a\":" + std::string(bad) + "}"), Error::kNotJson) << bad;
  }
  EXPECT_EQ(ErrorOf(R"({"a":123456789012345678901234567890.5,"b":1e-400})"), Error::kNone);
}

TEST(DocumentTest, KeepsOrderAndTheTextOfEveryValue) {
  Parser parser(kSizeMax, kDepthMax);
  ASSERT_EQ(parser.ParseObject("\t{ \"z\" : 1.50e+01 ,\r\n \"a\":[ 1 , \"x  y\\/\\u00e9\" ],"
                               "\"\\u0062\": { \"k\" : -0.0 } } "),
            Error::kNone);
  const auto& members = parser.members();
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].name, "z");
  EXPECT_EQ(members[0].value.raw, "1.50e+01");
  EXPECT_EQ(members[1].value.raw, R"([1,"x  y\/\u00e9"])");
  EXPECT_EQ(members[2].name, "b");
  EXPECT_EQ(members[2].raw_name, R"("\u0062")");
  EXPECT_EQ(members[2].value.raw, R"({"k":-0.0})");
}

TEST(DocumentTest, UnescapesStringsAndSaysWhichWereEscaped) {
  Parser parser(kSizeMax, kDepthMax);
  ASSERT_EQ(parser.ParseObject(
                R"({"plain":"é","escaped":"\u00e9","pair":"\ud83d\ude00","nul":"\u0000"})"),
            Error::kNone);
  const auto get = [&parser](std::string_view name) { return Find(parser.members(), name)->value; };
  EXPECT_FALSE(get("plain").escaped());
  EXPECT_TRUE(get("escaped").escaped());
  EXPECT_EQ(get("plain").string, get("escaped").string);
  EXPECT_EQ(get("pair").string, "😀");
  EXPECT_EQ(get("nul").string, std::string_view("\0", 1));
}

TEST(DocumentTest, DescendsIntoObjectsAndArrays) {
  Parser parser(kSizeMax, kDepthMax);
  ASSERT_EQ(parser.ParseObject(R"({"o":{"k":[true,{"m":"deep"}]}})"), Error::kNone);
  std::vector<Member> members;
  parser.MembersOf(parser.members()[0].value, members);
  ASSERT_EQ(members.size(), 1u);
  std::vector<Value> elements;
  parser.ElementsOf(members[0].value, elements);
  ASSERT_EQ(elements.size(), 2u);
  EXPECT_EQ(elements[0].type, Type::kBool);
  EXPECT_EQ(elements[1].raw, R"({"m":"deep"})");
  parser.MembersOf(elements[1], members);
  EXPECT_EQ(members[0].value.string, "deep");
}

TEST(DocumentTest, SixteenLevelsAreTheLast) {
  EXPECT_EQ(ErrorOf(Objects(16, "1")), Error::kNone);
  EXPECT_EQ(ErrorOf(Objects(15, "{}")), Error::kNone);
  EXPECT_EQ(ErrorOf(Objects(17, "1")), Error::kTooDeep);
  EXPECT_EQ(ErrorOf(Objects(16, "{}")), Error::kTooDeep) << "an empty one counts too";
  EXPECT_EQ(ErrorOf(Objects(16, "[]")), Error::kTooDeep);
  EXPECT_EQ(ErrorOf(ArraysInObject(16, "1")), Error::kNone);
  EXPECT_EQ(ErrorOf(ArraysInObject(16, "")), Error::kNone);
  EXPECT_EQ(ErrorOf(ArraysInObject(17, "1")), Error::kTooDeep);
  EXPECT_EQ(ErrorOf(ArraysInObject(17, "")), Error::kTooDeep);
  EXPECT_EQ(ErrorOf(ArraysInObject(1000, "1")), Error::kTooDeep);
}

TEST(DocumentTest, RefusesNamesThatStandTwice) {
  EXPECT_EQ(ErrorOf(R"({"a":1,"b":2,"a":1})"), Error::kDuplicateName);
  EXPECT_EQ(ErrorOf(R"({"a":1,"\u0061":1})"), Error::kDuplicateName);
  EXPECT_EQ(ErrorOf(R"({"":1,"":2})"), Error::kDuplicateName);
  EXPECT_EQ(ErrorOf(R"({"x":{"a":1,"a":2}})"), Error::kDuplicateName);
  EXPECT_EQ(ErrorOf(R"({"x":[0,{"y":[{"a":1,"b":3,"\u0061":2}]}]})"), Error::kDuplicateName);
  EXPECT_EQ(ErrorOf(Objects(15, R"({"a":1,"a":2})")), Error::kDuplicateName);
}

TEST(DocumentTest, TheSameNameMayStandInTwoObjects) {
  EXPECT_EQ(ErrorOf(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"A":1})"), Error::kNone);
}

TEST(DocumentTest, RefusesWhatIsNotOneJsonValue) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "{}{}",
                          "{} x",
                          "{},",
                          R"({"a":1}])",
                          R"({"a":1,})",
                          R"({"a"})",
                          R"({a:1})",
                          R"({'a':1})",
                          R"({"a":01})",
                          R"({"a":+1})",
                          R"({"a":.5})",
                          R"({"a":1.})",
                          R"({"a":NaN})",
                          R"({"a":tru})",
                          R"({"a":"\x"})",
                          R"({"a":"\u12"})",
                          R"({"a":"b)",
                          R"(/**/{})",
                          "\xef\xbb\xbf{}",
                          "{\"a\":\"\t\"}",
                          "{\"a\":\"\n\"}"}) {
    EXPECT_EQ(ErrorOf(bad), Error::kNotJson) << bad;
  }
  EXPECT_EQ(ErrorOf(std::string_view("{}\0", 3)), Error::kNotJson);
  EXPECT_EQ(ErrorOf({}), Error::kNotJson);
}

TEST(DocumentTest, RefusesWhatIsNotUtf8) {
  for (const char* bad : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xff", "\xc3", "\xf0\x9f\x98"}) {
    EXPECT_EQ(ErrorOf("{\"a\":\"" + std::string(bad) + "\"}"), Error::kNotJson) << bad;
    EXPECT_EQ(ErrorOf("{\"" + std::string(bad) + "\":1}"), Error::kNotJson) << bad;
  }
  for (const char* bad : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud800x")"}) {
    EXPECT_EQ(ErrorOf("{\"a\":" + std::string(bad) + "}"), Error::kNotJson) << bad;
  }
}

TEST(DocumentTest, RefusesWhatIsNotAnObject) {
  for (const char* other : {"[]", "[{}]", "1", "\"x\"", "null", "true"}) {
    EXPECT_EQ(ErrorOf(other), Error::kNotObject) << other;
  }
}

TEST(DocumentTest, ItsSizeIsBounded) {
  const std::string fits = R"({"a":")" + std::string(kSizeMax - 8, 'x') + R"("})";
  ASSERT_EQ(fits.size(), kSizeMax);
  EXPECT_EQ(ErrorOf(fits), Error::kNone);
  EXPECT_EQ(ErrorOf(fits + " "), Error::kTooLarge);
}

TEST(DocumentTest, ItsSizeMayChange) {
  Parser parser(kSizeMax, kDepthMax);
  const std::string large = R"({"a":")" + std::string(10 * kSizeMax, 'x') + R"("})";
  for (const std::size_t size_max : {large.size(), large.size() - 1, large.size()}) {
    parser.SetSizeMax(size_max);
    EXPECT_EQ(parser.ParseObject(large),
              size_max == large.size() ? Error::kNone : Error::kTooLarge);
    EXPECT_EQ(parser.ParseObject(R"({"a":1})"), Error::kNone);
  }
}

TEST(DocumentTest, AParserCanBeUsedAgainAfterEveryError) {
  Parser parser(kSizeMax, kDepthMax);
  for (const std::string& bad : {std::string("{"), std::string("[]"), Objects(17, "1"),
                                 std::string(R"({"a":1,"a":1})"), std::string(5000, ' ')}) {
    EXPECT_NE(parser.ParseObject(bad), Error::kNone);
    EXPECT_TRUE(parser.members().empty()) << bad;
    ASSERT_EQ(parser.ParseObject(R"({"good":"yes"})"), Error::kNone);
    EXPECT_EQ(Find(parser.members(), "good")->value.string, "yes");
  }
}

TEST(DocumentTest, EveryErrorHasASentence) {
  EXPECT_STREQ(ToString(Error::kTooDeep), "nested too deeply");
  EXPECT_STREQ(ToString(Error::kDuplicateName), "a member stands twice in one object");
}

}  // namespace
}  // namespace introspectd::json
