#include "journal/kept_state.h"

#include <future>
#include <mutex>
#include <utility>

#include "journal/format.h"
#include "token/stored_record.h"

namespace introspectd::journal {

namespace {

void Add(const token::Record& record, KeptState& state) {
  std::string key;
  TokenKey(record.digest(), key);
  std::string& value = state[key];
  value.clear();
  token::StoredRecord::Append(record, value);
}

void Add(bool jti, const std::string& name, const token::RuleValue& value, KeptState& state) {
  std::string key;
  RuleKey(jti, name, key);
  state[key] = RuleText(value);
}

}  // namespace

KeptState StateOf(const token::Writer& writer) {
  KeptState state;
  const token::Side& side = writer.visible();
  for (std::size_t shard = 0; shard < token::Table::kShards; ++shard) {
    writer.VisitShard(shard, [&](const token::Record& record) { Add(record, state); });
  }
  for (const auto& [key, value] : side.rules.rules()) Add(false, key, value, state);
  for (const auto& [key, value] : side.rules.jtis()) Add(true, key, value, state);
  return state;
}

void Add(const Kept& kept, KeptState& state) {
  for (const token::RecordPtr& record : kept.records) Add(*record, state);
  for (const Kept::Rule& rule : kept.rules) Add(rule.jti, rule.key, rule.value, state);
}

absl::StatusOr<KeptState> LoadState(Journal& journal, UnixSeconds now) {
  KeptState state;
  std::mutex mutex;
  std::promise<absl::Status> done;
  journal.Load(
      now,
      [&](Kept kept) {
        const std::lock_guard lock(mutex);
        Add(kept, state);
        return true;
      },
      [&](absl::Status status) { done.set_value(std::move(status)); });
  absl::Status status = done.get_future().get();
  if (!status.ok()) return status;
  return state;
}

}  // namespace introspectd::journal
