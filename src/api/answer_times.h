// How long answers took: from when a turn of the loop began to read the end of a request to when
// its answer was handed to the kernel.
//
// The answers of a turn are written together, and nearly all were asked for together: so they are
// counted, and the clock is read once for all of them.
//
// Threads: loop-confined.
// Cost:    a comparison and an increment an answer; a reading of the clock and a bucket a turn.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "introspectd/time.h"

namespace introspectd::api {

class AnswerTimes {
 public:
  explicit AnswerTimes(base::Histogram& histogram) : histogram_(histogram) {}  // borrowed

  // What was asked at that time has an answer.
  void Add(Now asked) {
    if (groups_.empty() || groups_.back().asked.wall_us != asked.wall_us) {
      groups_.push_back({asked, 0});
    }
    ++groups_.back().answers;
  }
  bool empty() const { return groups_.empty(); }
  // All of them were written.
  void Written(Now now) {
    for (const Group& group : groups_) {
      histogram_.Add(base::MicrosBetween(group.asked, now), group.answers);
    }
    groups_.clear();
  }

 private:
  struct Group {
    Now asked;
    std::uint64_t answers;
  };

  base::Histogram& histogram_;
  std::vector<Group> groups_;  // keeps its memory
};

}  // namespace introspectd::api
