// The pipeline: all feeds, in turns, to one target.
//
// Threads: the control loop. Turn() is called again and again while it says that there is more.
// Limits:  a turn stages for one millisecond; short feeds (most revocations are one) before long
//          ones, so that a revocation never waits for a bulk load.
//
//   stage → keep (durable) → publish (visible) → progress (answered) → settle → stage …
//
// While a group is being kept, what comes next is parsed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "introspectd/time.h"
#include "update/feed.h"
#include "update/target.h"

namespace introspectd::update {

class Pipeline {
 public:
  // Called when the last line of a feed has become visible, and whenever a backlog went down.
  using Progress = std::function<void(Feed&)>;

  explicit Pipeline(Target& target) : target_(target) {}

  Target& target() { return target_; }

  // The feed is borrowed until Remove. `progress` may Remove it.
  void Add(Feed* feed, Progress progress);
  void Remove(Feed* feed);

  // One group: bring the other side up to date, stage what is ready, have it kept, make it visible.
  // Returns false when there is nothing to do until a feed is appended to, or OnKept.
  bool Turn(Now now);
  // `kept`: false when it took effect in memory alone.
  void OnKept(bool kept = true);
  bool keeping() const { return keeping_; }

  enum class Swept : std::uint8_t {
    kNothing,       // a group is under way
    kSome,          // one step
    kWorthGoingOn,  // one step, and the next one should follow at once
  };
  // Like Turn, but stages one step of the sweep.
  Swept Sweep(UnixSeconds now);

 private:
  struct Entry {
    Feed* feed;  // nullptr: removed during a turn
    Progress progress;
    bool staged = false;
    bool moved = false;  // lines were parsed ahead, or passed over
  };

  void StageReady(Now now);
  void StageSome(Entry& entry, Now now, std::int64_t deadline_us);
  void ParseAhead(Now now);
  void Show();
  void TellNotKept();
  template <class Condition>
  bool AnyFeed(Condition condition) const;

  Target& target_;
  bool keeping_ = false;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::size_t next_ = 0;  // whose turn it is among the long ones
};

}  // namespace introspectd::update
