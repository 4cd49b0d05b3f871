// The store's single writer: decides each update once, and plays what follows to both sides.
//
//   Stage… → Publish → Settled?  →  Stage… → …
//
// Threads: one at a time. Stage only while settled(); Publish makes all that was staged visible to
//          every reader that enters from now on; TrySettle, called until it is true, brings the
//          other side up to date once its last reader has left, and frees what nobody can see any
//          more.
// Source:  contract 5. A join semilattice: revoked absorbs, the higher sequence wins, of equal ones
//          the greater SHA-256 of the answer, applying twice changes nothing; so the same updates
//          give the same state in whatever order they arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "introspectd/store.h"
#include "token/arena.h"
#include "token/packer.h"
#include "token/sides.h"
#include "token/update.h"

namespace introspectd::token {

enum class Outcome : std::uint8_t {
  kApplied,  // or of no effect: the same line again, an older one, one of a revoked token
  kExpired,  // an upsert whose exp has passed; it still wins over an older one
};

// A change to a rule or a revoked jti.
struct RuleChange {
  bool jti;
  bool erase;
  std::string key;
  RuleValue value;
};

class Writer {
 public:
  Writer(Sides& sides, const StoreOptions& options)
      : sides_(sides),
        options_(options),
        arena_(sides.pages),
        packer_(sides.templates),
        unpacker_(sides.templates) {}

  Outcome Stage(Update update, UnixSeconds now);
  // For tokens of which updates will be staged next, some 32 at a time, so that their cache misses
  // overlap: Prefetch each, then PrefetchRecord each.
  void Prefetch(const TokenDigest& token) const { hidden().table.Prefetch(token); }
  void PrefetchRecord(const TokenDigest& token) const { hidden().table.PrefetchRecord(token); }
  void Publish();
  bool TrySettle();
  // Publish, and wait for readers; for those that have no loop to go back to.
  void PublishAndSettle();
  bool settled() const { return !sides_.turnstile.draining(); }
  bool anything_staged() const { return !changes_.empty() || !rule_changes_.empty(); }

  // What a journal has to keep of what was staged: records as they are now (one may be there
  // twice, the newer one behind), and rules. What the sweep lets go of is not in it. Borrowed until
  // Publish; nothing may be staged while another thread reads it.
  struct Staged {
    const std::vector<RecordPtr>& records;
    const std::vector<RuleChange>& rules;  // without those that are erased
  };
  Staged staged() const { return {to_keep_, rule_changes_}; }
  bool anything_to_keep() const;

  // Put back what a journal has kept, each key once, into a store that is empty but for that.
  // Records go to both sides at once: until EndLoad no reader may be inside, nothing else be done
  // with tokens, and `visible` not be looked at. LoadKept may be called on several threads, as long
  // as no two have tokens of one shard; the others are the writer's.
  void BeginLoad(std::size_t tokens);  // about so many
  void LoadKept(std::span<const RecordPtr> records, UnixSeconds now) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndLoad() ABSL_LOCKS_EXCLUDED(mutex_);
  void StageKeptRule(bool jti, const std::string& key, const RuleValue& value, UnixSeconds now);

  // The sequence for the next update if it brings none: now, and above every one seen.
  std::uint64_t EntrySequence(UnixMicros now) const;
  void SawSequence(std::uint64_t sequence);
  std::uint64_t sequence() const { return status_.sequence; }

  // Stages the removal of what nobody needs to remember any more, of a part of one shard, 128
  // tokens or so, and of 100 rules and jtis. True when the next step should follow at once: the
  // shard has other parts, or much was over. Cost: a walk over the shard's slots, a cache miss for
  // each token of the part, and the removals.
  bool StageSweep(UnixSeconds now);

  // What is visible, for exports; from the writer's thread.
  const Side& visible() const {
    return sides_.sides[static_cast<std::size_t>(sides_.turnstile.visible())];
  }
  // Calls `visit` with each visible record of a shard, unpacked, in no order; it is borrowed until
  // `visit` returns, which must not stage anything.
  template <class Visit>
  void VisitShard(std::size_t shard, Visit visit) const {
    visible().table.VisitShard(
        shard, [&](const PackedRecord& packed) { visit(unpacker_.Unpack(packed)); });
  }
  const StoreOptions& options() const { return options_; }
  StoreStatus status() const;

