#include "replica/log_feed.h"

#include <utility>

#include "fmt/format.h"

namespace introspectd::replica {

LogFeed::LogFeed(update::Pipeline& pipeline, update::Target& store, update::Parser& parser,
                 journal::NoteBook& notes, std::int64_t keep_s, Hooks hooks)
    : pipeline_(pipeline),
      notes_(notes),
      keep_s_(keep_s),
      hooks_(std::move(hooks)),
      feed_(parser, store, everything_, Pusher{.any_issuer = true}, update::Origin::kNode) {
  pipeline_.Add(&feed_, [this](update::Feed&) { OnProgress(); });
}

void LogFeed::Append(const LogRow& row, Now now, bool owed) {
  const UnixSeconds seconds = now.seconds();
  if (row.ends > seconds) {
    notes_.Put(NoteOf(row, KeyOfRow(seconds, row.id), seconds + keep_s_));
    if (owed) notes_.Put(NoteOf(row, KeyOfOwed(row.id), row.ends));
  }
  feed_.Append(row.lines);
  lines_ += row.line_count;
  ++rows_;
  hooks_.wake();
}

void LogFeed::AfterAll(std::function<void()> then) {
  if (visible_ >= lines_) return then();
  waiting_.push_back({lines_, std::move(then)});
}

void LogFeed::OnProgress() {
  visible_ = feed_.report().staged();
  if (feed_.report().complete && !std::exchange(complete_, true)) hooks_.complete();
  hooks_.heartbeat();
  while (!waiting_.empty() && waiting_.front().lines <= visible_) {
    const std::function<void()> then = std::move(waiting_.front().then);
    waiting_.pop_front();
    then();
  }
  hooks_.progressed();
}

std::string LogFeed::WhatIsWrong() const {
  const update::FeedReport& report = feed_.report();
  if (report.rejected == 0) return "";
  return fmt::format("a line of the log cannot be read: {}", report.errors.front().reason);
}

}  // namespace introspectd::replica
