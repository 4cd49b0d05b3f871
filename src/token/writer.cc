#include "token/writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/check.h"
#include "crypto/digest.h"

namespace introspectd::token {

namespace {

constexpr int kRulesPerSweep = 1000;
constexpr std::size_t kFetchedAhead = 8;

// Which of two upserts of one token is the later one.
bool Wins(const Record& fresh, const Record& old) {
  if (fresh.sequence() != old.sequence()) return fresh.sequence() > old.sequence();
  return fresh.rank() > old.rank();
}

// What is known of the token's own end goes before what was only assumed.
Record::Memory Merge(Record::Memory a, Record::Memory b) {
  if (a.known != b.known) return a.known ? a : b;
  return {a.known, std::max(a.end, b.end)};
}

}  // namespace

Outcome Writer::Stage(Update update, UnixSeconds now) {
  CHECK(settled());
  if (auto* upsert = std::get_if<Upsert>(&update)) return StageUpsert(std::move(*upsert), now);
  if (const auto* revoke = std::get_if<RevokeToken>(&update)) StageRevocation(*revoke, now);
  if (const auto* revoke = std::get_if<RevokeJti>(&update)) StageJti(*revoke);
  if (const auto* rule = std::get_if<AddRule>(&update)) StageRule(*rule);
  return Outcome::kApplied;
}

Outcome Writer::StageUpsert(Upsert upsert, UnixSeconds now) {
  RecordPtr fresh = std::move(upsert.record);
  SawSequence(fresh->sequence());
  Record::Memory memory = Outlast({true, std::max(upsert.end, fresh->exp())}, now);
  const bool expired = fresh->exp() <= now;
  if (expired && fresh->kind() == Record::Kind::kClaims) {
    fresh = Record::Marker(fresh->digest(), fresh->sequence(), fresh->exp(), fresh->rank());
  }
  PutOffEndOfJti(*fresh, now);
  Record* old = hidden().table.Find(fresh->digest());
  if (old == nullptr || !old->Remembered(now)) {
    fresh->SetMemory(memory);
    Keep(*Put(*fresh, old));
  } else {
    memory = Merge(memory, old->memory());
    if (old->kind() != Record::Kind::kRevocation && Wins(*fresh, *old)) {
      fresh->SetMemory(memory);
      Keep(*Put(*fresh, old));
    } else {
      old->SetMemory(memory);
      Keep(*old);
    }
  }
  return expired ? Outcome::kExpired : Outcome::kApplied;
}

void Writer::StageRevocation(const RevokeToken& revoke, UnixSeconds now) {
  SawSequence(revoke.sequence);
  Record::Memory memory = Outlast(revoke.memory, now);
  Record* old = hidden().table.Find(revoke.digest);
  const bool remembered = old != nullptr && old->Remembered(now);
  if (remembered) memory = Merge(memory, old->memory());
  if (remembered && old->kind() == Record::Kind::kRevocation) {
    old->SetSequence(std::max(old->sequence(), revoke.sequence));
    old->SetMemory(memory);
    Keep(*old);
  } else {
    RecordPtr record = Record::Revocation(revoke.digest, revoke.sequence);
    record->SetMemory(memory);
    Keep(*Put(*record, old));
  }
}

// What ends a token when its own end has passed: older upserts, that live longer, may still be on
// their way.
Record::Memory Writer::Outlast(Record::Memory memory, UnixSeconds now) const {
  if (memory.end <= now) memory.end = now + longest_life();
  return memory;
}

void Writer::StageJti(const RevokeJti& revoke) {
  SawSequence(revoke.sequence);
  PutRule(true, revoke.key, {.issued_before = 0, .end = revoke.end, .sequence = revoke.sequence});
}

void Writer::StageRule(const AddRule& rule) {
  SawSequence(rule.sequence);
  for (const std::string& key : rule.keys) {
    PutRule(false, key,
            {.issued_before = rule.issued_before, .end = rule.end, .sequence = rule.sequence});
  }
}

// A revoked jti is remembered for as long as a token that it names can live.
void Writer::PutOffEndOfJti(const Record& upsert, UnixSeconds now) {
  const Rules& rules = hidden().rules;
  const auto jti = upsert.field(Field::kJti);
  if (!rules.any_jti() || !jti) return;
  const std::string key = JtiKey(upsert.field(Field::kIss).value_or(options_.issuer), *jti);
  const RuleValue* revoked = rules.FindJti(key);
  if (revoked == nullptr || now >= revoked->end) return;
  RuleValue longer = *revoked;
  longer.end = upsert.exp();
  PutRule(true, key, longer);
}

// Of two on the same members, the later of everything is kept.
void Writer::PutRule(bool jti, const std::string& key, const RuleValue& value) {
  const Rules& rules = hidden().rules;
  const RuleValue* old = jti ? rules.FindJti(key) : rules.FindRule(key);
  RuleValue merged = value;
  if (old != nullptr) {
    merged.issued_before = std::max(merged.issued_before, old->issued_before);
    merged.end = std::max(merged.end, old->end);
    merged.sequence = std::max(merged.sequence, old->sequence);
    if (merged == *old) return;
  }
  if (old == nullptr) {
    ++(jti ? status_.revocations : status_.rules);
    rule_ends_.push({merged.end, jti, key});
  }
  rule_changes_.push_back({.jti = jti, .erase = false, .key = key, .value = merged});
  Play(rule_changes_.back(), hidden().rules);
}

// The tables get a copy in their own memory; `record` was made wherever the update came from.
const Record* Writer::Put(const Record& record, Record* old) {
  Count(record, 1, status_);
  if (old != nullptr) Count(*old, -1, status_);
  Record* copy = record.CopyTo(pool_.Allocate(record.allocated_bytes()));
  changes_.push_back({.put = copy, .removed = old});
  Play(changes_.back(), hidden().table);
  return copy;
}

void Writer::BeginLoad(std::size_t tokens) {
  CHECK(settled() && status_.tokens == 0);
  loading_ = true;
  for (Side& side : sides_.sides) side.table.Reserve(tokens);
}

void Writer::LoadKept(std::span<const RecordPtr> records, UnixSeconds now) {
  CHECK(loading_);
  std::unique_ptr<Loaded> loaded = TakeLoaded();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i + kFetchedAhead < records.size()) {
      const TokenDigest& next = records[i + kFetchedAhead]->digest();
      for (const Side& side : sides_.sides) side.table.Prefetch(next);
    }
    const Record& record = *records[i];
    loaded->status.sequence = std::max(loaded->status.sequence, record.sequence());
    if (record.Remembered(now)) LoadKept(record, *loaded);
  }
  GiveBack(std::move(loaded));
}

