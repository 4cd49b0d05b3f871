#include "keys/refresher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "fetch/fetcher.h"
#include "keys/key_source.h"
#include "keys/origin.h"

namespace introspectd::keys {

struct Refresher::Impl {
  Impl(net::Loop& loop, Hooks the_hooks);

  void DoLater(std::function<void()> action);
  void DoNow();
  std::shared_ptr<KeySource> TakeOld(const Owner& owner);

  const Hooks hooks;
  fetch::Fetcher fetcher;
  net::Timer later;
  std::vector<std::function<void()>> actions;  // for the next turn
  const Origin::Services services;
  std::vector<std::shared_ptr<KeySource>> sources;
  bool closed = false;
};

Refresher::Impl::Impl(net::Loop& loop, Hooks the_hooks)
    : hooks(std::move(the_hooks)),
      fetcher(loop),
      later(loop, [this] { DoNow(); }),
      services{.fetcher = fetcher,
               .later = [this](std::function<void()> action) { DoLater(std::move(action)); },
               .now = hooks.now} {}

void Refresher::Impl::DoLater(std::function<void()> action) {
  if (closed) return;
  actions.push_back(std::move(action));
  later.Start(0, 0);
}

void Refresher::Impl::DoNow() {
  for (const auto& action : std::exchange(actions, {})) {
    if (!closed) action();
  }
}

// nullptr: there is none.
std::shared_ptr<KeySource> Refresher::Impl::TakeOld(const Owner& owner) {
  const auto old = std::find_if(sources.begin(), sources.end(), [&owner](const auto& source) {
    return source != nullptr && source->ComesFrom(owner);
  });
  return old == sources.end() ? nullptr : std::exchange(*old, nullptr);
}

Refresher::Refresher(net::Loop& loop, Hooks hooks)
    : impl_(std::make_unique<Impl>(loop, std::move(hooks))) {}

Refresher::~Refresher() { CHECK(impl_->closed); }

void Refresher::SetOwners(std::vector<Owner> owners) {
  if (impl_->closed) return;
  std::vector<std::shared_ptr<KeySource>> sources;
  for (const Owner& owner : owners) {
    auto source = impl_->TakeOld(owner);
    if (source == nullptr) {
      source = std::make_shared<KeySource>(impl_->services, impl_->hooks, owner);
    }
    source->Adopt(sources.size(), owner);
    sources.push_back(std::move(source));
  }
  for (const auto& source : std::exchange(impl_->sources, std::move(sources))) {
    if (source != nullptr) source->Drop();
  }
  Tick(impl_->hooks.now());
}

const KnownKeys& Refresher::known(std::size_t owner) const {
  return impl_->sources.at(owner)->known();
}

void Refresher::Ask(std::size_t owner) {
  if (!impl_->closed) impl_->sources.at(owner)->Ask();
}

void Refresher::Tick(Now now) {
  if (impl_->closed) return;
  for (const auto& source : impl_->sources) source->Tick(now);
}

void Refresher::Close() {
  if (std::exchange(impl_->closed, true)) return;
  for (const auto& source : impl_->sources) source->Drop();
  impl_->fetcher.Close();
  impl_->later.Close();
  impl_->actions.clear();
}

void Refresher::Describe(text::JsonWriter& json, Now now) const {
  json.BeginArray();
  for (const auto& source : impl_->sources) source->Describe(json, now);
  json.EndArray();
}

std::vector<KeyReport> Refresher::Reports(Now now) const {
  std::vector<KeyReport> reports;
  for (const auto& source : impl_->sources) reports.push_back(source->Report(now));
  return reports;
}

}  // namespace introspectd::keys
