// introspectd.push(): who may call it, what it writes down, and what a transaction is to it. What a
// line may say is compared with the parser's judgement in push_differential_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "json/document.h"
#include "schema/log_database.h"
#include "support/leak_scan.h"

namespace introspectd::schema {
namespace {

using support::Sql;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr const char* kPush = "SELECT introspectd.push($1)";
constexpr const char* kHeartbeat = R"({"op":"heartbeat"})";
constexpr const char* kDigest = "ungWv48Bz-pBQUDeXa4iIw";  // of "abc"
constexpr const char* kRows = "SELECT count(*) FROM introspectd.log";
constexpr const char* kRule = R"({"op":"revoke","sub":"s"})";

std::int64_t Now() { return std::time(nullptr); }

std::string Upsert(const std::string& token, const std::string& more = "") {
  return R"({"op":"upsert","token":")" + token + R"(","claims":{"exp":)" +
         std::to_string(Now() + 500) + more + "}}";
}

std::int64_t Integer(const std::string& line, std::string_view name) {
  json::Parser parser(64 * 1024, 16);
  EXPECT_EQ(parser.ParseObject(line), json::Error::kNone) << line;
  const json::Member* member = json::Find(parser.members(), name);
  EXPECT_NE(member, nullptr) << line;
  return member == nullptr ? -1 : member->value.integer;
}

class PushFunctionTest : public ::testing::Test {
 protected:
  std::string Push(const std::string& ndjson, const std::string& role = kPusherRole) {
    return database_.Push(role, ndjson);
  }
  std::int64_t Sequence(Sql& sql, const std::string& ndjson) {
    return std::stoll(sql.Value(kPush, {ndjson}));
  }
  // The one line that `ndjson` becomes.
  std::string Stored(const std::string& ndjson) {
    owner_.Exec("TRUNCATE introspectd.log");
    EXPECT_EQ(Push(ndjson), "") << ndjson;
    const auto lines = database_.Lines();
    EXPECT_EQ(lines.size(), 1u);
    return lines.empty() ? "" : lines[0];
  }
  void Grant(const std::string& arguments) {
    owner_.Exec("SELECT introspectd.grant_push(" + arguments + ")");
  }