 private:
  // What was done to the hidden side's table, to be done to the other one too.
  struct Change {
    PackedRecord* put;      // owned by the tables from the moment that it is staged
    PackedRecord* removed;  // freed once neither side has it
  };
  struct RuleEnd {
    UnixSeconds end;
    bool jti;
    std::string key;
    bool operator>(const RuleEnd& other) const { return end > other.end; }
  };

  // What one thread has loaded: in memory of its own, until EndLoad.
  struct Loaded {
    explicit Loaded(PageSupply& pages) : arena(pages) {}

    Arena arena;
    StoreStatus status;
    std::vector<std::uint64_t> packed;  // a group of records, one behind the other
  };

  Side& hidden() { return sides_.sides[static_cast<std::size_t>(sides_.turnstile.hidden())]; }
  const Side& hidden() const {
    return sides_.sides[static_cast<std::size_t>(sides_.turnstile.hidden())];
  }

  Outcome StageUpsert(Upsert upsert, UnixSeconds now);
  void StageRevocation(const RevokeToken& revoke, UnixSeconds now);
  void StageJti(const RevokeJti& revoke);
  void StageRule(const AddRule& rule);
  void Put(RecordPtr record, PackedRecord* old, UnixSeconds now);
  void Keep(RecordPtr record);
  // `old`, which stays, is remembered for as long as `memory` says.
  void Renew(PackedRecord* old, std::uint64_t sequence, Record::Memory memory, UnixSeconds now);
  bool Wins(const Record& fresh, const PackedRecord& old);
  void Remove(PackedRecord* old);
  Record::Memory Outlast(Record::Memory memory, UnixSeconds now) const;
  void PutOffEndOfJti(const Record& upsert, UnixSeconds now);
  void PutRule(bool jti, const std::string& key, const RuleValue& value);
  void SweepPart(UnixSeconds now);
  // True: there may be more.
  bool SweepRules(UnixSeconds now);
  // For how long after its entry an upsert can keep a token alive.
  std::int64_t longest_life() const {
    return options_.token_lifetime_max_s + Record::kRememberedAfterEnd_s;
  }
  void PackGroup(std::span<const RecordPtr> records, UnixSeconds now, Loaded& loaded)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void PlaceGroup(UnixSeconds now, Loaded& loaded);
  std::unique_ptr<Loaded> TakeLoaded() ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack(std::unique_ptr<Loaded> loaded) ABSL_LOCKS_EXCLUDED(mutex_);
  static void Play(const Change& change, Table& table);
  static void Fetch(std::span<const Change> changes, const Table& table);
  static void Play(const RuleChange& change, Rules& rules);
  static void Count(const PackedRecord& record, int sign, StoreStatus& status);
  void Free(PackedRecord* record);

  Sides& sides_;
  const StoreOptions options_;
  Arena arena_;  // of the records in the tables
  Packer packer_;
  mutable Unpacker unpacker_;
  std::vector<Change> changes_;
  std::vector<RuleChange> rule_changes_;
  std::vector<RecordPtr> to_keep_;
  std::vector<PackedRecord*> sweepings_;
  std::priority_queue<RuleEnd, std::vector<RuleEnd>, std::greater<>> rule_ends_;
  struct Sweep {  // where it is
    std::size_t shard = 0;
    std::size_t part = 0;
    std::size_t parts = 1;
    std::size_t seen = 0;  // tokens of this shard
    std::size_t swept = 0;
  };
  Sweep sweep_;
  StoreStatus status_;
  bool loading_ = false;

  base::Mutex mutex_;
  std::vector<std::unique_ptr<Loaded>> loaded_ ABSL_GUARDED_BY(mutex_);  // nobody is adding to it
};

}  // namespace introspectd::token
