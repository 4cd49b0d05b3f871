#include "server/storage.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "log/log.h"

namespace introspectd::server {

namespace {

// Below it not even a revocation is written: a write that fails would stop the process.
constexpr std::uint64_t kLeastFreeBytes = std::uint64_t{16} << 20;
constexpr int kTicksBetweenLooks = 10;
constexpr std::int64_t kTellEvery_ms = 1000;
constexpr std::int64_t kNotesWait_ms = 1000;
constexpr int kFailed = 1;

// A sync that failed may have lost what was written before it too. Nothing may be acknowledged any
// more, and it would be no help to try again: what the disk holds is found out at the next start.
[[noreturn]] void StopAtOnce(const absl::Status& status) {
  log::Error("stopped: updates cannot be kept", {{"error", std::string(status.message())}});
  std::_Exit(kFailed);
}

}  // namespace

Storage::Storage(std::unique_ptr<journal::Journal> journal, token::Writer& writer,
                 update::Admission& admission, const Options& options, Hooks hooks)
    : journal_(std::move(journal)),
      writer_(writer),
      admission_(admission),
      options_(options),
      hooks_(std::move(hooks)) {
  journal_->SetHooks({.committed = [this] { hooks_.kept(); }, .failed = StopAtOnce});
  admission_.loading = true;
}

void Storage::Load(Now now) {
  load_began_ms_ = told_ms_ = now.boot_ms;
  const journal::Opened& opened = journal_->opened();
  writer_.SawSequence(opened.sequence);
  if (opened.torn_tail) {
    log::Warning("the last group of updates was cut off; it was not acknowledged",
                 {{"group", opened.group + 1}});
  }
  log::Info("loading what was kept", {{"entries", opened.entries}, {"group", opened.group}});
  LookForRoom();
  writer_.BeginLoad(opened.entries);
  journal_->Load(
      now.seconds(),
      [this, seconds = now.seconds()](journal::Kept kept) {
        return TakeAnywhere(std::move(kept), seconds);
      },
      [this](absl::Status status) { hooks_.loaded(std::move(status)); });
}

// On the loader's threads: what one of them reads together is of digests that no other one reads.
bool Storage::TakeAnywhere(journal::Kept kept, UnixSeconds now) {
  writer_.LoadKept(kept.records, now);
  entries_loaded_ += kept.records.size() + kept.rules.size();
  kept.records.clear();
  if (!kept.rules.empty()) {
    batches_free_.Acquire();
    if (!closing_) hooks_.take(std::move(kept));
  }
  return !closing_;
}

void Storage::Take(const journal::Kept& kept, Now now) {
  for (const auto& rule : kept.rules) {
    writer_.StageKeptRule(rule.jti, rule.key, rule.value, now.seconds());
  }
  writer_.PublishAndSettle();
  batches_free_.Release();
}

void Storage::TellProgress(Now now) {
  if (!admission_.loading || now.boot_ms < told_ms_ + kTellEvery_ms) return;
  told_ms_ = now.boot_ms;
  log::Info("loading",
            {{"entries", entries_loaded_.load()}, {"of_about", journal_->opened().entries}});
}

void Storage::Loaded() {
  writer_.EndLoad();
  admission_.loading = false;
  log::Info("loaded what was kept",
            {{"entries", entries_loaded_.load()},
             {"ms", static_cast<std::uint64_t>(base::ReadBootMillis() - load_began_ms_)}});
}

update::Target::Keeping Storage::Keep(const token::Writer& writer) {
  notes_under_way_ = false;
  if (!writer.anything_to_keep() && !HasWork()) return update::Target::Keeping::kNothing;
  LookForRoom();
  if (options_.log_keeps && (abandoned_ || room_ == Room::kNone)) return LeaveToTheLog();
  if (room_ == Room::kNone) {
    if (!writer.anything_to_keep()) return update::Target::Keeping::kNothing;
    journal_->Owe(writer.staged());
    return update::Target::Keeping::kNotNow;
  }
  notes_under_way_ = !notes_.empty();
  notes_are_due_ = false;
  journal_->Commit(writer.staged(), writer.sequence(), std::exchange(notes_, {}));
  return update::Target::Keeping::kUnderWay;
}

// What the disk holds is a state of some time ago with its place in the log. That is good to start
// from again, as long as nothing is written behind a gap.
update::Target::Keeping Storage::LeaveToTheLog() {
  notes_.clear();
  notes_are_due_ = false;
  if (!std::exchange(abandoned_, true)) {
    log::Error("the disk is full: until the next start, the log alone keeps what comes");
  }
  return update::Target::Keeping::kNotNow;
}

bool Storage::HasWork() const {
  return notes_are_due_ || (room_ != Room::kNone && journal_->owes());
}

void Storage::Put(journal::Note note) {
  if (notes_.empty()) notes_since_ms_ = base::ReadBootMillis();
  notes_.push_back(std::move(note));
}

bool Storage::Settle() {
  notes_are_due_ = !notes_.empty();
  return notes_.empty() && !notes_under_way_;
}

std::vector<journal::Note> Storage::Read(std::string_view prefix, std::string_view from,
                                         std::size_t bytes_max) {
  return journal_->ReadNotes(prefix, from, bytes_max);
}

void Storage::Tick(Now now, bool clock_is_good) {
  TellProgress(now);
  journal_->SetExpiry(clock_is_good ? now.seconds() : token::kNever);
  if (++ticks_ % kTicksBetweenLooks == 0) LookForRoom();
  if (!notes_.empty() && now.boot_ms >= notes_since_ms_ + kNotesWait_ms) notes_are_due_ = true;
}

void Storage::LookForRoom() {
  const std::uint64_t free = journal_->free_bytes();
  Room room = Room::kEnough;
  if (free < options_.reserve_bytes) room = Room::kForRevocations;
  if (free < std::min(options_.reserve_bytes, kLeastFreeBytes)) room = Room::kNone;
  admission_.storage_full = room != Room::kEnough;
  const Room before = std::exchange(room_, room);
  if (room == before) return;
  if (room == Room::kEnough) {
    log::Info("there is room on the disk again", {{"free_bytes", free}});
  } else {
    log::Error(room == Room::kNone ? "the disk is full: revocations are in memory alone"
                                   : "the disk is nearly full: only revocations are taken",
               {{"free_bytes", free}});
  }
}

void Storage::Describe(text::JsonWriter& json) const {
  json.BeginObject();
  json.Key("loading").Bool(admission_.loading);
  json.Key("entries_loaded").Unsigned(entries_loaded_);
  json.Key("entries_of_about").Unsigned(journal_->opened().entries);
  json.Key("stored_bytes").Unsigned(journal_->stored_bytes());
  json.Key("full").Bool(admission_.storage_full);
  json.EndObject();
}

void Storage::Close() {
  if (closing_.exchange(true)) return;
  batches_free_.Release(kBatchesWaiting);  // whoever waits sees that it is over
  journal_->Close();
}

}  // namespace introspectd::server
