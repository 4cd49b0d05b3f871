#include "replica/statements.h"

#include <algorithm>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace introspectd::replica {

std::string PollStatement(bool beat) {
  constexpr std::string_view kBeat =
      "WITH beat AS (INSERT INTO introspectd.nodes (id) VALUES ($2::uuid)"
      " ON CONFLICT (id) DO UPDATE SET seen = clock_timestamp()) ";
  constexpr std::string_view kRows =
      "SELECT pg_current_snapshot()::text,"
      " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,"
      " NULL::text, NULL::bigint, NULL::bigint, NULL::bigint, NULL::text"
      " UNION ALL"
      " SELECT NULL, NULL, id::text, first_sequence, last_sequence, ends, lines"
      " FROM introspectd.log WHERE xid >= pg_snapshot_xmax($1::pg_snapshot)"
      " OR xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot)))";
  return fmt::format("{}{}", beat ? kBeat : "", kRows);
}

LogRow ReadLogRow(const Row& row, int column) {
  const std::string_view lines = row.text(column + 4);
  return {.id = std::string(row.text(column)),
          .first_sequence = row.number<std::uint64_t>(column + 1),
          .last_sequence = row.number<std::uint64_t>(column + 2),
          .ends = row.number<std::int64_t>(column + 3),
          .lines = std::string(lines),
          .line_count = static_cast<std::size_t>(std::ranges::count(lines, '\n'))};
}

std::string InsertStatement(std::size_t rows) {
  std::string sql =
      "INSERT INTO introspectd.log (id, first_sequence, last_sequence, ends, lines) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t at = 5 * i;
    sql += fmt::format("{}(${}::uuid, ${}::bigint, ${}::bigint, ${}::bigint, ${})",
                       i == 0 ? "" : ", ", at + 1, at + 2, at + 3, at + 4, at + 5);
  }
  return sql + " ON CONFLICT (id) DO NOTHING";
}

void AddParameters(const LogRow& row, std::vector<std::string>& parameters) {
  parameters.push_back(row.id);
  parameters.push_back(std::to_string(row.first_sequence));
  parameters.push_back(std::to_string(row.last_sequence));
  parameters.push_back(std::to_string(row.ends));
  parameters.push_back(row.lines);
}

std::string ArrayOf(const std::vector<std::string>& elements) {
  return fmt::format("{{{}}}", fmt::join(elements, ","));
}

}  // namespace introspectd::replica
