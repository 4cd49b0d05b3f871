#include "keys/key_source.h"

#include <algorithm>
#include <utility>

#include "log/log.h"

namespace introspectd::keys {

namespace {

constexpr std::int64_t kNever = INT64_MAX;
constexpr std::int64_t kUnsaid_ms = 300'000;
constexpr std::int64_t kRefreshMax_ms = 12 * 3'600'000;
constexpr std::int64_t kRefreshMin_ms = 1'000;
constexpr std::int64_t kReadAgain_ms = 10'000;
constexpr std::int64_t kBackoffMin_ms = 1'000;
constexpr std::int64_t kBackoffMax_ms = 60'000;
constexpr std::size_t kKidsDescribedMax = 20;
constexpr std::size_t kIgnoredLoggedMax = 5;

// A part of how long something is good, so that there is time for a second try.
constexpr std::int64_t InTime(std::int64_t ms) { return ms / 10 * 8; }

bool SameKey(const jose::Jwk& a, const jose::Jwk& b) {
  return a.kid == b.kid && a.algorithm == b.algorithm && a.thumbprint == b.thumbprint;
}

bool SameKeys(const jose::JwkSet& a, const jose::JwkSet& b) {
  return std::equal(a.keys.begin(), a.keys.end(), b.keys.begin(), b.keys.end(), SameKey);
}

}  // namespace

KeySource::KeySource(const Origin::Services& services, const Refresher::Hooks& hooks, Owner owner)
    : services_(services),
      hooks_(hooks),
      owner_(std::move(owner)),
      origin_(std::make_shared<Origin>(services, owner_)) {}

void KeySource::Adopt(std::size_t place, const Owner& owner) {
  place_ = place;
  owner_ = owner;
  if (origin_->is_configured()) return AdoptConfigured();
  if (known_.set != nullptr) {
    const std::int64_t max_stale_ms = owner_.jwks_max_stale_s * 1000;
    known_.stale_at_ms = asked_ms_ + max_stale_ms;
    next_ms_ = std::min(next_ms_, asked_ms_ + InTime(max_stale_ms));  // it may have been longer
  }
  known_.cooldown_until_ms =
      std::min(known_.cooldown_until_ms, services_.now().boot_ms + owner_.jwks_cooldown_s * 1000);
  if (origin_->is_file()) Conclude(origin_->Read()).IgnoreError();  // it is logged
}

// They stay as they are until there is another configuration.
void KeySource::AdoptConfigured() {
  Conclude(origin_->Read()).IgnoreError();
  known_.asked_us = kNever;
  known_.stale_at_ms = known_.cooldown_until_ms = next_ms_ = kNever;
}

void KeySource::Tick(Now now) {
  if (!fetching_ && now.boot_ms >= next_ms_) Fetch(now);
}

void KeySource::Ask() {
  const Now now = services_.now();
  if (!fetching_ && now.boot_ms < known_.cooldown_until_ms) return RefuseLater();
  if (!fetching_) Fetch(now);
  awaited_ = true;
}

void KeySource::RefuseLater() {
  if (std::exchange(refusing_, true)) return;
  services_.later([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->dropped_) return;
    self->refusing_ = false;
    self->hooks_.asked(self->place_, false);
  });
}

// The cooldown starts first: whatever comes of the fetch, there will not be another one soon.
void KeySource::Fetch(Now now) {
  known_.cooldown_until_ms = now.boot_ms + owner_.jwks_cooldown_s * 1000;
  fetching_ = true;
  origin_->Bring([weak = weak_from_this()](absl::StatusOr<Brought> brought) {
    const auto self = weak.lock();
    if (self != nullptr && !self->dropped_) self->OnBrought(std::move(brought));
  });
}

void KeySource::OnBrought(absl::StatusOr<Brought> brought) {
  fetching_ = false;
  const absl::Status taken = Conclude(brought);
  const bool awaited = std::exchange(awaited_, false);
  // What is called may drop this, or ask again.
  if (taken.ok()) hooks_.refreshed(place_);
  if (awaited && !dropped_) hooks_.asked(place_, taken.ok());
}

absl::Status KeySource::Conclude(const absl::StatusOr<Brought>& brought) {
  absl::Status taken = brought.ok() ? Take(*brought) : brought.status();
  if (taken.ok()) {
    OnGood(brought->document);
  } else {
    OnFailed(std::string(taken.message()));
  }
  return taken;
}

