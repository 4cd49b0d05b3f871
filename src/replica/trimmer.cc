#include "replica/trimmer.h"

#include <algorithm>
#include <utility>

#include "replica/statements.h"
#include "text/ascii.h"

namespace introspectd::replica {

namespace {

constexpr std::int64_t kEvery_ms = 2000;
constexpr std::size_t kTogether = 50;

}  // namespace

Trimmer::Trimmer(net::Loop& loop, std::string url, const token::Writer& store,
                 update::Parser& parser, Hooks hooks)
    : store_(store),
      parser_(parser),
      hooks_(std::move(hooks)),
      connection_(loop, {.url = std::move(url), .name = "introspectd trimmer"},
                  {.opened = [] {}, .lost = [](std::string_view) {}, .notified = [] {}}) {}

void Trimmer::Start() { started_ = true; }

void Trimmer::Close() { connection_.Close(); }

void Trimmer::Tick(Now now) {
  connection_.Tick(now);
  if (!started_ || now.boot_ms < next_ms_ || !hooks_.may_trim()) return;
  next_ms_ = now.boot_ms + kEvery_ms;
  if (connection_.idle()) return Look();
  if (!connection_.open() && !connection_.opening()) connection_.Open();
}

// Taking the lock again is counted by the server, and does no harm.
void Trimmer::Look() {
  over_.clear();
  needed_.clear();
  needed_until_.clear();
  connection_.Ask({.sql = kTryToTrim, .row = [this](const Row& row) {
                     if (row.text(0) != "1") return;
                     connection_.Ask(
                         {.sql = kRowsThatEnded,
                          .parameters = {std::to_string(kTogether)},
                          .row = [this](const Row& ended) { Judge(ReadLogRow(ended, 0)); },
                          .done =
                              [this](const Answer& answer) {
                                if (answer.ok) PutOff();
                              }});
                   }});
}

void Trimmer::Judge(const LogRow& row) {
  const UnixSeconds until = NeededUntil(row.lines);
  if (until <= hooks_.now().seconds()) {
    over_.push_back(row.id);
  } else {
    needed_.push_back(row.id);
    needed_until_.push_back(std::to_string(until));
  }
}

UnixSeconds Trimmer::NeededUntil(std::string_view lines) const {
  static const Pusher kAnybody{.any_issuer = true};
  UnixSeconds until = 0;
  const Now now = hooks_.now();
  while (!lines.empty()) {
    const update::Line line = parser_.Parse(text::TakeUntil(lines, '\n'), kAnybody,
                                            update::Origin::kNode, 0, now.wall_us);
    if (const auto* update = std::get_if<token::Update>(&line)) {
      until = std::max(until, NeededUntil(*update));
    }
  }
  return until;
}

UnixSeconds Trimmer::NeededUntil(const token::Update& update) const {
  const token::Side& side = store_.visible();
  const auto end_of_token = [&side](const TokenDigest& digest) -> UnixSeconds {
    const token::PackedRecord* record = side.table.Find(digest);
    return record == nullptr ? 0 : record->end() + token::Record::kRememberedAfterEnd_s;
  };
  if (const auto* upsert = std::get_if<token::Upsert>(&update)) {
    return end_of_token(upsert->record->digest());
  }
  if (const auto* revoke = std::get_if<token::RevokeToken>(&update)) {
    return end_of_token(revoke->digest);
  }
  if (const auto* jti = std::get_if<token::RevokeJti>(&update)) {
    const token::RuleValue* value = side.rules.FindJti(jti->key);
    return value == nullptr ? 0 : value->end;
  }
  UnixSeconds until = 0;
  for (const std::string& key : std::get<token::AddRule>(update).keys) {
    const token::RuleValue* value = side.rules.FindRule(key);
    if (value != nullptr) until = std::max(until, value->end);
  }
  return until;
}

void Trimmer::PutOff() {
  if (needed_.empty()) return Delete();
  connection_.Ask({.sql = kPutOffEnds,
                   .parameters = {ArrayOf(needed_), ArrayOf(needed_until_)},
                   .done = [this](const Answer& answer) {
                     if (answer.ok) Delete();
                   }});
}

void Trimmer::Delete() {
  if (!over_.empty()) {
    connection_.Ask({.sql = kDelete,
                     .parameters = {ArrayOf(over_)},
                     .done = [this](const Answer& answer) { rows_trimmed_ += answer.affected; }});
  }
  connection_.Ask({.sql = kForgetNodes, .done = [this](const Answer&) {
                     if (over_.size() + needed_.size() == kTogether) next_ms_ = 0;
                   }});
}

}  // namespace introspectd::replica
