// A row of the log: lines that some node, or PostgreSQL's push(), has accepted.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "introspectd/time.h"
#include "journal/note.h"
#include "update/format.h"

namespace introspectd::replica {

struct LogRow {
  std::string id;  // a UUID, as text
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  UnixSeconds ends = 0;  // nothing in it matters any more from then on
  std::string lines;     // each with its line end
  std::size_t line_count = 0;

  bool empty() const { return line_count == 0; }
  // The next lines of it, of which `written` tells, were written with this sequence.
  void Count(const update::Written& written, std::uint64_t sequence);
};

std::string NewId();

// Rows that a node keeps for a while, in the order in which it kept them.
inline constexpr std::string_view kRowPrefix = "row/";
// Rows that are in this node's memory, and not yet known to be in the log.
inline constexpr std::string_view kOwedPrefix = "owed/";

// `at`: when it was kept.
std::string KeyOfRow(UnixSeconds at, std::string_view id);
std::string KeyOfOwed(std::string_view id);
journal::Note NoteOf(const LogRow& row, std::string key, UnixSeconds end);
// Nothing for what is not one.
std::optional<LogRow> RowOf(const journal::Note& note);

}  // namespace introspectd::replica
