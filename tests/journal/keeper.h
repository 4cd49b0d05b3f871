// A store with its journal, as a server holds them, on one thread.
//
// Threads: one owner.
#pragma once

#include <functional>
#include <memory>

#include "base/semaphore.h"
#include "journal/journal.h"
#include "journal/kept_state.h"
#include "journal/schedule.h"
#include "token/sides.h"
#include "token/update.h"
#include "token/writer.h"

namespace introspectd::journal {

class Keeper {
 public:
  // Opens the journal and loads what it has.
  static absl::StatusOr<std::unique_ptr<Keeper>> Open(const Options& options,
                                                      UnixSeconds now = kNow);

  void Stage(token::Update update, UnixSeconds now = kNow);
  // Writes what was staged, waits until it is kept, and makes it visible.
  void Commit();
  // Leaves what was staged to the next Commit, and makes it visible.
  void Owe();
  // The groups of a schedule behind those that are there.
  void CommitUpTo(std::uint64_t group, std::uint64_t seed);

  // Instead of ending the process; must not return.
  void OnFailure(std::function<void(absl::Status)> failed);
  void OnCommitted(std::function<void(std::uint64_t group)> committed) {
    committed_ = std::move(committed);
  }

  std::uint64_t group() const { return group_; }
  KeptState state() const { return StateOf(writer_); }
  Journal& journal() { return *journal_; }
  token::Writer& writer() { return writer_; }

 private:
  explicit Keeper(std::unique_ptr<Journal> journal);
  absl::Status Load(UnixSeconds now);

  token::Sides sides_;
  token::Writer writer_{sides_, {.issuer = "i", .token_lifetime_max_s = kLifetimeMax}};
  std::uint64_t group_;
  std::function<void(std::uint64_t)> committed_;
  base::Semaphore written_{0};
  std::unique_ptr<Journal> journal_;
};

}  // namespace introspectd::journal
