#include "text/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace introspectd::text {
namespace {

std::string Quoted(std::string_view s) {
  std::string out;
  AppendJsonString(s, out);
  return out;
}

TEST(JsonWriterTest, WritesNestedContainers) {
  std::string out = "> ";
  JsonWriter json(out);
  json.BeginObject().Key("a").Integer(1);
  json.Key("b").BeginObject().Key("c").String("d").EndObject();
  json.Key("e").BeginArray().Bool(true).Bool(false).BeginArray().EndArray().EndArray();
  json.Key("f").BeginObject().EndObject().Key("g").Raw("[null]").EndObject();
  EXPECT_EQ(out, R"(> {"a":1,"b":{"c":"d"},"e":[true,false,[]],"f":{},"g":[null]})");
}

TEST(JsonWriterTest, WritesNumbersWhole) {
  std::string out;
  JsonWriter json(out);
  json.BeginArray()
      .Integer(std::numeric_limits<std::int64_t>::min())
      .Unsigned(std::numeric_limits<std::uint64_t>::max())
      .Number(0.1)
      .Number(-2.5)
      .EndArray();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615,0.1,-2.5]");
}

TEST(JsonWriterTest, EscapesNamesToo) {
  std::string out;
  JsonWriter(out).BeginObject().Key("a\"b").Bool(true).EndObject();
  EXPECT_EQ(out, R"({"a\"b":true})");
}

TEST(JsonStringTest, EscapesWhatMustBeAndNothingElse) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(Quoted("\b\t\n\f\r"), R"("\b\t\n\f\r")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f", 2)), R"("\u0000\u001f")");
  EXPECT_EQ(Quoted("\x7fzß€😀"), "\"\x7fzß€😀\"");
}

// What was read from a line fits into a line again.
TEST(JsonStringTest, NoCharacterTakesMoreThanItsShortestEscape) {
  for (int c = 0; c < 256; ++c) {
    const std::string one(1, static_cast<char>(c));
    const bool has_short_form = one.find_first_of("\"\\\b\t\n\f\r") == 0;
    const std::size_t shortest = has_short_form ? 2 : c < 0x20 ? 6 : 1;
    EXPECT_EQ(Quoted(one).size(), shortest + 2) << c;
  }
}

}  // namespace
}  // namespace introspectd::text