void Writer::LoadKept(const Record& record, Loaded& loaded) {
  Count(record, 1, loaded.status);
  Record* copy = record.CopyTo(loaded.pool.Allocate(record.allocated_bytes()));
  for (Side& side : sides_.sides) side.table.Put(copy);
}

std::unique_ptr<Writer::Loaded> Writer::TakeLoaded() {
  const base::MutexLock lock(mutex_);
  if (loaded_.empty()) return std::make_unique<Loaded>();
  std::unique_ptr<Loaded> loaded = std::move(loaded_.back());
  loaded_.pop_back();
  return loaded;
}

void Writer::GiveBack(std::unique_ptr<Loaded> loaded) {
  const base::MutexLock lock(mutex_);
  loaded_.push_back(std::move(loaded));
}

void Writer::EndLoad() {
  const base::MutexLock lock(mutex_);
  for (const auto& loaded : loaded_) {
    pool_.TakeOver(loaded->pool);
    status_.tokens += loaded->status.tokens;
    status_.revocations += loaded->status.revocations;
    status_.record_bytes += loaded->status.record_bytes;
    SawSequence(loaded->status.sequence);
  }
  loaded_.clear();
  loading_ = false;
}

void Writer::StageKeptRule(bool jti, const std::string& key, const RuleValue& value,
                           UnixSeconds now) {
  CHECK(settled());
  SawSequence(value.sequence);
  if (now < value.end) PutRule(jti, key, value);
}

