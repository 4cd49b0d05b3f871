#include "update/export_lines.h"

#include <algorithm>

#include "update/format.h"

namespace introspectd::update {

std::vector<std::string> ExportLines(const token::Writer& writer, UnixSeconds now) {
  std::vector<std::string> lines;
  const auto add = [&lines](auto append) {
    std::string line;
    if (append(line) == 1) lines.push_back(std::move(line));
  };
  const token::Side& side = writer.visible();
  for (std::size_t shard = 0; shard < token::Table::kShards; ++shard) {
    writer.VisitShard(shard, [&](const token::Record& record) {
      add([&](std::string& line) { return AppendRecord(record, now, line); });
    });
  }
  for (const auto& [key, value] : side.rules.jtis()) {
    add([&, &k = key, &v = value](std::string& line) { return AppendJti(k, v, now, line); });
  }
  for (const auto& [key, value] : side.rules.rules()) {
    add([&, &k = key, &v = value](std::string& line) { return AppendRule(k, v, now, line); });
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string Export(const token::Writer& writer, UnixSeconds now) {
  std::string body;
  AppendPosition(writer.sequence(), writer.options().issuer, "", body);
  const std::vector<std::string> lines = ExportLines(writer, now);
  for (const std::string& line : lines) body += line;
  AppendEnd(lines.size(), body);
  return body;
}

}  // namespace introspectd::update
