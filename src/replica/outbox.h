// The way into the log: what this node accepts becomes rows, is committed, and only then applied
// here, as every other row of the log is.
//
// Threads: the control loop's.
//
//   Stage… → Keep: commit → append to the LogFeed → visible → Pipeline::OnKept → answered
//
// 1. Upserts and revocations go in rows of their own: the ones end soon, and are trimmed then.
// 2. A commit whose outcome is unknown is repeated with the same id until it is known.
// 3. Revocations do not wait for that: when the log is away, or a commit takes long, they take
//    effect here at once, and are owed to the log.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "replica/log_feed.h"
#include "replica/log_row.h"
#include "replica/sql.h"
#include "token/writer.h"
#include "update/target.h"

namespace introspectd::replica {

class Outbox final : public update::Target {
 public:
  struct Hooks {
    std::function<void(bool kept)> kept;                  // the group of the last Keep
    std::function<void(const std::string& id)> inserted;  // a row of this node
    std::function<Now()> now;
  };

  // All borrowed. `away` is true while the log cannot be written.
  Outbox(net::Loop& loop, std::string url, token::Writer& writer, LogFeed& feed,
         journal::NoteBook& notes, bool& away, Hooks hooks);

  // What was owed when the process ended.
  void LoadOwed();
  void Open();
  void Tick(Now now);
  void Close();
  bool writable() const { return !away_; }
  std::size_t owed() const { return owed_.size(); }

  std::uint64_t EntrySequence(UnixMicros now) const override { return writer_.EntrySequence(now); }
  void SawSequence(std::uint64_t sequence) override { writer_.SawSequence(sequence); }
  void Prefetch(const TokenDigest& /*token*/) const override {}
  void PrefetchRecord(const TokenDigest& /*token*/) const override {}
  token::Outcome Stage(token::Update update, UnixSeconds now) override;
  void Stage(update::Sign sign, std::uint64_t sequence, UnixSeconds now) override;
  Keeping Keep() override;
  void Publish() override {}
  bool StageSweep(UnixSeconds /*now*/) override { return false; }
  bool settled() const override { return true; }
  bool TrySettle() override { return true; }

 private:
  struct Parcel {
    LogRow row;
    bool upserts = false;
    bool applied = false;  // here, before it is known to be in the log
  };

  void UseWhatIsKnown(token::RevokeToken& revoke, UnixSeconds now) const;
  void Insert(const std::vector<const LogRow*>& rows, std::function<void(const Answer&)> done);
  void OnInserted(const Answer& answer);
  void Notify();
  void OnOpened();
  void OnLost(std::string_view why);
  void PayNext();
  void Owe();
  void ApplyRevocations();
  void OnDelivered(const Parcel& parcel);

  token::Writer& writer_;
  LogFeed& feed_;
  journal::NoteBook& notes_;
  bool& away_;
  const Hooks hooks_;
  Connection connection_;
  LogRow upserts_;
  LogRow others_;
  std::vector<Parcel> under_way_;
  std::int64_t sent_ms_ = 0;
  std::deque<Parcel> owed_;
  std::int64_t open_again_ms_ = 0;
  bool wanted_ = false;
};

}  // namespace introspectd::replica
