// The schema as its owner meets it: made whole or not at all.

#include "schema/schema.h"

#include <gtest/gtest.h>

#include "schema/log_database.h"

namespace introspectd::schema {
namespace {

using support::Sql;

constexpr const char* kHasSchema =
    "SELECT count(*) FROM pg_namespace WHERE nspname = 'introspectd'";

std::string UrlOf(const std::string& database) { return SharedServer().Url("postgres", database); }

TEST(SchemaTest, KeepsTheSettingsToTheLetter) {
  const std::string issuer = R"(https://it's/a\'"{{version}}"$$/)";
  for (const char* strings : {"on", "off"}) {
    Sql sql(UrlOf(CreateDatabase()));
    sql.Exec(std::string("SET standard_conforming_strings = ") + strings);
    sql.Exec(
        schema::Script({.issuer = issuer, .token_lifetime_max_s = 77, .line_bytes_max = 4096}));
    const auto rows = sql.Query("TABLE introspectd.settings");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0], (Sql::Row{"1", issuer, "77", "4096"}));
  }
}

TEST(SchemaTest, HasOneRowOfSettings) {
  const LogDatabase database;
  const std::string error = ErrorOf(
      [&] { database.AsOwner().Exec("INSERT INTO introspectd.settings VALUES (2, 'i', 1, 1)"); });
  EXPECT_EQ(error.substr(0, 5), "23505");
}

TEST(SchemaTest, ASecondTimeFailsAndChangesNothing) {
  const LogDatabase database;
  Sql sql = database.AsOwner();
  EXPECT_EQ(ErrorOf([&] { sql.Exec(schema::Script({.issuer = "https://another/"})); }),
            "42P06 the schema introspectd exists already; nothing was changed");
  sql.Exec("ROLLBACK");
  EXPECT_EQ(sql.Value("SELECT issuer FROM introspectd.settings"), kIssuer);
}

TEST(SchemaTest, RefusesAnyEncodingButUtf8) {
  Sql sql(UrlOf(CreateDatabase("ENCODING 'LATIN1' TEMPLATE template0")));
  EXPECT_EQ(ErrorOf([&] { sql.Exec(schema::Script({.issuer = kIssuer})); }),
            "0A000 introspectd needs a database in UTF8, and this one is in LATIN1");
  sql.Exec("ROLLBACK");
  EXPECT_EQ(sql.Value(kHasSchema), "0");
}

TEST(SchemaTest, IsMadeWholeOrNotAtAll) {
  Sql sql(UrlOf(CreateDatabase()));
  EXPECT_NE(ErrorOf([&] { sql.Exec(schema::Script({.issuer = kIssuer, .line_bytes_max = 0})); }),
            "");
  sql.Exec("ROLLBACK");
  EXPECT_EQ(sql.Value(kHasSchema), "0");
}

TEST(SchemaTest, RunsInPsql) {
  const support::TempDir directory;
  const std::string database = CreateDatabase();
  const auto psql = [&](const std::string& issuer) {
    const auto file = directory.Write("schema.sql", schema::Script({.issuer = issuer}));
    return support::RunToEnd({"/usr/bin/psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1",
                              "--dbname=" + UrlOf(database), "--file=" + file.string()});
  };
  const support::Finished first = psql(kIssuer);
  EXPECT_EQ(first.code, 0) << first.output;
  EXPECT_EQ(Sql(UrlOf(database)).Value("SELECT version FROM introspectd.settings"), "1");
  EXPECT_EQ(psql(kIssuer).code, 3);
}

}  // namespace
}  // namespace introspectd::schema
