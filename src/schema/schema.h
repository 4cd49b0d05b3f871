// The schema of the log in PostgreSQL, as one script of SQL (schema.sql).
//
// Threads: immutable functions.
// Limits:  PostgreSQL 13 or later, a database in UTF8.
// Source:  contract 5 and 7.
#pragma once

#include <cstdint>
#include <string>

namespace introspectd::schema {

inline constexpr int kVersion = 1;

struct Options {
  std::string issuer;  // of tokens that name none; UTF-8
  std::int64_t token_lifetime_max_s = 2'592'000;
  std::int64_t line_bytes_max = 16'384;
};

// For psql, or for one PQexec. One transaction: it creates everything or, where a schema
// `introspectd` exists (SQLSTATE 42P06) or the database is not in UTF8 (0A000), nothing; the
// connection is then in a failed transaction, which the caller rolls back.
std::string Script(const Options& options);

}  // namespace introspectd::schema
