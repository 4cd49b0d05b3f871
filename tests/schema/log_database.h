// A database with the log in it, as its owner has set it up: one server for all tests of a binary,
// a database of its own for each.
//
// Threads: one owner.
#pragma once

#include <string>
#include <vector>

#include "schema/schema.h"
#include "support/postgres.h"
#include "support/sql.h"

namespace introspectd::schema {

inline constexpr const char* kIssuer = "https://server.example.com/";
inline constexpr const char* kOtherIssuer = "https://issuer.example.org/";

// Roles that may log in, the same in all databases; they have no grant yet.
inline constexpr const char* kPusherRole = "issuer";
inline constexpr const char* kEmployeeRole = "employee";  // a member of issuer
inline constexpr const char* kColleagueRole = "colleague";
inline constexpr const char* kStrangerRole = "stranger";
inline constexpr const char* kNodeRole = "node";

support::Postgres& SharedServer();

// The name of a new database without a schema; `options` as CREATE DATABASE takes them.
std::string CreateDatabase(const std::string& options = "");

class LogDatabase {
 public:
  static constexpr std::int64_t kLifetimeMax_s = 1000;

  // kPusherRole may push for kIssuer.
  LogDatabase();

  std::string Url(const std::string& role) const { return SharedServer().Url(role, name_); }
  support::Sql As(const std::string& role) const { return support::Sql(Url(role)); }
  support::Sql AsOwner() const { return As("postgres"); }

  // "" when the role's push was taken, else "22023 line 1: reason".
  std::string Push(const std::string& role, const std::string& ndjson) const;

  // The lines of all rows, one an element, without their line feeds; in the order of their rows.
  std::vector<std::string> Lines() const;

 private:
  std::string name_;
};

// "22023 line 1: …", or "" when `act` throws no SqlError.
template <class Act>
std::string ErrorOf(Act act) {
  try {
    act();
    return "";
  } catch (const support::SqlError& error) {
    return error.sqlstate() + " " + error.what();
  }
}

}  // namespace introspectd::schema
