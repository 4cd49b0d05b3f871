// After the log's server was away: brings this node and the log to the same rows again.
//
// A server that crashed gives transaction ids of lost transactions out again, and one that took
// over may lack what was committed last. So neither can be asked for "what is new" by transaction
// ids alone: the ids of the rows of the time in question are compared with those kept here. Rows
// that the log lacks are put back into it; those that this node lacks are read. What is committed
// later, the rows that other nodes put back among it, is found by polls from the comparison's own
// snapshot: one of the server's last life says nothing of it.
//
// Threads: the control loop's.
// Cost:    the ids of that time in memory, its rows read once from this node's notes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "journal/note.h"
#include "replica/log_feed.h"
#include "replica/position.h"
#include "replica/sql.h"

namespace introspectd::replica {

class Restorer {
 public:
  struct Hooks {
    // Everything that is committed in the snapshot of `position` was appended.
    std::function<void(const Position& position, std::uint64_t put_back)> done;
    std::function<Now()> now;
  };

  // All borrowed.
  Restorer(Connection& connection, LogFeed& feed, journal::NoteBook& notes, Hooks hooks);

  // Of the rows since then (microseconds of the server's clock), and of those that `snapshot` did
  // not see. Ends with `done`, unless the connection is lost.
  void Start(const std::string& snapshot, std::int64_t since_us);

 private:
  void CompareNext();
  void PutBackNext();
  void ReadNext();
  void Fail(const std::string& error) { connection_.Drop("comparing the log failed: " + error); }

  Connection& connection_;
  LogFeed& feed_;
  journal::NoteBook& notes_;
  const Hooks hooks_;
  Position position_;                     // its server is left to whoever asked
  absl::flat_hash_set<std::string> ids_;  // in the log, and not found here so far
  std::string from_;                      // the next note
  std::vector<LogRow> missing_;           // in the log
  std::uint64_t put_back_ = 0;
};

}  // namespace introspectd::replica
