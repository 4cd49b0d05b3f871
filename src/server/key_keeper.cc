#include "server/key_keeper.h"

#include <algorithm>
#include <utility>

namespace introspectd::server {

KeyKeeper::KeyKeeper(net::Loop& loop, std::uint32_t workers, Hooks hooks)
    : workers_(workers),
      hooks_(std::move(hooks)),
      libraries_(workers + 1),
      issuers_(std::make_shared<const jose::Issuers>(std::vector<IssuerConfig>())),
      clients_(std::make_shared<const jose::AssertionClients>(Config{})),
      refresher_(loop, {.refreshed = [this](std::size_t owner) { OnRefreshed(owner); },
                        .asked = [this](std::size_t owner, bool good) { OnAsked(owner, good); },
                        .now = hooks_.now}) {}

void KeyKeeper::SetOwners(const Config& config, std::uint64_t generation) {
  issuers_ = std::make_shared<const jose::Issuers>(config.issuers);
  clients_ = std::make_shared<const jose::AssertionClients>(config);
  generation_ = generation;
  std::vector<keys::Owner> owners;
  waits_ms_.clear();
  for (const IssuerConfig& issuer : config.issuers) {
    owners.push_back(keys::OwnerOf(issuer));
    waits_ms_.push_back(issuer.jwks_wait_ms);
  }
  for (const jose::AssertionClient& client : clients_->all()) {
    owners.push_back(keys::OwnerOf(config.clients[client.index]));
    waits_ms_.push_back(IssuerConfig{}.jwks_wait_ms);
  }
  ready_.assign(owners.size(), {});
  who_asked_.assign(owners.size(), {});
  refresher_.SetOwners(std::move(owners));
  for (std::size_t i = 0; i < ready_.size(); ++i) MakeReady(i);
}

const jose::AlgorithmSet& KeyKeeper::AlgorithmsOf(std::size_t owner) const {
  const std::size_t issuers = issuers_->all().size();
  return owner < issuers ? issuers_->all()[owner].algorithms
                         : clients_->all()[owner - issuers].algorithms;
}

// Some 50 µs a key, algorithm and worker, aside from those who verify meanwhile.
void KeyKeeper::MakeReady(std::size_t owner) {
  const auto& set = refresher_.known(owner).set;
  Ready& ready = ready_[owner];
  if (set == nullptr || set == ready.set) return;
  ready.set = set;
  ready.rings.clear();
  for (auto& library : libraries_) {
    if (library == nullptr) library = std::make_shared<crypto::Library>();
    ready.rings.push_back(std::make_shared<jose::KeyRing>(library, AlgorithmsOf(owner), *set));
  }
}

std::shared_ptr<const jose::Trust> KeyKeeper::TrustOf(std::uint32_t worker) const {
  auto trust = std::make_shared<jose::Trust>();
  trust->issuers = issuers_;
  trust->clients = clients_;
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    const keys::KnownKeys& known = refresher_.known(i);
    trust->keys.push_back({.ring = ready_[i].set != nullptr ? ready_[i].rings[worker] : nullptr,
                           .asked_us = known.asked_us,
                           .stale_at_ms = known.stale_at_ms,
                           .cooldown_until_ms = known.cooldown_until_ms,
                           .wait_ms = waits_ms_[i]});
  }
  return trust;
}

void KeyKeeper::OnRefreshed(std::size_t owner) {
  MakeReady(owner);
  for (std::uint32_t worker = 0; worker < workers_; ++worker) {
    hooks_.to_worker(worker, NewKeys{generation_, TrustOf(worker)});
  }
  hooks_.own_changed();
}

void KeyKeeper::Ask(const WantKeys& want) {
  if (want.generation != generation_) return;  // its waiters ask again
  auto& who = who_asked_[want.owner];
  if (std::ranges::find(who, want.worker) == who.end()) who.push_back(want.worker);
  refresher_.Ask(want.owner);
}

void KeyKeeper::OnAsked(std::size_t owner, bool good) {
  const std::int64_t until_ms = refresher_.known(owner).cooldown_until_ms;
  for (const std::uint32_t worker : std::exchange(who_asked_[owner], {})) {
    hooks_.to_worker(worker, KeysAsked{generation_, owner, good, until_ms});
  }
}

}  // namespace introspectd::server
