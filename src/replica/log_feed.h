// What the log says, on its way into this node's store.
//
// Threads: the control loop's.
// Limits:  whoever appends stops at kBacklogMax.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "introspectd/time.h"
#include "journal/note.h"
#include "replica/log_row.h"
#include "update/feed.h"
#include "update/pipeline.h"

namespace introspectd::replica {

class LogFeed {
 public:
  static constexpr std::size_t kBacklogMax = std::size_t{1} << 20;

  struct Hooks {
    std::function<void()> wake;        // the pipeline
    std::function<void()> progressed;  // something became visible
    std::function<void()> heartbeat;   // an issuer said something
    std::function<void()> complete;
  };

  // All borrowed. Rows are kept in `notes` for keep_s.
  LogFeed(update::Pipeline& pipeline, update::Target& store, update::Parser& parser,
          journal::NoteBook& notes, std::int64_t keep_s, Hooks hooks);
  ~LogFeed() { pipeline_.Remove(&feed_); }

  // `owed`: it is not in the log yet, for all that is known.
  void Append(const LogRow& row, Now now, bool owed = false);
  // Calls `then` once all that was appended is visible; at once when it is.
  void AfterAll(std::function<void()> then);

  bool full() const { return feed_.backlog() >= kBacklogMax; }
  bool idle() const { return visible_ >= lines_; }
  std::uint64_t rows() const { return rows_; }
  // Why the log cannot be followed any further; "" when it can.
  std::string WhatIsWrong() const;

 private:
  struct Waiting {
    std::uint64_t lines;
    std::function<void()> then;
  };

  void OnProgress();

  update::Pipeline& pipeline_;
  journal::NoteBook& notes_;
  const std::int64_t keep_s_;
  const Hooks hooks_;
  const update::Admission everything_;
  update::Feed feed_;
  std::uint64_t rows_ = 0;
  std::uint64_t lines_ = 0;    // appended
  std::uint64_t visible_ = 0;  // of those
  bool complete_ = false;
  std::deque<Waiting> waiting_;  // ascending
};

}  // namespace introspectd::replica
