#include "support/sql.h"

#include <libpq-fe.h>

namespace introspectd::support {

void Sql::CloseConnection::operator()(pg_conn* connection) const { PQfinish(connection); }
void Sql::ClearResult::operator()(pg_result* result) const { PQclear(result); }

Sql::Sql(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw SqlError(PQerrorMessage(connection_.get()), "");
  }
  // Notices are for people; tests ask for what they want to know.
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

Sql::Result Sql::Check(pg_result* raw) const {
  Result result(raw);
  const ExecStatusType status = PQresultStatus(raw);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  const char* sqlstate = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
  throw SqlError(message == nullptr ? PQerrorMessage(connection_.get()) : message,
                 sqlstate == nullptr ? "" : sqlstate);
}

void Sql::Exec(const std::string& statements) {
  Check(PQexec(connection_.get(), statements.c_str()));
}

std::vector<Sql::Row> Sql::Query(const std::string& statement,
                                 const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const Result result =
      Check(PQexecParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()),
                         nullptr, values.data(), nullptr, nullptr, 0));
  std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool null = PQgetisnull(result.get(), row, column) != 0;
      auto& cells = rows[static_cast<std::size_t>(row)];
      null ? cells.emplace_back() : cells.emplace_back(PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

std::string Sql::Value(const std::string& statement, const std::vector<std::string>& parameters) {
  const std::vector<Row> rows = Query(statement, parameters);
  if (rows.size() != 1 || rows[0].size() != 1 || !rows[0][0]) {
    throw std::runtime_error("not one value: " + statement);
  }
  return *rows[0][0];
}

int Sql::backend_pid() const { return PQbackendPID(connection_.get()); }

}  // namespace introspectd::support