absl::Status KeySource::Take(const Brought& brought) {
  auto set = jose::ParseJwkSet(brought.document.body);
  if (!set.ok()) return set.status();
  Keep(*std::move(set), brought.asked);
  return absl::OkStatus();
}

// Whoever has made something of a set need not do it again for the same keys.
void KeySource::Keep(jose::JwkSet set, Now asked) {
  LogIgnored(set.ignored);
  if (known_.set == nullptr || !SameKeys(*known_.set, set)) {
    known_.set = std::make_shared<const jose::JwkSet>(std::move(set));
    log::Info("new keys",
              {{owner_.kind(), owner_.name}, {"keys", std::uint64_t{known_.set->keys.size()}}});
  }
  asked_ms_ = asked.boot_ms;
  known_.asked_us = asked.wall_us;
  known_.stale_at_ms = asked.boot_ms + owner_.jwks_max_stale_s * 1000;
}

void KeySource::LogIgnored(const std::vector<std::string>& ignored) {
  if (ignored_ == ignored) return;
  ignored_ = ignored;
  for (std::size_t i = 0; i < std::min(ignored.size(), kIgnoredLoggedMax); ++i) {
    log::Info("a key is ignored", {{owner_.kind(), owner_.name},
                                   {"why", ignored[i]},
                                   {"ignored", std::uint64_t{ignored.size()}}});
  }
}

void KeySource::OnGood(const fetch::Document& document) {
  ++good_;
  backoff_ms_ = 0;
  next_ms_ = services_.now().boot_ms + RefreshAfterMillis(document);
  if (!std::exchange(error_, "").empty()) {
    log::Info("keys can be had again", {{owner_.kind(), owner_.name}});
  }
}

// However long the cooldown is: keys that are refreshed too late are of no use meanwhile.
std::int64_t KeySource::RefreshAfterMillis(const fetch::Document& document) const {
  const std::int64_t most = std::min(kRefreshMax_ms, InTime(owner_.jwks_max_stale_s * 1000));
  if (origin_->is_file()) return std::min(kReadAgain_ms, most);
  const std::int64_t wanted = document.max_age_s ? InTime(*document.max_age_s * 1000) : kUnsaid_ms;
  return std::min(std::max({wanted, kRefreshMin_ms, owner_.jwks_cooldown_s * 1000}), most);
}

void KeySource::OnFailed(const std::string& error) {
  ++failed_;
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kBackoffMin_ms, kBackoffMax_ms);
  next_ms_ = services_.now().boot_ms + (origin_->is_file() ? kReadAgain_ms : backoff_ms_);
  if (std::exchange(error_, error) == error) return;
  log::Error("keys cannot be had", {{owner_.kind(), owner_.name}, {"error", error}});
}

KeyReport KeySource::Report(Now now) const {
  KeyReport report{.kind = owner_.kind(),
                   .name = owner_.name,
                   .refreshes_good = good_,
                   .refreshes_failed = failed_};
  if (known_.set != nullptr) {
    report.keys = known_.set->keys.size();
    report.age_ms = now.boot_ms - asked_ms_;
  }
  return report;
}

void KeySource::Describe(text::JsonWriter& json, Now now) const {
  const std::size_t keys = known_.set == nullptr ? 0 : known_.set->keys.size();
  json.BeginObject().Key(owner_.kind()).String(owner_.name).Key("keys").Unsigned(keys);
  json.Key("kids").BeginArray();
  for (std::size_t i = 0, written = 0; i < keys && written < kKidsDescribedMax; ++i) {
    const auto& kid = known_.set->keys[i].kid;
    if (!kid) continue;
    json.String(*kid);
    ++written;
  }
  json.EndArray().Key("age_s");
  if (known_.set == nullptr) {
    json.Raw("null");
  } else {
    json.Integer((now.boot_ms - asked_ms_) / 1000);
  }
  json.Key("next_refresh_s");
  if (next_ms_ == kNever) {
    json.Raw("null");
  } else {
    const std::int64_t left_ms = fetching_ ? 0 : next_ms_ - now.boot_ms;
    json.Integer(std::max<std::int64_t>(left_ms, 0) / 1000);
  }
  json.Key("refreshes").BeginObject().Key("good").Unsigned(good_);
  json.Key("failed").Unsigned(failed_).EndObject();
  json.Key("error").String(error_).EndObject();
}

}  // namespace introspectd::keys
