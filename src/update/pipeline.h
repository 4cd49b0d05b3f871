// The pipeline: all feeds, in turns, through the store's one writer.
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
#include "token/writer.h"
#include "update/feed.h"

namespace introspectd::update {

// Makes what was staged durable.
class Keeper {
 public:
  virtual ~Keeper() = default;

  // Begins to; Pipeline::OnKept is called when it is done, and not from in here. Nothing is staged
  // until then. False: there is no room for it now, and it will be kept when there is.
  virtual bool Keep(const token::Writer& writer) = 0;
  // Whether something is still to be kept for which there is room again.
  virtual bool CanCatchUp() const = 0;
};

class Pipeline {
 public:
  // Called when the last line of a feed has become visible, and whenever a backlog went down.
  using Progress = std::function<void(Feed&)>;

  // Without a keeper, what is staged is in memory alone.
  explicit Pipeline(token::Writer& writer, Keeper* keeper = nullptr)
      : writer_(writer), keeper_(keeper) {}

  // The feed is borrowed until Remove. `progress` may Remove it.
  void Add(Feed* feed, Progress progress);
  void Remove(Feed* feed);

  // One group: bring the other side up to date, stage what is ready, have it kept, make it visible.
  // Returns false when there is nothing to do until a feed is appended to, or OnKept.
  bool Turn(Now now);
  void OnKept();
  bool keeping() const { return keeping_; }

  // Like Turn, but stages one step of the sweep; does nothing while a group is under way.
  void Sweep(UnixSeconds now);

 private:
  struct Entry {
    Feed* feed;  // nullptr: removed during a turn
    Progress progress;
    bool staged = false;
  };

  void StageReady(Now now);
  void StageSome(Entry& entry, Now now, std::int64_t deadline_us);
  void ParseAhead(Now now);
  void Show();
  template <class Condition>
  bool AnyFeed(Condition condition) const;

  token::Writer& writer_;
  Keeper* const keeper_;
  bool keeping_ = false;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::size_t next_ = 0;  // whose turn it is among the long ones
};

}  // namespace introspectd::update
