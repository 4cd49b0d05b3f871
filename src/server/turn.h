// What one turn of a loop has time for, and the connections that wait for a turn that has some:
// who comes first is served first.
//
// libuv's poll goes on for up to 48 rounds of 1,024 events while all of them are ready, and nothing
// else of a turn comes before it ends: no deadline, no signature, nothing that waits. So a turn
// ends itself: it looks at so many connections, and what others send meanwhile is read, but waits.
//
// Threads: loop-confined.
// Limits:  a turn looks at kVisitsMax connections and accepts kAcceptedMax; each connection waits
//          once.
#pragma once

#include <cstddef>
#include <vector>

#include "server/connection_ref.h"

namespace introspectd::server {

class Turn {
 public:
  // Counts a visit; false: this turn has no time left for it.
  bool Visit() { return Count(visits_, kVisitsMax); }
  // The same of a connection to be accepted.
  bool Accept() { return Count(accepted_, kAcceptedMax); }

  void Wait(Connection& connection) { waiting_.emplace_back(connection); }
  bool anybody_waits() const { return next_ < serving_.size() || !waiting_.empty(); }
  // Who has waited longest, as long as there is time; null: nobody since before this turn, or none.
  Connection* Next();

  void Begin();

  // Their answers are fetched together, if each has asked once.
  static constexpr int kVisitsMax = 256;
  static constexpr int kAcceptedMax = 64;

 private:
  static bool Count(int& counted, int max) {
    if (counted == max) return false;
    ++counted;
    return true;
  }

  int visits_ = 0;
  int accepted_ = 0;
  // Served from next_ on; once that is done, a turn begins with those who have come to wait since.
  // Two vectors that change places allocate nothing, once they are large enough.
  std::vector<ConnectionRef> serving_;
  std::size_t next_ = 0;
  std::vector<ConnectionRef> waiting_;
};

}  // namespace introspectd::server
