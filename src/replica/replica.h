// This node's share in a log that several nodes write and follow (contract 7): PostgreSQL.
//
// Threads: the control loop's, but for what opens connections (connection.h).
// Source:  contract 7. The state of a token is a lattice, so nodes need all rows, in any order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/note.h"
#include "net/loop.h"
#include "replica/follower.h"
#include "replica/log_feed.h"
#include "replica/memory_notes.h"
#include "replica/options.h"
#include "replica/outbox.h"
#include "replica/trimmer.h"
#include "text/json_writer.h"
#include "token/writer.h"
#include "update/pipeline.h"

namespace introspectd::replica {

// How this node shares in the log, for metrics.
struct ReplicaReport {
  FollowReport follow;
  bool writable = false;
  std::uint64_t rows_owed = 0;
  std::uint64_t rows_trimmed = 0;
};

class Replica {
 public:
  struct Hooks {
    std::function<void()> wake;  // Turn is to be called
    // This node may answer until then; told again and again while it follows.
    std::function<void(std::int64_t boot_ms)> lease;
    std::function<void()> heartbeat;
    std::function<void()> complete;
    std::function<bool()> clock_is_good;
    std::function<Now()> now;
  };

  // All borrowed: `store` is what `pipeline` leads to; `notes` may be nullptr: in memory alone.
  // `away` is true while the log cannot be written.
  Replica(net::Loop& loop, const Options& options, token::Writer& writer, update::Target& store,
          update::Pipeline& pipeline, journal::NoteBook* notes, bool& away, Hooks hooks);

  // Once what was kept on this node is in the store.
  void Start();
  // What is pushed to this node goes here, into the log.
  update::Pipeline& entry() { return entry_; }
  bool Turn(Now now);
  void Tick(Now now);
  void Close();

  // An export with this position was loaded.
  void Adopt(std::string_view position) { follower_.Adopt(position); }
  // JSON; "" when there is none.
  std::string position() const { return follower_.PositionText(); }
  bool following() const { return follower_.following(); }
  void Describe(text::JsonWriter& json, Now now) const;
  ReplicaReport Report(Now now) const;

 private:
  void OnBeat(std::int64_t sent_ms);

  const Options options_;
  const Hooks hooks_;
  MemoryNotes memory_notes_;
  journal::NoteBook& notes_;
  update::Parser parser_;
  LogFeed feed_;
  Outbox outbox_;
  update::Pipeline entry_;
  Follower follower_;
  Trimmer trimmer_;
  std::optional<bool> kept_;  // what came of the entry's group, to be told it
};

}  // namespace introspectd::replica
