#include "schema/log_database.h"

#include <sstream>

namespace introspectd::schema {

using support::Postgres;
using support::Sql;

Postgres& SharedServer() {
  static Postgres server;
  static const bool has_roles = [] {
    Sql(server.Url())
        .Exec(
            "CREATE ROLE issuer LOGIN; CREATE ROLE employee LOGIN IN ROLE issuer;"
            "CREATE ROLE colleague LOGIN; CREATE ROLE stranger LOGIN; CREATE ROLE node LOGIN");
    return true;
  }();
  static_cast<void>(has_roles);
  return server;
}

std::string CreateDatabase(const std::string& options) {
  static int count = 0;
  const std::string name = "log" + std::to_string(++count);
  Sql(SharedServer().Url()).Exec("CREATE DATABASE " + name + " " + options);
  return name;
}

LogDatabase::LogDatabase() : name_(CreateDatabase()) {
  Sql owner = AsOwner();
  owner.Exec(schema::Script({.issuer = kIssuer, .token_lifetime_max_s = kLifetimeMax_s}));
  owner.Exec("SELECT introspectd.grant_push('issuer')");
}

std::string LogDatabase::Push(const std::string& role, const std::string& ndjson) const {
  return ErrorOf([&] { As(role).Query("SELECT introspectd.push($1)", {ndjson}); });
}

std::vector<std::string> LogDatabase::Lines() const {
  std::vector<std::string> lines;
  for (const Sql::Row& row : AsOwner().Query("SELECT lines FROM introspectd.log ORDER BY at, id")) {
    std::istringstream text(row[0].value());
    for (std::string line; std::getline(text, line);) lines.push_back(line);
  }
  return lines;
}

}  // namespace introspectd::schema
