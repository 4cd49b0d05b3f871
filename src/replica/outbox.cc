#include "replica/outbox.h"

#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "fmt/format.h"
#include "log/log.h"
#include "replica/options.h"
#include "replica/statements.h"

namespace introspectd::replica {

namespace {

constexpr std::int64_t kSilenceMax_ms = 2000;
// Longer than a commit takes; no revocation waits longer for one to take effect here.
constexpr std::int64_t kPatience_ms = 100;
constexpr std::size_t kOwedReadBytes = std::size_t{4} << 20;

}  // namespace

Outbox::Outbox(net::Loop& loop, std::string url, token::Writer& writer, LogFeed& feed,
               journal::NoteBook& notes, bool& away, Hooks hooks)
    : writer_(writer),
      feed_(feed),
      notes_(notes),
      away_(away),
      hooks_(std::move(hooks)),
      connection_(
          loop,
          {.url = std::move(url), .name = "introspectd writer", .silence_ms_max = kSilenceMax_ms},
          {.opened = [this] { OnOpened(); },
           .lost = [this](std::string_view why) { OnLost(why); },
           .notified = [] {}}) {
  away_ = true;
}

void Outbox::LoadOwed() {
  for (std::string from;;) {
    const auto notes = notes_.Read(kOwedPrefix, from, kOwedReadBytes);
    if (notes.empty()) return;
    for (const journal::Note& note : notes) {
      if (auto row = RowOf(note)) owed_.push_back({.row = *std::move(row), .applied = true});
    }
    from = notes.back().key + '\0';
  }
}

void Outbox::Open() {
  wanted_ = true;
  connection_.Open();
}

void Outbox::Tick(Now now) {
  connection_.Tick(now);
  if (!under_way_.empty() && now.boot_ms >= sent_ms_ + kPatience_ms) ApplyRevocations();
  if (wanted_ && !connection_.open() && !connection_.opening() && now.boot_ms >= open_again_ms_) {
    connection_.Open();
  }
}

void Outbox::Close() { connection_.Close(); }

token::Outcome Outbox::Stage(token::Update update, UnixSeconds now) {
  const std::uint64_t sequence = token::SequenceOf(update);
  const auto* upsert = std::get_if<token::Upsert>(&update);
  if (auto* revoke = std::get_if<token::RevokeToken>(&update)) UseWhatIsKnown(*revoke, now);
  LogRow& row = upsert != nullptr ? upserts_ : others_;
  row.Count(update::AppendUpdate(update, now, row.lines), sequence);
  return upsert != nullptr && upsert->record->exp() <= now ? token::Outcome::kExpired
                                                           : token::Outcome::kApplied;
}

// Otherwise it would be kept for as long as any token can live.
void Outbox::UseWhatIsKnown(token::RevokeToken& revoke, UnixSeconds now) const {
  const token::PackedRecord* record = writer_.visible().table.Find(revoke.digest);
  if (record == nullptr || now >= record->end() || !record->memory().known) return;
  revoke.memory = record->memory();
}

void Outbox::Stage(update::Sign sign, std::uint64_t sequence, UnixSeconds now) {
  const std::int64_t matters_s =
      sign == update::Sign::kHeartbeat ? 0 : writer_.options().token_lifetime_max_s;
  const UnixSeconds ends = now + matters_s + token::Record::kRememberedAfterEnd_s;
  others_.Count(update::AppendSign(sign, sequence, ends, others_.lines), sequence);
}

update::Target::Keeping Outbox::Keep() {
  CHECK(under_way_.empty());
  for (LogRow* row : {&upserts_, &others_}) {
    if (row->empty()) continue;
    row->id = NewId();
    under_way_.push_back({.row = std::exchange(*row, {}), .upserts = row == &upserts_});
  }
  if (under_way_.empty()) return Keeping::kNothing;
  if (away_) {
    Owe();
  } else {
    std::vector<const LogRow*> rows;
    for (const Parcel& parcel : under_way_) rows.push_back(&parcel.row);
    sent_ms_ = base::ReadBootMillis();
    Insert(rows, [this](const Answer& answer) { OnInserted(answer); });
  }
  return Keeping::kUnderWay;
}

void Outbox::Insert(const std::vector<const LogRow*>& rows,
                    std::function<void(const Answer&)> done) {
  Question question{.sql = InsertStatement(rows.size()), .done = std::move(done)};
  for (const LogRow* row : rows) AddParameters(*row, question.parameters);
  connection_.Ask(std::move(question));
}

void Outbox::OnInserted(const Answer& answer) {
  if (!answer.ok) return connection_.Drop("an insert failed: " + answer.error);
  Notify();
  for (const Parcel& parcel : std::exchange(under_way_, {})) OnDelivered(parcel);
  feed_.AfterAll([this] { hooks_.kept(true); });
}

void Outbox::OnDelivered(const Parcel& parcel) {
  hooks_.inserted(parcel.row.id);
  if (parcel.applied) {
    notes_.Put({.key = KeyOfOwed(parcel.row.id), .erase = true});
  } else {
    feed_.Append(parcel.row, hooks_.now());
  }
}

// Apart from the commit: notifying takes a lock until it is over. It need not survive anything.
void Outbox::Notify() { connection_.Ask({.sql = kNotify}); }

void Outbox::OnOpened() {
  connection_.Ask({.sql = kSyncedCommits, .done = [this](const Answer& answer) {
                     if (answer.ok) return PayNext();
                     connection_.Drop(answer.error);
                   }});
}

void Outbox::OnLost(std::string_view why) {
  open_again_ms_ = base::ReadBootMillis() + kOpenAgain_ms;
  if (!std::exchange(away_, true)) {
    log::Error("the replication log cannot be written", {{"error", why}});
  }
  if (!under_way_.empty()) Owe();
}

// What is under way takes effect as far as it may, and is repeated until it is in the log.
void Outbox::Owe() {
  ApplyRevocations();
  for (Parcel& parcel : std::exchange(under_way_, {})) owed_.push_back(std::move(parcel));
  feed_.AfterAll([this] { hooks_.kept(false); });
}

void Outbox::ApplyRevocations() {
  for (Parcel& parcel : under_way_) {
    if (parcel.upserts || std::exchange(parcel.applied, true)) continue;
    feed_.Append(parcel.row, hooks_.now(), true);
  }
}

void Outbox::PayNext() {
  if (owed_.empty()) {
    if (std::exchange(away_, false)) log::Info("the replication log can be written");
    return;
  }
  Insert({&owed_.front().row}, [this](const Answer& answer) {
    if (!answer.ok) return connection_.Drop("an insert failed: " + answer.error);
    OnDelivered(owed_.front());
    owed_.pop_front();
    if (owed_.empty()) Notify();
    PayNext();
  });
}

}  // namespace introspectd::replica
