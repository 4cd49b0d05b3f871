#include "schema/random_lines.h"

namespace introspectd::schema {

RandomLines::RandomLines(std::uint64_t seed, UnixSeconds now) : random_(seed) {
  const auto seconds = [now](std::int64_t ahead) { return std::to_string(now + ahead); };
  const auto micros = [now](std::int64_t ahead) { return std::to_string(now + ahead) + "000000"; };
  spaces_ = {" ", "  ", "\t", "\r", " \t"};
  strings_ = {R"("abc")", R"("a")",    R"("")",      R"("\u0061bc")",     R"("\"\\\/\b\f\n\r\t")",
              "\"é\"",    "\"\x7f{\"", R"("[,]:}")", R"("\ud83d\ude00")", R"("\u00e9\\")"};
  anything_ = {"null",
               "true",
               "false",
               "0",
               "-0",
               "-1",
               "1.5",
               "1e2",
               "1E+2",
               "-0.0",
               "01",
               "1.",
               "\"x\"",
               "\"\\ud800\"",
               "\"\\udc00x\"",
               "\"\\udc00\\ud800\"",
               "\"\\ud800\\u0041\"",
               "\"\\u0000\"",
               "\"\\\\u0000\"",
               "\"\\u00g0\"",
               "\"\\x\"",
               "\"\t\"",
               "\"",
               "\"\xef\xbf\xbf\"",
               "9223372036854775807",
               "9223372036854775808",
               "-9223372036854775808",
               "-9223372036854775809",
               "18446744073709551615",
               "18446744073709551616",
               "1e308",
               "9e307",
               "1e309",
               "1e-400",
               "1e-99999",
               "0e400",
               "123456789012345678901.5",
               "1" + std::string(400, '0'),
               "1" + std::string(400, '0') + ".0",
               "9007199254740992",
               "9007199254740991",
               "{}",
               "[]",
               "[[]]",
               R"({"a":1})",
               R"({"a":1,"b":{"a":2}})",
               R"({"a":1,"a":2})",
               R"({"a":1,"\u0061":2})",
               R"([{"a":[{"b":1,"b":1}]}])",
               R"({"a":{},"a":{}})",
               R"({"":1,"":2})",
               "[1,2",
               "[1,]",
               "{\"a\"}",
               "{a:1}",
               "nul",
               "True",
               "[\"a\",1]",
               "[\"a\" , \"b\"]",
               "[\"a\",[\"b\"]]",
               "[\"a\\\"]\"]",
               R"({"jkt":"x"})",
               R"({"\u006akt":"x"})"};
  for (const std::size_t levels : {12u, 13u, 14u, 15u, 16u, 17u}) {
    anything_.push_back(std::string(levels, '[') + std::string(levels, ']'));
    anything_.push_back(std::string(levels, '[') + "1" + std::string(levels, ']'));
  }
  pieces_ = anything_;
  for (const char* piece : {"{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "e", ".", "-", "+",
                            "\\u0061", "\\ud800", "\\u0000", "\xc3\xa9", "\"exp\":", "\"op\":"}) {
    pieces_.push_back(piece);
  }
  times_ = {seconds(900), seconds(500), seconds(-500), "0", "-0", "1", seconds(900) + ".0"};
  sequences_ = {micros(0), micros(200), micros(400), "0", "-0", "7", "9223372036854775807"};
  digests_ = {"\"ungWv48Bz-pBQUDeXa4iIw\"",
              "\"ungWv48Bz-pBQUDeXa4iIx\"",
              "\"ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0\"",
              "\"ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1\"",
              "\"\\u0075ngWv48Bz-pBQUDeXa4iIw\"",
              "\"ungWv48Bz+pBQUDeXa4iIw\"",
              "1e42",
              "\"ungWv48Bz-pBQUDeXa4iIw==\""};
  issuers_ = {"\"https://server.example.com/\"", "\"https:\\/\\/server.example.com\\/\"",
              "\"https://issuer.example.org/\"", "\"https://foreign/\""};
}

std::string RandomLines::Next() {
  std::string line = Line();
  if (OneIn(4)) Damage(line);
  return line;
}

std::string RandomLines::Name(const std::string& name) {
  if (!OneIn(30)) return name;
  char escaped[8];
  std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(name[0]));
  return escaped + name.substr(1);
}

