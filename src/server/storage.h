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

#include "base/semaphore.h"
#include "journal/journal.h"
#include "text/json_writer.h"
#include "update/feed.h"
#include "update/pipeline.h"

namespace introspectd::server {

class Storage final : public update::Keeper {
 public:
  // Called on any thread; they lead back to the methods of the same names.
  struct Hooks {
    std::function<void(journal::Kept)> take;
    std::function<void(absl::Status)> loaded;
    std::function<void()> kept;  // a group
  };

  Storage(std::unique_ptr<journal::Journal> journal, token::Writer& writer,
          update::Admission& admission, std::uint64_t reserve_bytes, Hooks hooks);
  ~Storage() override { Close(); }

  void Load(Now now);
  void Take(const journal::Kept& kept, Now now);  // rules; tokens are loaded where they are read
  void Loaded();
  bool Keep(const token::Writer& writer) override;
  bool CanCatchUp() const override;

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

  const std::unique_ptr<journal::Journal> journal_;
  token::Writer& writer_;
  update::Admission& admission_;
  const std::uint64_t reserve_bytes_;
  const Hooks hooks_;
  base::Semaphore batches_free_{kBatchesWaiting};
  std::atomic<bool> closing_{false};
  Room room_ = Room::kEnough;
  int ticks_ = 0;
  std::int64_t load_began_ms_ = 0;
  std::int64_t told_ms_ = 0;
  std::atomic<std::uint64_t> entries_loaded_{0};
};

}  // namespace introspectd::server
