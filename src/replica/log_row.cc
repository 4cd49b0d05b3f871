#include "replica/log_row.h"

#include <algorithm>
#include <array>

#include "crypto/digest.h"
#include "fmt/format.h"
#include "text/ascii.h"

namespace introspectd::replica {

void LogRow::Count(const update::Written& written, std::uint64_t sequence) {
  if (written.lines == 0) return;
  first_sequence = empty() ? sequence : std::min(first_sequence, sequence);
  last_sequence = std::max(last_sequence, sequence);
  ends = std::max(ends, written.ends);
  line_count += written.lines;
}

std::string NewId() {
  std::array<std::uint8_t, 16> bytes;
  crypto::RandomBytes(bytes);
  std::string id;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += fmt::format("{:02x}", bytes[i]);
  }
  return id;
}

std::string KeyOfRow(UnixSeconds at, std::string_view id) {
  return fmt::format("{}{:016x}/{}", kRowPrefix, static_cast<std::uint64_t>(at), id);
}

std::string KeyOfOwed(std::string_view id) { return fmt::format("{}{}", kOwedPrefix, id); }

journal::Note NoteOf(const LogRow& row, std::string key, UnixSeconds end) {
  return {.key = std::move(key),
          .text = fmt::format("{} {} {}\n{}", row.first_sequence, row.last_sequence, row.ends,
                              row.lines),
          .end = end};
}

std::optional<LogRow> RowOf(const journal::Note& note) {
  std::string_view text = note.text;
  std::string_view head = text::TakeUntil(text, '\n');
  const auto first = text::ParseInteger<std::uint64_t>(text::TakeUntil(head, ' '));
  const auto last = text::ParseInteger<std::uint64_t>(text::TakeUntil(head, ' '));
  const auto ends = text::ParseInteger<UnixSeconds>(head);
  if (!first || !last || !ends || !text.ends_with('\n')) return std::nullopt;
  return LogRow{.id = note.key.substr(note.key.rfind('/') + 1),
                .first_sequence = *first,
                .last_sequence = *last,
                .ends = *ends,
                .lines = std::string(text),
                .line_count = static_cast<std::size_t>(std::ranges::count(text, '\n'))};
}

}  // namespace introspectd::replica
