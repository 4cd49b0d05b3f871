// Follows the log: reads what was committed since the last time, again and again.
//
//   open → who is there → (compare, when it is not the one that was left) → poll, poll, poll …
//
// Threads: the control loop's.
// Limits:  rows wait in the server while the LogFeed is full.
//
// 1. A poll takes the rows that the last poll's snapshot did not see, by their transactions. So a
//    transaction that commits late is read when it commits, and holds nobody up.
// 2. The position is written down when all rows before it are in the store; whoever starts from it
//    lacks nothing.
// 3. Once a second the poll is a write that is committed, a beat: what a server that is none any
//    more cannot do. Only a beat extends the lease, and only from the time at which it was sent.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "replica/log_feed.h"
#include "replica/options.h"
#include "replica/position.h"
#include "replica/restorer.h"
#include "replica/sql.h"
#include "text/json_writer.h"

namespace introspectd::replica {

// How far this node follows, for metrics.
struct FollowReport {
  bool following = false;
  std::optional<std::int64_t> lag_ms;  // nothing: it never has followed
  std::int64_t clock_ahead_us = 0;     // of the server's
  std::uint64_t rows = 0;              // applied
  std::uint64_t rows_put_back = 0;
};

class Follower {
 public:
  struct Hooks {
    // Everything that was committed when a beat was sent is visible here.
    std::function<void(std::int64_t sent_boot_ms)> beat;
    std::function<Now()> now;
  };

  // All borrowed.
  Follower(net::Loop& loop, const Options& options, LogFeed& feed, journal::NoteBook& notes,
           Hooks hooks);

  // From the position that was written down, if there is one.
  void Start();
  void Tick(Now now);
  void Close();

  // A row of this node's own: it was applied when it was committed.
  void Know(const std::string& id) { own_.insert(id); }
  // A node that has none yet goes on from this one: what is before it was loaded.
  void Adopt(std::string_view position);
  // There may be room for more rows.
  void OnProgress();
  // "" when there is none.
  std::string PositionText() const { return position_ ? position_->ToJson() : ""; }

  bool following() const { return polling_; }
  void Describe(text::JsonWriter& json, Now now) const;
  FollowReport Report(Now now) const;

 private:
  void OnOpened();
  void OnLost(std::string_view why);
  void TakeServer(const Row& row);
  void CheckServer();
  void CreateSchema();
  void CheckSettings(const Row& row);
  void Prepare();
  void Compare();
  void OnCompared(Position position, std::uint64_t put_back);
  void PollSoon();
  void Poll();
  void TakePolled(const Row& row);
  void OnPolled(bool beat, std::int64_t sent_ms, Now now);
  void MoveTo(const Position& position, bool rows, Now now);
  void Drop(std::string why) { connection_.Drop(std::move(why)); }
  std::function<void(const Answer&)> Then(void (Follower::*next)());

  const Options& options_;
  LogFeed& feed_;
  journal::NoteBook& notes_;
  const Hooks hooks_;
  const std::string node_ = NewId();
  Connection connection_;
  Restorer restorer_;
  net::Timer poll_timer_;
  std::optional<Position> position_;  // that of the store
  Server server_;                     // that is there now
  bool has_schema_ = false;
  std::string encoding_;
  std::string settings_error_;
  absl::flat_hash_set<std::string> own_;
  Position polled_;  // by the poll under way, or by the one whose rows are being applied
  std::uint64_t polled_rows_ = 0;
  std::uint64_t connections_ = 0;  // that were lost
  bool started_ = false;
  bool polling_ = false;  // compared, and good for polls
  bool poll_soon_ = false;
  std::int64_t beat_ms_ = 0;     // when the last one was sent
  std::int64_t written_ms_ = 0;  // when the position was
  std::int64_t open_again_ms_ = 0;
  std::int64_t polled_ms_ = 0;
  std::int64_t clock_ahead_us_ = 0;  // of the server's
  std::uint64_t put_back_ = 0;
  std::string why_;  // it is not following
};

}  // namespace introspectd::replica