  LogDatabase database_;
  Sql owner_ = database_.AsOwner();
};

// What is written ------------------------------------------------------------------------------

TEST_F(PushFunctionTest, WritesLinesAsNodesExportThem) {
  const std::string seq = R"(,"sequence":5)";
  EXPECT_EQ(
      Stored(
          R"({"op":"upsert","token":"abc","sequence":5, "claims": { "exp" : 1, "a\u0062":1.50 }})"),
      std::string(R"({"op":"upsert","token_sha256":")") + kDigest +
          R"(","claims":{ "exp" : 1, "a\u0062":1.50 },"sequence":5})");
  EXPECT_THAT(Stored(R"({"op":"revoke","token":"abc","sequence":5})"),
              MatchesRegex(std::string(R"(\{"op":"revoke","token_sha256":")") + kDigest +
                           R"(","sequence":5,"known":false,"end":[0-9]+\})"));
  EXPECT_THAT(
      Stored(R"({"op":"revoke","jti":"\u006a","iss":"https://server.example.com/","sequence":5})"),
      MatchesRegex(R"(\{"op":"revoke","iss":"https://server.example.com/","jti":"\\u006a",)"
                   R"("sequence":5,"end":[0-9]+\})"));
  EXPECT_THAT(
      Stored(R"({"op":"revoke","sid":"","sub":"s","issued_before":7,"sequence":5})"),
      MatchesRegex(R"(\{"op":"revoke","iss":"https://server.example.com/","sub":"s","sid":"",)"
                   R"("issued_before":7,"sequence":5,"end":[0-9]+\})"));
  EXPECT_EQ(Stored(R"({"op":"heartbeat","sequence":5})"), R"({"op":"heartbeat","sequence":5})");
  EXPECT_EQ(Stored(R"({"op":"complete","sequence":5})"), R"({"op":"complete","sequence":5})");
}

TEST_F(PushFunctionTest, ShortensDigestsThatComeWhole) {
  const std::string whole = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
  EXPECT_THAT(Stored(R"({"op":"revoke","token_sha256":")" + whole + "\"}"),
              StartsWith(std::string(R"({"op":"revoke","token_sha256":")") + kDigest + "\""));
}

TEST_F(PushFunctionTest, RemembersARevocationForAsLongAsItCanMatter) {
  const std::int64_t before = Now();
  const std::int64_t end = Integer(Stored(R"({"op":"revoke","token":"abc","sequence":5})"), "end");
  EXPECT_GE(end, before + LogDatabase::kLifetimeMax_s + 300);
  EXPECT_LE(end, Now() + LogDatabase::kLifetimeMax_s + 300);
  const std::int64_t ahead = Now() + 200;
  EXPECT_EQ(Integer(Stored(R"({"op":"revoke","token":"abc","sequence":)" + std::to_string(ahead) +
                           "000000}"),
                    "end"),
            ahead + LogDatabase::kLifetimeMax_s + 300);
  const std::string rule =
      Stored(R"({"op":"revoke","sub":"s","issued_before":)" + std::to_string(Now() + 50) + "}");
  EXPECT_EQ(Integer(rule, "end"),
            Integer(rule, "issued_before") + LogDatabase::kLifetimeMax_s + 300);
}

TEST_F(PushFunctionTest, ARuleWithoutItsTimeGetsThatOfItsAcceptance) {
  const std::int64_t before = Now();
  const std::int64_t issued_before = Integer(Stored(kRule), "issued_before");
  EXPECT_GE(issued_before, before);
  EXPECT_LE(issued_before, Now());
}

TEST_F(PushFunctionTest, SequencesAscendAndAreAboveAllThatAreKnown) {
  Sql sql = database_.As(kPusherRole);
  const std::int64_t before = Now() * 1'000'000;
  const std::int64_t first = Sequence(sql, std::string(kHeartbeat) + "\n" + kHeartbeat);
  EXPECT_GT(first, before);
  const auto lines = database_.Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Integer(lines[0], "sequence") + 1, Integer(lines[1], "sequence"));
  EXPECT_EQ(Integer(lines[1], "sequence"), first);
  const std::int64_t ahead = (Now() + 100) * 1'000'000;
  EXPECT_EQ(Sequence(sql, R"({"op":"heartbeat","sequence":)" + std::to_string(ahead) + "}"), ahead);
  EXPECT_EQ(Sequence(sql, kHeartbeat), ahead + 1) << "above the log's";
  EXPECT_EQ(Sequence(sql, R"({"op":"heartbeat","sequence":)" + std::to_string(ahead + 50) + "}\n" +
                              kHeartbeat),
            ahead + 51)
      << "above the line before";
  EXPECT_EQ(Sequence(sql, R"({"op":"heartbeat","sequence":7})"), 7) << "as the issuer says";
}

TEST_F(PushFunctionTest, NothingToPushIsZero) {
  Sql sql = database_.As(kPusherRole);
  for (const char* nothing : {"", "\n", " \t\r\n\r\n\n"}) EXPECT_EQ(Sequence(sql, nothing), 0);
  EXPECT_EQ(owner_.Value(kRows), "0");
  EXPECT_EQ(ErrorOf([&] { sql.Query("SELECT introspectd.push(NULL)"); }),
            "22004 there is nothing to push: null");
}

TEST_F(PushFunctionTest, LinesEndWithLineFeedsAndReturns) {
  EXPECT_EQ(Push(std::string(kHeartbeat) + "\r\n" + kHeartbeat + "\r"), "");
  EXPECT_EQ(database_.Lines().size(), 2u);
}

