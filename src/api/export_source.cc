#include "api/export_source.h"

#include "update/format.h"

namespace introspectd::api {

bool ExportSource::Pull(std::string& out, Now now) {
  if (!begun_) {
    begun_ = true;
    update::AppendPosition(writer_.sequence(), writer_.options().issuer, log_position_, out);
    return true;
  }
  if (next_shard_ < token::Table::kShards) {
    writer_.VisitShard(next_shard_++, [&](const token::Record& record) {
      lines_ += update::AppendRecord(record, now.seconds(), out);
    });
    return true;
  }
  PullRules(out, now);
  update::AppendEnd(lines_, out);
  return false;
}

void ExportSource::PullRules(std::string& out, Now now) {
  for (const auto& [key, value] : writer_.visible().rules.jtis()) {
    lines_ += update::AppendJti(key, value, now.seconds(), out);
  }
  for (const auto& [key, value] : writer_.visible().rules.rules()) {
    lines_ += update::AppendRule(key, value, now.seconds(), out);
  }
}

}  // namespace introspectd::api
