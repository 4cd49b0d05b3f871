// push() against the parser of introspectd: what push() takes, the parser takes, and a node that
// follows the log comes to the same update as one that was told the line itself.

#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <regex>
#include <sstream>

#include "fmt/core.h"
#include "schema/log_database.h"
#include "schema/random_lines.h"
#include "token/rules.h"
#include "update/format.h"
#include "update/parser.h"

namespace introspectd::schema {
namespace {

using support::Sql;
using update::Line;
using update::Origin;

// All that an update says, as text.
std::string Describe(const token::Update& update) {
  std::string out;
  const auto rule = [](std::int64_t issued_before, std::int64_t end, std::uint64_t sequence) {
    return token::RuleValue{.issued_before = issued_before, .end = end, .sequence = sequence};
  };
  if (const auto* upsert = std::get_if<token::Upsert>(&update)) {
    const token::Record& record = *upsert->record;
    update::AppendRecord(record, -1, out);
    for (std::size_t i = 0; i < token::kFieldCount; ++i) {
      out += "|" + std::string(record.field(static_cast<token::Field>(i)).value_or("(none)"));
    }
    for (std::size_t i = 0; i < record.audience_count(); ++i) {
      out += "|" + std::string(record.audience(i));
    }
    return out + "|" + std::to_string(record.iat()) + "|" + std::to_string(record.nbf()) + "|" +
           std::to_string(upsert->end);
  }
  if (const auto* revoke = std::get_if<token::RevokeToken>(&update)) {
    const auto record = token::Record::Revocation(revoke->digest, revoke->sequence);
    record->SetMemory(revoke->memory);
    update::AppendRecord(*record, -1, out);
  } else if (const auto* jti = std::get_if<token::RevokeJti>(&update)) {
    update::AppendJti(jti->key, rule(0, jti->end, jti->sequence), -1, out);
  } else {
    const auto& add = std::get<token::AddRule>(update);
    for (const std::string& key : add.keys) {
      update::AppendRule(key, rule(add.issued_before, add.end, add.sequence), -1, out);
    }
  }
  return out;
}

std::string Describe(const Line& line) {
  if (const auto* refused = std::get_if<update::Refused>(&line)) {
    return "refused: " + refused->reason;
  }
  if (const auto* update = std::get_if<token::Update>(&line)) return Describe(*update);
  if (std::holds_alternative<update::Heartbeat>(line)) return "heartbeat";
  return std::holds_alternative<update::Complete>(line) ? "complete" : "for nodes alone";
}

// As bytea takes it.
std::string Hex(const std::string& bytes) {
  std::string hex = "\\x";
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

bool Taken(const std::string& description) { return !description.starts_with("refused: "); }

// The lines of which push() is allowed to refuse what the parser takes.
std::string AllowedDifference(const std::string& line) {
  if (line.find("\\u0000") != std::string::npos) return "PostgreSQL's text cannot hold U+0000";
  // Zeros with any exponent, 1e308 to 1.8e308, or 1e-5000.
  static const std::regex extreme(R"([0-9][eE]\+?[0-9]{3}|[0-9][eE][-+]?[0-9]{4}|[0-9]{300})");
  if (std::regex_search(line, extreme)) return "a number that takes more than counting digits";
  return "";
}

// What push() made of a line, and when.
struct Pushed {
  std::string refused;  // "" when taken
  std::vector<std::string> lines;
  UnixSeconds written = 0;
  std::uint64_t sequence = 0;
};

class PushDifferentialTest : public ::testing::Test {
 protected:
  PushDifferentialTest() {
    Sql owner = database_.AsOwner();
    owner.Exec(std::string("SELECT introspectd.grant_push('issuer', ARRAY['") + kIssuer + "', '" +
               kOtherIssuer + "'])");
    // One round trip a line, and one transaction for all. Bytes, since not all are UTF-8.
    owner.Exec(R"(
      CREATE FUNCTION public.try_push(line bytea, OUT refused text, OUT sequence bigint)
      LANGUAGE plpgsql AS $$
      BEGIN
        sequence := introspectd.push(convert_from(line, 'UTF8'));
      EXCEPTION WHEN invalid_parameter_value OR character_not_in_repertoire THEN
        refused := SQLERRM;
      END $$;
      GRANT SELECT, DELETE ON introspectd.log TO issuer)");
    pusher_.Exec("BEGIN");
  }

  Pushed Push(const std::string& line) {
    const Sql::Row row =
        pusher_.Query("SELECT refused, sequence FROM public.try_push($1)", {Hex(line)}).at(0);
    Pushed pushed;
    if (row[0]) {
      pushed.refused = *row[0];
      return pushed;
    }
    pushed.sequence = std::stoull(*row[1]);
    for (const Sql::Row& kept : pusher_.Query(
             "DELETE FROM introspectd.log RETURNING lines, floor(extract(epoch FROM at))")) {
      pushed.written = std::stoll(*kept[1]);
      std::istringstream text(*kept[0]);
      for (std::string one; std::getline(text, one);) pushed.lines.push_back(one);
    }
    return pushed;
  }

  std::string Parsed(const std::string& line, Origin origin, std::uint64_t sequence,
                     UnixSeconds now) {
    return Describe(parser_.Parse(line, cpp_pusher_, origin, sequence, now * kMicrosPerSecond));
  }

  // What a follower of the log makes of the lines together.
  std::string Followed(const Pushed& pushed) {
    std::string all;
    for (const std::string& line : pushed.lines) {
      all += Parsed(line, Origin::kNode, 0, pushed.written);
    }
    return all;
  }

  void Compare(const std::string& line) {
    SCOPED_TRACE(line);
    const Pushed pushed = Push(line);
    ++lines_;
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (blank) {
      EXPECT_EQ(pushed.refused, "");
      return;
    }
    if (!pushed.refused.empty()) return CompareRefused(line, pushed);
    ++taken_;
    const std::string followed = Followed(pushed);
    // It was judged in the second in which its row was written, or just before that.
    const std::string told = Parsed(line, Origin::kPusher, pushed.sequence, pushed.written);
    const std::string before = Parsed(line, Origin::kPusher, pushed.sequence, pushed.written - 1);
    EXPECT_TRUE(Taken(told)) << told;
    EXPECT_TRUE(followed == told || followed == before) << followed << "\n" << told;
  }

  void CompareRefused(const std::string& line, const Pushed& pushed) {
    const std::string parsed = Parsed(line, Origin::kPusher, 1, std::time(nullptr));
    if (!Taken(parsed)) {
      same_reason_ += "line 1: " + parsed.substr(9) == pushed.refused;
      return;
    }
    const std::string why = AllowedDifference(line);
    EXPECT_NE(why, "") << pushed.refused << "; the parser: " << parsed;
    ++allowed_[why];
  }

  LogDatabase database_;
  Sql pusher_ = database_.As(kPusherRole);
  Pusher cpp_pusher_{.issuers = {kIssuer, kOtherIssuer}};
  update::Parser parser_{{.issuer = kIssuer, .token_lifetime_max_s = LogDatabase::kLifetimeMax_s}};
  int lines_ = 0;
  int taken_ = 0;
  int same_reason_ = 0;
  std::map<std::string, int> allowed_;
};

// Every reason that a pusher can be given, in the words of the parser.
TEST_F(PushDifferentialTest, ReasonsAreTheParsers) {
  const std::string a42(42, 'A');
  const std::string ahead = std::to_string(std::time(nullptr) + 400);
  const std::string too_long = std::to_string(std::time(nullptr) + 2000);
  for (const std::string& line : std::vector<std::string>{
           "x",
           R"({"op":"heartbeat"}x)",
           R"({"op":"heartbeat"}{"op":"heartbeat"})",
           R"({"op":"heartbeat",})",
           "\xef\xbb\xbf{\"op\":\"heartbeat\"}",
           "[]",
           R"("upsert")",
           R"({"op":"heartbeat","op":"heartbeat"})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"a":{"b":1,"\u0062":2}}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"x":)" + std::string(15, '[') +
               std::string(15, ']') + "}}",
           std::string(16'000, '['),
           std::string(16'385, ' ') + "x",
           "{}",
           R"({"op":1})",
           R"({"op":"delete"})",
           R"({"op":"position","sequence":1})",
           R"({"op":"upsert","token":"t","claims":{"exp":1},"end":5})",
           R"({"op":"revoke","token":"t","sub":"s"})",
           R"({"op":"revoke","jti":"j","iss":"https://server.example.com/","known":true})",
           R"({"op":"revoke","sub":"s","issued_befor":5})",
           R"({"op":"complete","lines":1})",
           R"({"op":"upsert","claims":{"exp":1}})",
           R"({"op":"revoke","token":"t","token_sha256":")" + a42 + "A\"}",
           R"({"op":"revoke","token":""})",
           R"({"op":"revoke","token":null})",
           R"({"op":"revoke","token_sha256":1e42})",
           R"({"op":"revoke","token_sha256":")" + a42 + "B\"}",
           R"({"op":"revoke","token":"t","sequence":-1})",
           R"({"op":"revoke","token":"t","sequence":1.0})",
           R"({"op":"revoke","token":"t","sequence":1e3})",
           R"({"op":"revoke","token":"t","sequence":null})",
           R"({"op":"revoke","token":"t","sequence":9223372036854775808})",
           R"({"op":"heartbeat","sequence":)" + ahead + "000000}",
           R"({"op":"upsert","token":"t","claims":[]})",
           R"({"op":"upsert","token":"t","claims":{}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1e3}})",
           R"({"op":"upsert","token":"t","claims":{"exp":9007199254740992}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"nbf":null}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"sid":null}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"aud":["a",1]}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"cnf":[]}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"authorization_details":{}}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"active":false}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"token_type":"mac"}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"token_use":"refresh"}})",
           R"({"op":"upsert","token":"t","claims":{"exp":1,"typ":"\u0049D"}})",
           R"({"op":"upsert","token":"t","claims":{"exp":)" + too_long + "}}",
           R"({"op":"upsert","token":"t","claims":{"exp":1301,"iat":0}})",
           R"({"op":"revoke"})",
           R"({"op":"revoke","jti":"j"})",
           R"({"op":"revoke","sub":null})",
           R"({"op":"revoke","sub":"s","iss":{}})",
           R"({"op":"revoke","sub":"s","issued_before":"1"})",
           R"({"op":"revoke","sub":"s","issued_before":)" + ahead + "}"}) {
    const std::string parsed = Parsed(line, Origin::kPusher, 1, std::time(nullptr));
    EXPECT_FALSE(Taken(parsed)) << line;
    EXPECT_EQ("refused: " + Push(line).refused, "refused: line 1: " + parsed.substr(9)) << line;
  }
}

// What push() refuses although the parser would take it; all that there is.
TEST_F(PushDifferentialTest, DifferencesAreKnown) {
  const std::string head = R"({"op":"upsert","token":"t","claims":{"exp":1,"x":)";
  for (const char* value : {R"("\u0000")", "0e400", "1e308", "0.01e308", "1e-1000", "1e+0001"}) {
    const std::string line = head + value + "}}";
    EXPECT_TRUE(Taken(Parsed(line, Origin::kPusher, 1, std::time(nullptr)))) << line;
    EXPECT_EQ(Push(line).refused, "line 1: not one JSON object in UTF-8") << line;
    EXPECT_NE(AllowedDifference(line), "");
  }
  for (const char* value : {R"("\\u0000")", "0.0e307", "9e307", "1e-999", "1e+001"}) {
    Compare(head + value + "}}");
  }
  EXPECT_EQ(taken_, 5);
}

// Claims and what is unescaped of them must fit a record, which matters to long lines alone.
TEST_F(PushDifferentialTest, LongClaimsAreTakenWhereTheyFitForSure) {
  database_.AsOwner().Exec("UPDATE introspectd.settings SET line_bytes_max = 100000");
  const auto line = [](std::size_t size) {
    return R"({"op":"upsert","token":"t","claims":{"exp":1,"x":")" + std::string(size, 'x') +
           "\"}}";
  };
  EXPECT_EQ(Push(line(32'000)).refused, "");
  EXPECT_EQ(Push(line(33'000)).refused, "line 1: claims are too large");
}

// INTROSPECTD_PUSH_ROUNDS says how many rounds there are, of a seed each.
TEST_F(PushDifferentialTest, RandomLinesAreJudgedAlike) {
  constexpr int kLines = 6000;
  const char* rounds = std::getenv("INTROSPECTD_PUSH_ROUNDS");
  const std::uint64_t seeds = rounds == nullptr ? 1 : std::stoull(rounds);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    RandomLines random(seed, std::time(nullptr));
    for (int i = 0; i < kLines && !HasFailure(); ++i) Compare(random.Next());
  }
  // That both sides of the comparison were exercised.
  EXPECT_GT(taken_, lines_ / 5);
  EXPECT_LT(taken_, lines_ * 4 / 5);
  for (const auto& [why, times] : allowed_) EXPECT_LT(times, lines_ / 20) << why;
  printf("%d lines, %d taken, %d refused with the same reason\n", lines_, taken_, same_reason_);
  for (const auto& [why, times] : allowed_) printf("%d times: %s\n", times, why.c_str());
}

}  // namespace
}  // namespace introspectd::schema
