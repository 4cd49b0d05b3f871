// The control loop's side of the journal: fills the store from it, has groups kept, watches the
// room on the disk.
//
// Threads: the control loop's; what the journal's threads have to say comes as messages (Hooks).
// Limits:  kBatchesWaiting batches of what is loaded wait for the loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/semaphore.h"
#include "journal/journal.h"
#include "journal/note.h"
#include "text/json_writer.h"
#include "update/feed.h"
#include "update/store_target.h"

namespace introspectd::server {

class Storage final : public update::Keeper, public journal::NoteBook {
 public:
  // Called on any thread; they lead back to the methods of the same names.
  struct Hooks {
    std::function<void(journal::Kept)> take;
    std::function<void(absl::Status)> loaded;
    std::function<void()> kept;  // a group
  };

  struct Options {
    std::uint64_t reserve_bytes = 0;
    bool log_keeps = false;  // what is applied here is durable in a replication log already
  };

  Storage(std::unique_ptr<journal::Journal> journal, token::Writer& writer,
          update::Admission& admission, const Options& options, Hooks hooks);
  ~Storage() override { Close(); }

  void Load(Now now);
  void Take(const journal::Kept& kept, Now now);  // rules; tokens are loaded where they are read
  void Loaded();
  update::Target::Keeping Keep(const token::Writer& writer) override;
  // Whether there is something to keep although nothing was staged.
  bool HasWork() const;

  void Put(journal::Note note) override;
  bool Settle() override;
  std::vector<journal::Note> Read(std::string_view prefix, std::string_view from,
                                  std::size_t bytes_max) override;

  // Every 100 ms. What is over may go from the disk, unless the clock is not to be trusted.
  void Tick(Now now, bool clock_is_good);
  void Describe(text::JsonWriter& json) const;
  void Close();

 private:
  enum class Room : std::uint8_t { kEnough, kForRevocations, kNone };
  static constexpr std::size_t kBatchesWaiting = 8;

  void LookForRoom();
  bool TakeAnywhere(journal::Kept kept, UnixSeconds now);
  void TellProgress(Now now);
  update::Target::Keeping LeaveToTheLog();

  const std::unique_ptr<journal::Journal> journal_;
  token::Writer& writer_;
  update::Admission& admission_;
  const Options options_;
  const Hooks hooks_;
  base::Semaphore batches_free_{kBatchesWaiting};
  std::atomic<bool> closing_{false};
  Room room_ = Room::kEnough;
  std::vector<journal::Note> notes_;  // for the next group
  bool notes_under_way_ = false;      // with the one that is being kept
  bool notes_are_due_ = false;        // even without another update
  std::int64_t notes_since_ms_ = 0;
  bool abandoned_ = false;  // the log is ahead of what is on the disk, until the next start
  int ticks_ = 0;
  std::int64_t load_began_ms_ = 0;
  std::int64_t told_ms_ = 0;
  std::atomic<std::uint64_t> entries_loaded_{0};
};

}  // namespace introspectd::server
