#include "server/key_keeper.h"

#include <algorithm>
#include <utility>

namespace introspectd::server {

KeyKeeper::KeyKeeper(net::Loop& loop, std::uint32_t workers, Hooks hooks)
    : workers_(workers),
      hooks_(std::move(hooks)),
      libraries_(workers + 1),
      issuers_(std::make_shared<const jose::Issuers>(std::vector<IssuerConfig>())),
      refresher_(loop, {.refreshed = [this](std::size_t issuer) { OnRefreshed(issuer); },
                        .asked = [this](std::size_t issuer, bool good) { OnAsked(issuer, good); },
                        .now = hooks_.now}) {}

void KeyKeeper::SetIssuers(const std::vector<IssuerConfig>& issuers, std::uint64_t generation) {
  issuers_ = std::make_shared<const jose::Issuers>(issuers);
  generation_ = generation;
  ready_.assign(issuers.size(), {});
  who_asked_.assign(issuers.size(), {});
  refresher_.SetIssuers(issuers);
  for (std::size_t i = 0; i < issuers.size(); ++i) MakeReady(i);
}

// Some 50 µs a key, algorithm and worker, aside from those who verify meanwhile.
void KeyKeeper::MakeReady(std::size_t issuer) {
  const auto& set = refresher_.known(issuer).set;
  Ready& ready = ready_[issuer];
  if (set == nullptr || set == ready.set) return;
  ready.set = set;
  ready.rings.clear();
  for (auto& library : libraries_) {
    if (library == nullptr) library = std::make_shared<crypto::Library>();
    ready.rings.push_back(std::make_shared<jose::KeyRing>(library, issuers_->all()[issuer], *set));
  }
}

std::shared_ptr<const jose::Trust> KeyKeeper::TrustOf(std::uint32_t worker) const {
  auto trust = std::make_shared<jose::Trust>();
  trust->issuers = issuers_;
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    const keys::KnownKeys& known = refresher_.known(i);
    trust->keys.push_back({.ring = ready_[i].set != nullptr ? ready_[i].rings[worker] : nullptr,
                           .asked_us = known.asked_us,
                           .stale_at_ms = known.stale_at_ms,
                           .cooldown_until_ms = known.cooldown_until_ms});
  }
  return trust;
}

void KeyKeeper::OnRefreshed(std::size_t issuer) {
  MakeReady(issuer);
  for (std::uint32_t worker = 0; worker < workers_; ++worker) {
    hooks_.to_worker(worker, NewKeys{generation_, TrustOf(worker)});
  }
  hooks_.own_changed();
}

void KeyKeeper::Ask(const WantKeys& want) {
  if (want.generation != generation_) return;  // its waiters ask again
  auto& who = who_asked_[want.issuer];
  if (std::ranges::find(who, want.worker) == who.end()) who.push_back(want.worker);
  refresher_.Ask(want.issuer);
}

void KeyKeeper::OnAsked(std::size_t issuer, bool good) {
  const std::int64_t until_ms = refresher_.known(issuer).cooldown_until_ms;
  for (const std::uint32_t worker : std::exchange(who_asked_[issuer], {})) {
    hooks_.to_worker(worker, KeysAsked{generation_, issuer, good, until_ms});
  }
}

}  // namespace introspectd::server