TEST_F(PushFunctionTest, UpsertsAndTheRestGetARowEach) {
  const std::int64_t now = Now();
  EXPECT_EQ(Push(Upsert("a") + "\n" + kRule + "\n" + Upsert("b") + "\n" + kHeartbeat), "");
  const auto rows = owner_.Query(
      "SELECT ends, last_sequence - first_sequence, format, xid::text,"
      " array_length(string_to_array(lines, E'\\n'), 1) - 1"
      " FROM introspectd.log ORDER BY ends");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NEAR(std::stod(*rows[0][0]), static_cast<double>(now + 800), 2) << "the exp and 300 s";
  EXPECT_NEAR(std::stod(*rows[1][0]), static_cast<double>(now + 1300), 2) << "the rule's end";
  for (const Sql::Row& row : rows) {
    EXPECT_EQ(row[1], "2");
    EXPECT_EQ(row[2], "1");
    EXPECT_EQ(row[3], rows[0][3]);
    EXPECT_EQ(row[4], "2");
  }
}

TEST_F(PushFunctionTest, RowsEndWhenNothingInThemMatters) {
  const auto ends = [this](const std::string& line) {
    Stored(line);
    return std::stod(owner_.Value("SELECT ends FROM introspectd.log")) - static_cast<double>(Now());
  };
  EXPECT_NEAR(ends(kHeartbeat), 300, 2);
  EXPECT_NEAR(ends(R"({"op":"complete"})"), 1300, 2);
  EXPECT_NEAR(ends(R"({"op":"upsert","token":"abc","claims":{"exp":5}})"), 300, 2)
      << "it still outranks older ones";
  EXPECT_NEAR(ends(Upsert("abc")), 800, 2);
}

TEST_F(PushFunctionTest, RowsStayBelowOneMebibyte) {
  std::string lines;
  const std::string padding = R"(,"x":")" + std::string(15'000, 'x') + "\"";
  for (int i = 0; i < 150; ++i) lines += Upsert(std::to_string(i), padding) + "\n";
  EXPECT_EQ(Push(lines), "");
  EXPECT_EQ(
      owner_.Value(
          "SELECT count(*) || ' ' || max(octet_length(lines)) / 1048576 FROM introspectd.log"),
      "3 0");
  EXPECT_EQ(database_.Lines().size(), 150u);
}

TEST_F(PushFunctionTest, NeverKeepsATokenNorTellsIt) {
  const std::string token = "tok-2YotnFZFEjr1zCsicMWpAA";
  const std::string escaped = R"(\u0074ok-2YotnFZFEjr1zCsicMWpAA)";
  EXPECT_EQ(Push(Upsert(token, R"(,"jti":")" + token + "\"")), "");
  EXPECT_EQ(Push(Upsert(escaped, R"(,"\u006ati":")" + escaped + "\"")), "");
  EXPECT_EQ(Push(R"({"op":"revoke","token":")" + token + "\"}"), "");
  const std::string bad =
      Push(R"({"op":"upsert","token":")" + token + R"(","claims":{"exp":tok}})");
  EXPECT_EQ(bad, "22023 line 1: not one JSON object in UTF-8");
  support::LeakScan scan;
  scan.Add("token", token);
  EXPECT_THAT(
      scan.Find("log", owner_.Value("SELECT string_agg(l::text, '') FROM introspectd.log l")),
      IsEmpty());
  EXPECT_EQ(owner_.Value(kRows), "3");
  EXPECT_THAT(scan.Find("the server's log", SharedServer().log()), IsEmpty());
}

