#include "replica/restorer.h"

#include <algorithm>
#include <utility>

#include "replica/statements.h"

namespace introspectd::replica {

namespace {

// Two clocks, and what is committed long after it was inserted.
constexpr std::int64_t kClocksApart_s = 600;
constexpr std::size_t kNotesTogetherBytes = std::size_t{4} << 20;
constexpr std::size_t kRowsTogether = 100;

}  // namespace

Restorer::Restorer(Connection& connection, LogFeed& feed, journal::NoteBook& notes, Hooks hooks)
    : connection_(connection), feed_(feed), notes_(notes), hooks_(std::move(hooks)) {}

void Restorer::Start(const std::string& snapshot, std::int64_t since_us) {
  ids_.clear();
  missing_.clear();
  put_back_ = 0;
  const UnixSeconds since = std::max<UnixSeconds>(0, since_us / kMicrosPerSecond - kClocksApart_s);
  from_ = KeyOfRow(since, "");
  connection_.Ask(
      {.sql = kIdsSince,
       .parameters = {snapshot, std::to_string(since_us - 2 * kClocksApart_s * kMicrosPerSecond)},
       .row =
           [this](const Row& row) {
             if (!row.null(kIdColumn)) {
               ids_.emplace(row.text(kIdColumn));
             } else {
               position_.snapshot = row.text(kSnapshotColumn);
               position_.at_us = row.number<std::int64_t>(kTimeColumn);
             }
           },
       .done =
           [this](const Answer& answer) {
             if (!answer.ok) return Fail(answer.error);
             CompareNext();
           }});
}

// Some of the rows that were kept here.
void Restorer::CompareNext() {
  const auto notes = notes_.Read(kRowPrefix, from_, kNotesTogetherBytes);
  if (notes.empty()) return ReadNext();
  from_ = notes.back().key + '\0';
  const UnixSeconds now = hooks_.now().seconds();
  for (const journal::Note& note : notes) {
    auto row = RowOf(note);
    if (!row || ids_.erase(row->id) > 0 || now >= row->ends) continue;
    missing_.push_back(*std::move(row));
  }
  PutBackNext();
}

void Restorer::PutBackNext() {
  const bool any = !missing_.empty();
  Question question{.sql = "SELECT"};  // a turn of the loop between two lots of notes
  if (any) {
    question.sql = InsertStatement(1);
    AddParameters(missing_.back(), question.parameters);
    missing_.pop_back();
  }
  question.done = [this, any](const Answer& answer) {
    if (!answer.ok) return Fail(answer.error);
    if (any) put_back_ += answer.affected;
    missing_.empty() ? CompareNext() : PutBackNext();
  };
  connection_.Ask(std::move(question));
}

// Some of the rows that this node may lack; one that was kept longer ago is read again, which does
// no harm.
void Restorer::ReadNext() {
  if (ids_.empty()) return hooks_.done(position_, put_back_);
  std::vector<std::string> ids;
  while (!ids_.empty() && ids.size() < kRowsTogether) {
    ids.push_back(*ids_.begin());
    ids_.erase(ids_.begin());
  }
  connection_.Ask({.sql = kRowsOf,
                   .parameters = {ArrayOf(ids)},
                   .row =
                       [this](const Row& row) {
                         feed_.Append(ReadLogRow(row, 0), hooks_.now());
                         if (feed_.full()) connection_.Pause();
                       },
                   .done =
                       [this](const Answer& answer) {
                         if (!answer.ok) return Fail(answer.error);
                         ReadNext();
                       }});
}

}  // namespace introspectd::replica
