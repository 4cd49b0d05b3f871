#include "token/writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include "base/check.h"
#include "crypto/digest.h"

namespace introspectd::token {

namespace {

constexpr int kRulesPerSweep = 100;
constexpr std::size_t kTokensPerSweep = 128;
constexpr std::size_t kFetchedTogether = 32;
constexpr std::size_t kPackedTogether = 1000;
constexpr std::size_t kWorthGoingOn = 16;  // one of so many was swept

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
  PackedRecord* old = hidden().table.Find(fresh->digest());
  if (old != nullptr && old->Remembered(now)) {
    memory = Merge(memory, old->memory());
    if (old->kind() == Record::Kind::kRevocation || !Wins(*fresh, *old)) {
      Renew(old, old->sequence(), memory, now);
      return expired ? Outcome::kExpired : Outcome::kApplied;
    }
  }
  fresh->SetMemory(memory);
  Put(std::move(fresh), old, now);
  return expired ? Outcome::kExpired : Outcome::kApplied;
}

// Which of two upserts of one token is the later one.
bool Writer::Wins(const Record& fresh, const PackedRecord& old) {
  if (fresh.sequence() != old.sequence()) return fresh.sequence() > old.sequence();
  return fresh.rank() > unpacker_.Unpack(old).rank();
}

void Writer::StageRevocation(const RevokeToken& revoke, UnixSeconds now) {
  SawSequence(revoke.sequence);
  Record::Memory memory = Outlast(revoke.memory, now);
  PackedRecord* old = hidden().table.Find(revoke.digest);
  const bool remembered = old != nullptr && old->Remembered(now);
  if (remembered) memory = Merge(memory, old->memory());
  if (remembered && old->kind() == Record::Kind::kRevocation) {
    return Renew(old, std::max(old->sequence(), revoke.sequence), memory, now);
  }
  RecordPtr record = Record::Revocation(revoke.digest, revoke.sequence);
  record->SetMemory(memory);
  Put(std::move(record), old, now);
}

void Writer::Renew(PackedRecord* old, std::uint64_t sequence, Record::Memory memory,
                   UnixSeconds now) {
  RecordPtr record = unpacker_.Unpack(*old).Copy();
  if (sequence == old->sequence() && memory == old->memory()) {
    // Nothing changes; but what is acknowledged now may have been in memory alone till now.
    return Keep(std::move(record));
  }
  record->SetSequence(sequence);
  record->SetMemory(memory);
  Put(std::move(record), old, now);
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

void Writer::Put(RecordPtr record, PackedRecord* old, UnixSeconds now) {
  const PackedRecord& packed = packer_.Pack(*record);
  void* memory = arena_.Allocate(packed.allocated_bytes(), packed.end(), now);
  auto* copy = new (memory) PackedRecord(packed);
  std::memcpy(copy + 1, &packed + 1, packed.allocated_bytes() - sizeof packed);
  Count(*copy, 1, status_);
  if (old != nullptr) Count(*old, -1, status_);
  changes_.push_back({.put = copy, .removed = old});
  Play(changes_.back(), hidden().table);
  Keep(std::move(record));
}

void Writer::Keep(RecordPtr record) {
  if (options_.kept) to_keep_.push_back(std::move(record));
}

void Writer::Free(PackedRecord* record) {
  sides_.templates.Release(*record);
  arena_.Free(record, record->allocated_bytes());
}

void Writer::BeginLoad(std::size_t tokens) {
  CHECK(settled() && status_.tokens == 0);
  loading_ = true;
  for (Side& side : sides_.sides) side.table.Reserve(tokens);
}

void Writer::LoadKept(std::span<const RecordPtr> records, UnixSeconds now) {
  CHECK(loading_);
  std::unique_ptr<Loaded> loaded = TakeLoaded();
  for (; !records.empty(); records = records.subspan(std::min(kPackedTogether, records.size()))) {
    PackGroup(records.first(std::min(kPackedTogether, records.size())), now, *loaded);
    PlaceGroup(now, *loaded);
  }
  GiveBack(std::move(loaded));
}

// Templates are everybody's; what follows is done without a lock.
void Writer::PackGroup(std::span<const RecordPtr> records, UnixSeconds now, Loaded& loaded) {
  loaded.packed.clear();
  const base::MutexLock lock(mutex_);
  for (const RecordPtr& record : records) {
    loaded.status.sequence = std::max(loaded.status.sequence, record->sequence());
    if (!record->Remembered(now)) continue;
    const PackedRecord& packed = packer_.Pack(*record);
    const auto* words = reinterpret_cast<const std::uint64_t*>(&packed);
    loaded.packed.insert(loaded.packed.end(), words,
                         words + packed.allocated_bytes() / sizeof *words);
  }
}

void Writer::PlaceGroup(UnixSeconds now, Loaded& loaded) {
  std::array<PackedRecord*, kPackedTogether> placed;
  std::size_t count = 0;
  for (std::size_t at = 0; at < loaded.packed.size(); ++count) {
    const auto& packed = *reinterpret_cast<const PackedRecord*>(&loaded.packed[at]);
    const std::size_t bytes = packed.allocated_bytes();
    void* memory = loaded.arena.Allocate(bytes, packed.end(), now);
    std::memcpy(memory, &loaded.packed[at], bytes);
    placed[count] = static_cast<PackedRecord*>(memory);
    at += bytes / sizeof loaded.packed[at];
    for (const Side& side : sides_.sides) side.table.Prefetch(packed.digest());
  }
  for (PackedRecord* record : std::span(placed).first(count)) {
    Count(*record, 1, loaded.status);
    for (Side& side : sides_.sides) side.table.Insert(record);
  }
}

std::unique_ptr<Writer::Loaded> Writer::TakeLoaded() {
  const base::MutexLock lock(mutex_);
  if (loaded_.empty()) return std::make_unique<Loaded>(sides_.pages);
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
    arena_.TakeOver(loaded->arena);
    status_.tokens += loaded->status.tokens;
    status_.revocations += loaded->status.revocations;
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

void Writer::Remove(PackedRecord* old) {
  Count(*old, -1, status_);
  changes_.push_back({.put = nullptr, .removed = old});
  Play(changes_.back(), hidden().table);
}

void Writer::Play(const Change& change, Table& table) {
  if (change.put == nullptr) return table.Erase(change.removed);
  if (change.removed == nullptr) return table.Insert(change.put);
  table.Replace(change.removed, change.put);
}

void Writer::Play(const RuleChange& change, Rules& rules) {
  if (change.erase) {
    change.jti ? rules.EraseJti(change.key) : rules.EraseRule(change.key);
  } else {
    change.jti ? rules.PutJti(change.key, change.value) : rules.PutRule(change.key, change.value);
  }
}

void Writer::Count(const PackedRecord& record, int sign, StoreStatus& status) {
  const bool revocation = record.kind() == Record::Kind::kRevocation;
  (revocation ? status.revocations : status.tokens) += static_cast<std::uint64_t>(sign);
}

void Writer::Publish() {
  if (settled() && anything_staged()) sides_.turnstile.Flip();
  to_keep_.clear();
}

// One by one between the changes, each would wait for its page walk, where several overlap.
void Writer::Fetch(std::span<const Change> changes, const Table& table) {
  for (const Change& change : changes) {
    table.Prefetch((change.put != nullptr ? change.put : change.removed)->digest());
    if (change.removed == nullptr) continue;
    __builtin_prefetch(change.removed);  // it will be let go of, with what it shares
    __builtin_prefetch(change.removed + 2);
  }
}

bool Writer::TrySettle() {
  if (settled()) return true;
  if (!sides_.turnstile.Drained()) return false;
  Table& table = hidden().table;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (i % kFetchedTogether == 0) {
      const auto rest = std::span<const Change>(changes_).subspan(i);
      Fetch(rest.first(std::min(kFetchedTogether, rest.size())), table);
    }
    Play(changes_[i], table);
  }
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

bool Writer::StageSweep(UnixSeconds now) {
  CHECK(settled());
  SweepPart(now);
  const bool more_rules = SweepRules(now);
  if (++sweep_.part < sweep_.parts) return true;
  const bool worth_going_on = sweep_.swept > sweep_.seen / kWorthGoingOn;
  sweep_ = {.shard = (sweep_.shard + 1) % Table::kShards};
  return worth_going_on || more_rules;
}

// A whole shard of many tokens would be thousands of cache misses, while a revocation waits.
void Writer::SweepPart(UnixSeconds now) {
  const Table& table = hidden().table;
  if (sweep_.part == 0) {
    sweep_.parts = std::bit_ceil(table.SizeOfShard(sweep_.shard) / kTokensPerSweep + 1);
  }
  sweepings_.clear();
  table.VisitPart(sweep_.shard, sweep_.part, sweep_.parts, [this](PackedRecord& record) {
    __builtin_prefetch(&record);
    sweepings_.push_back(&record);
  });
  sweep_.seen += sweepings_.size();
  std::erase_if(sweepings_, [now](const PackedRecord* record) { return record->Remembered(now); });
  sweep_.swept += sweepings_.size();
  for (PackedRecord* record : sweepings_) Remove(record);
}

bool Writer::SweepRules(UnixSeconds now) {
  for (int i = 0; i < kRulesPerSweep; ++i) {
    if (rule_ends_.empty() || now < rule_ends_.top().end) return false;
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
  return true;
}

StoreStatus Writer::status() const {
  StoreStatus status = status_;
  status.record_bytes = arena_.bytes();
  status.rule_bytes = 2 * visible().rules.bytes();
  if (loading_) return status;  // the rest is the loaders'
  status.template_bytes = sides_.templates.bytes();
  status.index_bytes = 2 * visible().table.allocated_bytes();
  return status;
}

}  // namespace introspectd::token
