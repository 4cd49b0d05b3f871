#include "server/account_book.h"

#include <cmath>

#include "log/log.h"

namespace introspectd::server {

namespace {

std::uint64_t Percent(double share) { return static_cast<std::uint64_t>(std::lround(share * 100)); }

void Tell(const AccountBook::Entry& entry, ScanWatch::Change change) {
  const ScanWatch& watch = entry.watch;
  switch (change) {
    case ScanWatch::Change::kNone:
      return;
    case ScanWatch::Change::kBegan:
      return log::Warning("many inactive answers: a client's tokens may be guesses",
                          {{"client", entry.id},
                           {"inactive_percent", Percent(watch.window().share())},
                           {"usual_percent", Percent(watch.usual())},
                           {"answers", watch.window().answers},
                           {"seconds", std::uint64_t{ScanWatch::kWindow_s}}});
    case ScanWatch::Change::kOver:
      return log::Info("no longer many inactive answers",
                       {{"client", entry.id}, {"lasted_s", watch.lasted_s()}});
  }
}

}  // namespace

std::uint64_t AccountBook::Entry::Get(api::Count count) const {
  std::uint64_t sum = 0;
  for (const auto& account : accounts) sum += account->Get(count);
  return sum;
}

AccountBook::Entry& AccountBook::Find(const std::string& id) {
  auto& entry = all_[id];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>();
    entry->id = id;
    for (std::uint32_t i = 0; i < workers_; ++i) {
      entry->accounts.push_back(std::make_unique<api::ClientAccount>());
    }
  }
  return *entry;
}

void AccountBook::SetRegistry(const client::Registry& registry) {
  entries_.clear();
  for (const client::Client& client : registry.clients()) {
    entries_.push_back(&Find(client.caller.id()));
  }
}

std::vector<api::ClientAccount*> AccountBook::AccountsOf(std::uint32_t worker) const {
  std::vector<api::ClientAccount*> accounts;
  for (const Entry* entry : entries_) accounts.push_back(entry->accounts[worker].get());
  return accounts;
}

void AccountBook::Watch() {
  for (Entry* entry : entries_) {
    const std::uint64_t inactive =
        entry->Get(api::Count::kInactive) + entry->Get(api::Count::kUnknownToken);
    const std::uint64_t answers = inactive + entry->Get(api::Count::kActive);
    Tell(*entry, entry->watch.Tick({answers, inactive}));
  }
}

}  // namespace introspectd::server