bool Writer::anything_to_keep() const {
  return !to_keep_.empty() || std::any_of(rule_changes_.begin(), rule_changes_.end(),
                                          [](const RuleChange& change) { return !change.erase; });
}

void Writer::Remove(Record* old) {
  Count(*old, -1, status_);
  changes_.push_back({.put = nullptr, .removed = old});
  Play(changes_.back(), hidden().table);
}

void Writer::Play(const Change& change, Table& table) {
  if (change.put != nullptr) {
    table.Put(change.put);
  } else {
    table.Erase(change.removed->digest());
  }
}

void Writer::Play(const RuleChange& change, Rules& rules) {
  if (change.erase) {
    change.jti ? rules.EraseJti(change.key) : rules.EraseRule(change.key);
  } else {
    change.jti ? rules.PutJti(change.key, change.value) : rules.PutRule(change.key, change.value);
  }
}

void Writer::Count(const Record& record, int sign, StoreStatus& status) {
  const bool revocation = record.kind() == Record::Kind::kRevocation;
  (revocation ? status.revocations : status.tokens) += static_cast<std::uint64_t>(sign);
  status.record_bytes +=
      static_cast<std::uint64_t>(sign * static_cast<std::int64_t>(record.allocated_bytes()));
}

void Writer::Publish() {
  if (settled() && anything_staged()) sides_.turnstile.Flip();
  to_keep_.clear();
}

bool Writer::TrySettle() {
  if (settled()) return true;
  if (!sides_.turnstile.Drained()) return false;
  for (const Change& change : changes_) Play(change, hidden().table);
  for (const RuleChange& change : rule_changes_) Play(change, hidden().rules);
  for (const Change& change : changes_) {
    if (change.removed != nullptr) Free(change.removed);
  }
  changes_.clear();
  rule_changes_.clear();
  return true;
}

void Writer::PublishAndSettle() {
  Publish();
  while (!TrySettle()) std::this_thread::yield();
}

std::uint64_t Writer::EntrySequence(UnixMicros now) const {
  return std::max(status_.sequence + 1, static_cast<std::uint64_t>(now));
}

void Writer::SawSequence(std::uint64_t sequence) {
  status_.sequence = std::max(status_.sequence, sequence);
}

void Writer::StageSweep(UnixSeconds now) {
  CHECK(settled());
  sweepings_.clear();
  hidden().table.VisitShard(next_shard_, [&](Record& record) {
    if (!record.Remembered(now)) sweepings_.push_back(&record);
  });
  for (Record* record : sweepings_) Remove(record);
  next_shard_ = (next_shard_ + 1) % Table::kShards;
  SweepRules(now);
}

void Writer::SweepRules(UnixSeconds now) {
  for (int i = 0; i < kRulesPerSweep && !rule_ends_.empty(); ++i) {
    if (now < rule_ends_.top().end) return;
    RuleEnd due = rule_ends_.top();
    rule_ends_.pop();
    const Rules& rules = hidden().rules;
    const RuleValue* value = due.jti ? rules.FindJti(due.key) : rules.FindRule(due.key);
    CHECK(value != nullptr);
    if (now < value->end) {  // it was renewed
      due.end = value->end;
      rule_ends_.push(std::move(due));
    } else {
      --(due.jti ? status_.revocations : status_.rules);
      rule_changes_.push_back(
          {.jti = due.jti, .erase = true, .key = std::move(due.key), .value = {}});
      Play(rule_changes_.back(), hidden().rules);
    }
  }
}

StoreStatus Writer::status() const {
  StoreStatus status = status_;
  if (!loading_) status.index_bytes = 2 * visible().table.allocated_bytes();
  status.rule_bytes = 2 * visible().rules.bytes();
  return status;
}

}  // namespace introspectd::token
