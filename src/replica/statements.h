// What is said to PostgreSQL, all of it.
//
// Threads: immutable functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "replica/log_row.h"
#include "replica/sql.h"

namespace introspectd::replica {

// Whatever the server's default: what is acknowledged must survive it.
inline constexpr const char* kSyncedCommits =
    "SELECT CASE WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
    " THEN set_config('synchronous_commit', 'on', false) END";

inline constexpr const char* kNotify =
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify('introspectd', '')";

inline constexpr const char* kListen = "LISTEN introspectd";

// Columns: system, timeline, started (microseconds), whether the schema is there, encoding. Fails
// on a standby.
inline constexpr const char* kWhoAreYou =
    "SELECT (SELECT system_identifier::text FROM pg_control_system()),"
    " ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int,"
    " (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,"
    " to_regclass('introspectd.settings') IS NOT NULL,"
    " current_setting('server_encoding')";

inline constexpr const char* kSettings =
    "SELECT version, issuer, token_lifetime_max_s FROM introspectd.settings";

// The rows that are wanted are the newest ones, however many the statistics think they are.
inline constexpr const char* kPlanForPolls =
    "SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)";

// Parameters: a snapshot, and for a beat this node's id. The first row has the snapshot that all
// of this sees and the server's time (microseconds); the others are rows of the log that were not
// committed in the snapshot given. One statement, so that both are of one moment.
std::string PollStatement(bool beat);
inline constexpr int kSnapshotColumn = 0;
inline constexpr int kTimeColumn = 1;

// The row of an answer that has the log's columns from `column` on.
LogRow ReadLogRow(const Row& row, int column);
inline constexpr int kPolledRowColumn = 2;

// Rows that are there already stay as they are.
std::string InsertStatement(std::size_t rows);
void AddParameters(const LogRow& row, std::vector<std::string>& parameters);

// Parameters: a snapshot, and microseconds. The first row has the snapshot that this sees and the
// server's time, as that of a poll; the others the ids, in the third column, of rows that were
// inserted since then, or not committed in the snapshot given.
inline constexpr const char* kIdsSince =
    "SELECT pg_current_snapshot()::text,"
    " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, NULL::text"
    " UNION ALL"
    " SELECT NULL, NULL, id::text FROM introspectd.log"
    " WHERE at >= to_timestamp($2::bigint / 1000000.0)"
    " OR xid >= pg_snapshot_xmax($1::pg_snapshot)"
    " OR xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot)))";
inline constexpr int kIdColumn = 2;
// Parameter: an array of ids.
inline constexpr const char* kRowsOf =
    "SELECT id::text, first_sequence, last_sequence, ends, lines FROM introspectd.log"
    " WHERE id = ANY ($1::uuid[])";

// One node at a time trims.
inline constexpr const char* kTryToTrim = "SELECT pg_try_advisory_lock(4027650141)::int";
// Parameter: a number of rows.
inline constexpr const char* kRowsThatEnded =
    "SELECT id::text, first_sequence, last_sequence, ends, lines FROM introspectd.log"
    " WHERE ends < extract(epoch FROM clock_timestamp())::bigint - 300 ORDER BY ends"
    " LIMIT $1::bigint";
// Parameter: an array of ids.
inline constexpr const char* kDelete = "DELETE FROM introspectd.log WHERE id = ANY ($1::uuid[])";
// Parameters: an array of ids, and one of ends.
inline constexpr const char* kPutOffEnds =
    "UPDATE introspectd.log SET ends = later.ends"
    " FROM unnest($1::uuid[], $2::bigint[]) AS later (id, ends)"
    " WHERE log.id = later.id AND log.ends < later.ends";
inline constexpr const char* kForgetNodes =
    "DELETE FROM introspectd.nodes WHERE seen < clock_timestamp() - interval '1 day'";

// {a,b}: ids and numbers need no quotes.
std::string ArrayOf(const std::vector<std::string>& elements);

}  // namespace introspectd::replica