// The other members stay as they are, whatever is around the one that goes.
TEST_F(PushFunctionTest, LeavesOutAJtiThatIsTheToken) {
  const std::string head = R"({"op":"upsert","sequence":5,"token":"abc","claims":)";
  const auto claims = [&](const std::string& text) {
    const std::string line = Stored(head + text + "}");
    const std::size_t from = line.find("\"claims\":") + 9;
    return line.substr(from, line.rfind(",\"sequence\"") - from);
  };
  EXPECT_EQ(claims(R"({"jti":"abc","exp":1})"), R"({"exp":1})");
  EXPECT_EQ(claims(R"({"exp":1, "jti" : "\u0061bc"})"), R"({"exp":1})");
  EXPECT_EQ(
      claims(R"({"\u0061":{"jti":"x","y":["{",",\"}"]},"jti":"abc","a,\"b{": [1.0,2] ,"exp":1})"),
      R"({"\u0061":{"jti":"x","y":["{",",\"}"]},"a,\"b{":[1.0,2],"exp":1})");
  EXPECT_EQ(claims(R"({"jti":"abcd","exp":1})"), R"({"jti":"abcd","exp":1})");
}

// What is refused ------------------------------------------------------------------------------

TEST_F(PushFunctionTest, ABadLineIsNamedAndNothingOfTheCallIsKept) {
  EXPECT_EQ(Push(std::string(kHeartbeat) + "\n\r\n\n{\"op\":\"x\"}\nx"),
            "22023 line 4: unknown op; allowed: upsert, revoke, heartbeat, complete");
  EXPECT_EQ(owner_.Value(kRows), "0");
}