std::string RandomLines::Member(const std::string& name, const std::string& value) {
  return Space() + "\"" + Name(name) + "\"" + Space() + ":" + Space() + value + Space();
}

std::string RandomLines::Value(const std::vector<std::string>& good) {
  return OneIn(12) ? Pick(anything_) : Pick(good);
}

std::string RandomLines::Object(const std::vector<std::string>& members) {
  std::string object = "{" + Space();
  for (std::size_t i = 0; i < members.size(); ++i) object += (i == 0 ? "" : ",") + members[i];
  return object + "}";
}

std::string RandomLines::Claims() {
  std::vector<std::string> members;
  const auto add = [&](const char* name, const std::vector<std::string>& good) {
    members.push_back(Member(name, Value(good)));
  };
  const std::vector<std::string> objects{"{}", R"({"jkt":"x"})", R"({ "a" : [ {} ] })"};
  if (!OneIn(15)) add("exp", times_);
  if (OneIn(3)) add("iat", times_);
  if (OneIn(4)) add("nbf", times_);
  if (OneIn(2)) add("iss", issuers_);
  for (const char* name : {"client_id", "username", "scope", "sub", "sid"}) {
    if (OneIn(4)) add(name, strings_);
  }
  if (OneIn(3)) add("jti", strings_);
  if (OneIn(4)) add("aud", {"\"a\"", "[]", "[\"a\",\"\\u0062]\"]", "[ \"a\" ]"});
  for (const char* name : {"cnf", "act", "extended_claims"}) {
    if (OneIn(6)) add(name, objects);
  }
  if (OneIn(6)) add("authorization_details", {"[]", "[{\"type\":\"a\"}]"});
  if (OneIn(6)) add("active", {"true"});
  if (OneIn(6)) add("token_type", {"\"Bearer\"", "\"dPoP\"", "\"mac\"", "\"be\\u0061rer\""});
  if (OneIn(6)) add("token_use", {"\"access\"", "\"Access_Token\"", "\"refresh\""});
  if (OneIn(6)) add("typ", {"\"at+jwt\"", "\"ID\"", "\"\\u0069d\"", "1", "\"Logout\""});
  if (OneIn(2)) members.push_back(Member("x", Pick(anything_)));
  if (OneIn(4)) members.push_back(Member("y\\\"", Pick(strings_)));
  if (OneIn(30)) members.push_back(members[Below(members.size())]);
  for (std::size_t i = 0; i + 1 < members.size(); ++i) {
    std::swap(members[i], members[i + Below(members.size() - i)]);
  }
  return Object(members);
}

std::string RandomLines::Line() {
  const std::size_t kind = Below(8);
  std::vector<std::string> members;
  const auto add = [&](const char* name, const std::vector<std::string>& good) {
    members.push_back(Member(name, Value(good)));
  };
  add("op", {kind < 4   ? "\"upsert\""
             : kind < 7 ? "\"revoke\""
                        : "\"heartbeat\"",
             kind < 4   ? "\"\\u0075psert\""
             : kind < 7 ? "\"revoke\""
                        : "\"complete\""});
  if (kind < 5) {
    OneIn(2) ? add("token", strings_) : add("token_sha256", digests_);
    if (OneIn(30)) add("token", strings_);
  }
  if (kind < 4) members.push_back(Member("claims", OneIn(30) ? Pick(anything_) : Claims()));
  if (kind == 5) {
    if (!OneIn(8)) add("iss", issuers_);
    add("jti", strings_);
  }
  if (kind == 6) {
    for (const char* name : {"sub", "client_id", "sid"}) {
      if (OneIn(2)) add(name, strings_);
    }
    if (OneIn(2)) add("iss", issuers_);
    if (OneIn(2)) add("issued_before", times_);
  }
  if (OneIn(3)) add("sequence", sequences_);
  if (OneIn(30)) add("end", times_);
  return Space() + Object(members) + Space();
}

void RandomLines::Damage(std::string& line) {
  for (std::size_t count = 1 + Below(2); count > 0; --count) {
    const std::size_t at = Below(line.size() + 1);
    switch (Below(3)) {
      case 0:
        line.insert(at, Pick(pieces_));
        break;
      case 1:
        line.erase(at, 1 + Below(3));
        break;
      default:
        line.insert(at, line.substr(Below(line.size() + 1), Below(12)));
    }
  }
}

}  // namespace introspectd::schema
