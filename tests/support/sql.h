// SQL as a test speaks it: one connection, one statement after the other.
//
// Threads: one owner; a thread of its own for a statement that is meant to wait.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;

namespace introspectd::support {

class SqlError : public std::runtime_error {
 public:
  SqlError(const std::string& message, std::string sqlstate)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

  // Five characters; empty when the connection was lost or never made.
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

class Sql {
 public:
  using Row = std::vector<std::optional<std::string>>;  // nullopt: null

  // `url`: postgresql://…; throws SqlError when nobody answers.
  explicit Sql(const std::string& url);

  // Any number of statements without parameters; their rows are thrown away.
  void Exec(const std::string& statements);
  // One statement; $1 and on are `parameters`, as text.
  std::vector<Row> Query(const std::string& statement,
                         const std::vector<std::string>& parameters = {});
  // The one value of one row, which must not be null.
  std::string Value(const std::string& statement, const std::vector<std::string>& parameters = {});

  // The process id of the backend.
  int backend_pid() const;

 private:
  struct CloseConnection {
    void operator()(pg_conn* connection) const;
  };
  struct ClearResult {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, ClearResult>;

  Result Check(pg_result* raw) const;

  std::unique_ptr<pg_conn, CloseConnection> connection_;
};

}  // namespace introspectd::support