TEST_F(PushFunctionTest, LinesHaveALimitInBytes) {
  const auto line = [](std::size_t size) {
    std::string text = R"({"op":"upsert","token":"t","claims":{"exp":1,"x":""}})";
    const std::size_t rest = size - text.size();
    std::string padding = rest % 2 == 0 ? "" : "x";
    while (padding.size() < rest) padding += "\xc3\xa9";
    return text.insert(text.size() - 3, padding);
  };
  EXPECT_EQ(Push(line(16'384) + "\r\n"), "");
  EXPECT_EQ(Push(line(16'385)), "22023 line 1: the line is longer than its limit");
  EXPECT_EQ(Push(std::string(16'385, ' ')), "22023 line 1: the line is longer than its limit");
}

TEST_F(PushFunctionTest, WhatIsNotUtf8DoesNotEvenArrive) {
  EXPECT_EQ(Push("{\"op\":\"heart\xff\"}").substr(0, 5), "22021");
}

// A rule is written once for each issuer, and each of those lines has to be readable.
TEST_F(PushFunctionTest, NodesMustBeAbleToReadWhatIsAdded) {
  Grant("'issuer', ARRAY[repeat('i', 5000)]");
  EXPECT_EQ(Push(kRule), "");
  EXPECT_EQ(Push(R"({"op":"revoke","sub":")" + std::string(16'000, 's') + "\"}"),
            "22023 line 1: the line is longer than its limit");
}

// Who may
// ------------------------------------------------------------------------------------------

TEST_F(PushFunctionTest, OnlyRolesWithAGrantMayPush) {
  EXPECT_THAT(Push(kHeartbeat, kStrangerRole), StartsWith("42501"));
  owner_.Exec("GRANT USAGE ON SCHEMA introspectd TO PUBLIC");
  EXPECT_EQ(Push(kHeartbeat, kStrangerRole), "42501 permission denied for function push");
  owner_.Exec("GRANT EXECUTE ON FUNCTION introspectd.push TO PUBLIC");
  EXPECT_EQ(Push(kHeartbeat, kStrangerRole),
            "42501 this role was not granted to push: introspectd.grant_push");
  EXPECT_EQ(Push("", kStrangerRole).substr(0, 5), "42501");
  owner_.Exec("DELETE FROM introspectd.pushers");
  EXPECT_THAT(Push(kHeartbeat), StartsWith("42501"));
  EXPECT_THAT(Push(kHeartbeat, "postgres"), StartsWith("42501")) << "the owner, too, has none";
}

TEST_F(PushFunctionTest, AMemberMayWhatItsRoleMay) {
  EXPECT_EQ(Push(kHeartbeat, kEmployeeRole), "");
  owner_.Exec("UPDATE introspectd.pushers SET may_revoke = false");
  EXPECT_EQ(Push(kRule, kEmployeeRole), "22023 line 1: this role may not revoke");
  Grant("'employee'");
  EXPECT_EQ(Push(kRule, kEmployeeRole), "") << "its own grant goes before its role's";
}

TEST_F(PushFunctionTest, AMemberOfTwoNeedsAGrantOfItsOwn) {
  Grant("'colleague'");
  owner_.Exec("GRANT colleague TO employee");
  const std::string error = Push(kHeartbeat, kEmployeeRole);
  owner_.Exec("REVOKE colleague FROM employee");
  EXPECT_EQ(error,
            "42501 this role is a member of several that may push: give it a grant of its own");
}

TEST_F(PushFunctionTest, ARoleThatIsGoneIsInNobodysWay) {
  owner_.Exec("INSERT INTO introspectd.pushers VALUES ('\"gone\" role')");
  EXPECT_EQ(Push(kHeartbeat, kEmployeeRole), "");
}

TEST_F(PushFunctionTest, AGrantMayNameRolesOfAnyName) {
  const std::string role = "we\"ird; Role";
  owner_.Exec("CREATE ROLE \"we\"\"ird; Role\" LOGIN");
  Grant("'" + role + "'");
  owner_.Exec("SET SESSION AUTHORIZATION \"we\"\"ird; Role\"");
  EXPECT_NO_THROW(owner_.Query(kPush, {kHeartbeat}));
  owner_.Exec(
      "RESET SESSION AUTHORIZATION; DROP OWNED BY \"we\"\"ird; Role\";"
      "DROP ROLE \"we\"\"ird; Role\"");
}

TEST_F(PushFunctionTest, SpeaksForTheIssuersOfItsGrantAlone) {
  const std::string foreign = "22023 line 1: an issuer that this role may not speak for";
  const std::string other = std::string(R"("iss":")") + kOtherIssuer + "\"";
  const std::string upsert = Upsert("t", "," + other);
  const std::string jti = R"({"op":"revoke",)" + other + R"(,"jti":"j"})";
  const std::string rule = R"({"op":"revoke",)" + other + R"(,"sub":"s"})";
  for (const std::string& line : {upsert, jti, rule}) EXPECT_EQ(Push(line), foreign) << line;
  EXPECT_EQ(Push(Upsert("t")), "");
  Grant(std::string("'issuer', '{") + kOtherIssuer + "}'");
  for (const std::string& line : {upsert, jti, rule}) EXPECT_EQ(Push(line), "") << line;
  EXPECT_EQ(Push(Upsert("t")), foreign) << "one that names no issuer is of the settings' one";
  EXPECT_EQ(Push(R"({"op":"revoke","token":"t"})"), "") << "a token needs no issuer";
  Grant("'issuer', '{*}'");
  for (const std::string& line : {upsert, jti, rule, Upsert("t")}) EXPECT_EQ(Push(line), "");
}

TEST_F(PushFunctionTest, ARuleCoversTheIssuersOfItsPusher) {
  Grant(R"('issuer', ARRAY['https://a"/', 'https://b/'])");
  EXPECT_EQ(Push(kRule), "");
  EXPECT_THAT(
      database_.Lines(),
      ElementsAre(StartsWith(R"({"op":"revoke","iss":"https://a\"/","sub":"s","issued_before":)"),
                  StartsWith(R"({"op":"revoke","iss":"https://b/","sub":"s","issued_before":)")));
  Grant("'issuer', '{*}'");
  EXPECT_THAT(Stored(kRule), StartsWith(R"({"op":"revoke","sub":"s","issued_before":)"));
}

TEST_F(PushFunctionTest, AGrantMayBeForUpsertsOrRevocationsAlone) {
  Grant("'issuer', may_upsert => false");
  EXPECT_EQ(Push(Upsert("t")), "22023 line 1: this role may not upsert");
  EXPECT_EQ(Push(kRule), "");
  Grant("'issuer', may_revoke => false");
  EXPECT_EQ(Push(Upsert("t")), "");
  EXPECT_EQ(Push(R"({"op":"revoke","token":"t"})"), "22023 line 1: this role may not revoke");
}

TEST_F(PushFunctionTest, APusherReachesNothingElse) {
  owner_.Exec("SELECT introspectd.grant_node('node')");
  Sql sql = database_.As(kPusherRole);
  for (const char* statement :
       {"TABLE introspectd.log", "TABLE introspectd.settings", "TABLE introspectd.pushers",
        "TABLE introspectd.nodes", "DELETE FROM introspectd.log",
        "SELECT introspectd.digest_of('t')", "SELECT introspectd.read_object('{}')",
        "SELECT introspectd.grant_push('issuer', '{*}')", "SELECT introspectd.pusher()"}) {
    EXPECT_THAT(ErrorOf([&] { sql.Exec(statement); }), StartsWith("42501")) << statement;
  }
}

TEST_F(PushFunctionTest, ANodeReadsAddsAndTrims) {
  owner_.Exec("SELECT introspectd.grant_node('node')");
  Sql sql = database_.As(kNodeRole);
  sql.Exec(
      "INSERT INTO introspectd.log (first_sequence, last_sequence, ends, lines)"
      " VALUES (1, 1, 1, '');"
      "UPDATE introspectd.log SET ends = 2; DELETE FROM introspectd.log;"
      "INSERT INTO introspectd.nodes VALUES (gen_random_uuid())"
      " ON CONFLICT (id) DO UPDATE SET seen = clock_timestamp();"
      "DELETE FROM introspectd.nodes");
  EXPECT_EQ(sql.Value("SELECT issuer FROM introspectd.settings"), kIssuer);
  for (const char* statement : {"DELETE FROM introspectd.settings", "TABLE introspectd.pushers",
                                "SELECT introspectd.push('')", "TRUNCATE introspectd.log"}) {
    EXPECT_THAT(ErrorOf([&] { sql.Exec(statement); }), StartsWith("42501")) << statement;
  }
}

// The function runs as its owner: nothing of the caller's may run inside it.
TEST_F(PushFunctionTest, TheCallersNamesMeanNothing) {
  owner_.Exec("CREATE SCHEMA evil AUTHORIZATION issuer");
  owner_.Exec(
      "DO $$ BEGIN EXECUTE format('GRANT TEMP ON DATABASE %I TO issuer',"
      " current_database()); END $$");
  Sql sql = database_.As(kPusherRole);
  sql.Exec(R"(
    CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT ''\x00''::bytea';
    CREATE FUNCTION evil.length(text) RETURNS integer LANGUAGE sql AS 'SELECT 1/0';
    CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT 1/0 = 1';
    CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never);
    CREATE OPERATOR evil.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never);
    CREATE TEMP TABLE log (n int); CREATE TEMP TABLE pg_class (n int);
    CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT ''\x00''::bytea';
    SET search_path = evil, pg_temp, pg_catalog)");
  sql.Query(kPush, {R"({"op":"revoke","token":"abc"})"});
  EXPECT_THAT(database_.Lines(),
              ElementsAre(StartsWith(std::string(R"({"op":"revoke","token_sha256":")") + kDigest)));
}

// Nor what its session makes of literals and null.
TEST_F(PushFunctionTest, TheCallersSettingsMeanNothing) {
  Sql sql = database_.As(kPusherRole);
  sql.Exec(
      "SET standard_conforming_strings = off; SET transform_null_equals = on;"
      "SET escape_string_warning = off; SET bytea_output = 'escape'; SET timezone = 'Asia/Tokyo';"
      "SET datestyle = 'German'; SET array_nulls = off; SET extra_float_digits = -15");
  const auto push = [&](const std::string& claims) {
    return ErrorOf([&] {
      sql.Query(kPush, {R"({"op":"upsert","token":"abc","sequence":5,"claims":)" + claims + "}"});
    });
  };
  EXPECT_EQ(push(R"({"exp":1,"a\"":{"b:\\":1,"b":2}})"), "");
  EXPECT_EQ(push(R"({"exp":1,"a\"":{"b:\\":1,"b:\\":2}})"),
            "22023 line 1: a member stands twice in one object");
  EXPECT_THAT(database_.Lines(),
              ElementsAre(std::string(R"({"op":"upsert","token_sha256":")") + kDigest +
                          R"(","claims":{"exp":1,"a\"":{"b:\\":1,"b":2}},"sequence":5})"));
}

// Transactions
// ---------------------------------------------------------------------------------------

TEST_F(PushFunctionTest, WhatItPushedIsVisibleExactlyWhenTheTransactionCommits) {
  Sql sql = database_.As(kPusherRole);
  sql.Exec("BEGIN");
  sql.Query(kPush, {kHeartbeat});
  EXPECT_EQ(owner_.Value(kRows), "0");
  sql.Exec("ROLLBACK");
  EXPECT_EQ(owner_.Value(kRows), "0");
  sql.Exec("BEGIN");
  sql.Query(kPush, {kHeartbeat});
  const std::string xid = sql.Value("SELECT pg_current_xact_id()");
  sql.Exec("COMMIT");
  EXPECT_EQ(owner_.Value("SELECT xid FROM introspectd.log"), xid);
}

// A row is read by its transaction's id, not by that of a savepoint.
TEST_F(PushFunctionTest, RowsCarryTheIdOfTheWholeTransaction) {
  Sql sql = database_.As(kPusherRole);
  sql.Exec("BEGIN; SAVEPOINT s");
  sql.Query(kPush, {kHeartbeat});
  const std::string xid = sql.Value("SELECT pg_current_xact_id()");
  EXPECT_EQ(ErrorOf([&] { sql.Query(kPush, {"x"}); }),
            "22023 line 1: not one JSON object in UTF-8");
  sql.Exec("ROLLBACK TO s");
  sql.Query(kPush, {kHeartbeat});
  sql.Exec("COMMIT");
  EXPECT_EQ(owner_.Value("SELECT string_agg(xid::text, ' ') FROM introspectd.log"), xid);
}

TEST_F(PushFunctionTest, NoTransactionWaitsForAnother) {
  Sql one = database_.As(kPusherRole);
  Sql two = database_.As(kPusherRole);
  const std::string lines = Upsert("t") + "\n" + kRule + "\n" + kHeartbeat;
  for (Sql* sql : {&one, &two}) {
    sql->Exec("SET lock_timeout = '2s'; BEGIN");
    sql->Query(kPush, {lines});
  }
  EXPECT_EQ(owner_.Value("SELECT count(*) FROM pg_locks WHERE NOT granted OR (mode NOT IN"
                         " ('AccessShareLock', 'RowExclusiveLock') AND locktype NOT IN"
                         " ('virtualxid', 'transactionid'))"),
            "0");
  two.Exec("COMMIT");
  one.Exec("COMMIT");
  EXPECT_EQ(owner_.Value(kRows), "4");
}

TEST_F(PushFunctionTest, CommitsAreSyncedWhateverTheSessionSays) {
  Sql sql = database_.As(kPusherRole);
  const auto during = [&](const std::string& mode) {
    sql.Exec("SET synchronous_commit = " + mode + "; BEGIN");
    sql.Query(kPush, {kHeartbeat});
    const std::string now = sql.Value("SHOW synchronous_commit");
    sql.Exec("COMMIT");
    EXPECT_EQ(sql.Value("SHOW synchronous_commit"), mode) << "for this transaction alone";
    return now;
  };
  EXPECT_EQ(during("off"), "on");
  EXPECT_EQ(during("local"), "on");
  EXPECT_EQ(during("remote_write"), "on");
  EXPECT_EQ(during("on"), "on");
  EXPECT_EQ(during("remote_apply"), "remote_apply");
}

}  // namespace
}  // namespace introspectd::schema
