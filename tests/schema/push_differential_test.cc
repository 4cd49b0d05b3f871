// push() against the parser of introspectd: what push() takes, the parser takes, and a node that
// follows the log comes to the same update as one that was told the line itself.

#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <regex>
#include <sstream>

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
    // One round trip a line, and one transaction for all.
    owner.Exec(R"(
      CREATE FUNCTION public.try_push(line text, OUT refused text, OUT sequence bigint)
      LANGUAGE plpgsql AS $$
      BEGIN
        sequence := introspectd.push(line);
      EXCEPTION WHEN invalid_parameter_value THEN
        refused := SQLERRM;
      END $$;
      GRANT EXECUTE ON FUNCTION public.try_push TO issuer)");
    pusher_.Exec("BEGIN");
    reader_.Exec(
        "GRANT SELECT, DELETE ON introspectd.log TO issuer; GRANT USAGE ON SCHEMA introspectd TO "
        "issuer");
  }

  Pushed Push(const std::string& line) {
    const Sql::Row row =
        pusher_.Query("SELECT refused, sequence FROM public.try_push($1)", {line}).at(0);
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
  Sql reader_ = database_.AsOwner();
  Sql pusher_ = database_.As(kPusherRole);
  Pusher cpp_pusher_{.issuers = {kIssuer, kOtherIssuer}};
  update::Parser parser_{{.issuer = kIssuer, .token_lifetime_max_s = LogDatabase::kLifetimeMax_s}};
  int lines_ = 0;
  int taken_ = 0;
  int same_reason_ = 0;
  std::map<std::string, int> allowed_;
};

TEST_F(PushDifferentialTest, RandomLinesAreJudgedAlike) {
  constexpr int kLines = 6000;
  const char* rounds = std::getenv("INTROSPECTD_PUSH_ROUNDS");
  const int count = kLines * (rounds == nullptr ? 1 : std::atoi(rounds));
  RandomLines random(static_cast<std::uint64_t>(count), std::time(nullptr));
  for (int i = 0; i < count && !HasFailure(); ++i) {
    Compare(random.Next());
    if (i % kLines == kLines - 1) random = RandomLines(std::uint64_t(i), std::time(nullptr));
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
