// The keys of one owner, an issuer or a client: when they are fetched, and what is known of them.
//
// Threads: the control loop's.
// Owner:   shared, since what it asks for comes late; it says nothing more once it was dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "keys/origin.h"
#include "keys/owner.h"
#include "keys/refresher.h"
#include "text/json_writer.h"

namespace introspectd::keys {

class KeySource : public std::enable_shared_from_this<KeySource> {
 public:
  // Borrowed, both of them.
  KeySource(const Origin::Services& services, const Refresher::Hooks& hooks, Owner owner);

  bool ComesFrom(const Owner& owner) const { return origin_->Equals(owner); }
  // Its place among the owners, and what may have changed without its keys being others. What is on
  // this machine is read at once.
  void Adopt(std::size_t place, const Owner& owner);
  void Drop() { dropped_ = true; }

  const KnownKeys& known() const { return known_; }
  void Ask();
  void Tick(Now now);
  void Describe(text::JsonWriter& json, Now now) const;
  KeyReport Report(Now now) const;

 private:
  void AdoptConfigured();
  void RefuseLater();
  void Fetch(Now now);
  void OnBrought(absl::StatusOr<Brought> brought);
  absl::Status Conclude(const absl::StatusOr<Brought>& brought);
  absl::Status Take(const Brought& brought);
  void Keep(jose::JwkSet set, Now asked);
  void OnGood(const fetch::Document& document);
  void OnFailed(const std::string& error);
  std::int64_t RefreshAfterMillis(const fetch::Document& document) const;
  void LogIgnored(const std::vector<std::string>& ignored);

  const Origin::Services& services_;
  const Refresher::Hooks& hooks_;
  Owner owner_;
  const std::shared_ptr<Origin> origin_;
  std::size_t place_ = 0;
  bool dropped_ = false;

  KnownKeys known_;
  std::int64_t asked_ms_ = 0;  // on the boot clock, as known_.asked_us
  std::vector<std::string> ignored_;

  bool fetching_ = false;
  bool awaited_ = false;   // somebody asked for what is being fetched
  bool refusing_ = false;  // somebody asked within the cooldown, and is told in the next turn
  std::int64_t next_ms_ = 0;
  std::int64_t backoff_ms_ = 0;
  std::uint64_t good_ = 0;
  std::uint64_t failed_ = 0;
  std::string error_;  // of the last fetch; "": it was good
};

}  // namespace introspectd::keys
