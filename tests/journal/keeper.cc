#include "journal/keeper.h"

#include <cstdlib>
#include <future>
#include <iostream>
#include <mutex>
#include <utility>
#include <vector>

namespace introspectd::journal {

namespace {

void EndProcess(const absl::Status& status) {
  std::cerr << status << std::endl;
  std::abort();
}

}  // namespace

Keeper::Keeper(std::unique_ptr<Journal> journal)
    : group_(journal->opened().group), journal_(std::move(journal)) {
  OnFailure(EndProcess);
}

absl::StatusOr<std::unique_ptr<Keeper>> Keeper::Open(const Options& options, UnixSeconds now) {
  auto journal = Journal::Open(options);
  if (!journal.ok()) return journal.status();
  std::unique_ptr<Keeper> keeper(new Keeper(*std::move(journal)));
  if (absl::Status loaded = keeper->Load(now); !loaded.ok()) return loaded;
  return keeper;
}

absl::Status Keeper::Load(UnixSeconds now) {
  std::mutex mutex;
  std::vector<Kept> all;
  std::promise<absl::Status> done;
  journal_->Load(
      now,
      [&](Kept kept) {
        const std::lock_guard lock(mutex);
        all.push_back(std::move(kept));
        return true;
      },
      [&](absl::Status status) { done.set_value(std::move(status)); });
  if (absl::Status loaded = done.get_future().get(); !loaded.ok()) return loaded;
  writer_.BeginLoad(0);
  for (const Kept& kept : all) {
    writer_.LoadKept(kept.records, now);
    for (const auto& rule : kept.rules) writer_.StageKeptRule(rule.jti, rule.key, rule.value, now);
  }
  writer_.EndLoad();
  writer_.SawSequence(journal_->opened().sequence);
  writer_.PublishAndSettle();
  return absl::OkStatus();
}

void Keeper::OnFailure(std::function<void(absl::Status)> failed) {
  journal_->SetHooks({.committed = [this] { written_.Release(); }, .failed = std::move(failed)});
}

void Keeper::Stage(token::Update update, UnixSeconds now) { writer_.Stage(std::move(update), now); }

void Keeper::Commit() {
  journal_->Commit(writer_.staged(), writer_.sequence());
  written_.Acquire();
  writer_.PublishAndSettle();
  ++group_;
  if (committed_) committed_(group_);
}

void Keeper::Owe() {
  journal_->Owe(writer_.staged());
  writer_.PublishAndSettle();
}

void Keeper::CommitUpTo(std::uint64_t group, std::uint64_t seed) {
  while (group_ < group) {
    for (token::Update& update : GroupOf(seed, group_ + 1)) Stage(std::move(update));
    Commit();
  }
}

}  // namespace introspectd::journal
