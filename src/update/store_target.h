// The store as a target, with what keeps it.
//
// Threads: the control loop.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <variant>

#include "update/target.h"

namespace introspectd::update {

// Makes what was staged in the store durable.
class Keeper {
 public:
  virtual ~Keeper() = default;

  // As Target::Keep.
  virtual Target::Keeping Keep(const token::Writer& writer) = 0;
};

// How many updates the store has taken in since the start, whoever brought them; what was loaded
// from the disk is not among them.
struct UpdateCounts {
  static constexpr std::array<const char*, 6> kOps{"upsert",      "revoke_token", "revoke_jti",
                                                   "revoke_rule", "heartbeat",    "complete"};
  std::array<std::uint64_t, kOps.size()> by_op{};
  std::uint64_t expired = 0;  // upserts that were over when they came
};

class StoreTarget final : public Target {
 public:
  // Without a keeper, what is staged is in memory alone.
  explicit StoreTarget(token::Writer& writer, Keeper* keeper = nullptr)
      : writer_(writer), keeper_(keeper) {}

  std::uint64_t EntrySequence(UnixMicros now) const override { return writer_.EntrySequence(now); }
  void SawSequence(std::uint64_t sequence) override { writer_.SawSequence(sequence); }
  void Prefetch(const TokenDigest& token) const override { writer_.Prefetch(token); }
  void PrefetchRecord(const TokenDigest& token) const override { writer_.PrefetchRecord(token); }
  token::Outcome Stage(token::Update update, UnixSeconds now) override {
    ++counts_.by_op[update.index()];
    const token::Outcome outcome = writer_.Stage(std::move(update), now);
    counts_.expired += outcome == token::Outcome::kExpired;
    return outcome;
  }
  // It changes no token.
  void Stage(Sign sign, std::uint64_t /*sequence*/, UnixSeconds /*now*/) override {
    ++counts_.by_op[std::variant_size_v<token::Update> + static_cast<std::size_t>(sign)];
  }
  Keeping Keep() override {
    return keeper_ == nullptr ? Keeping::kNothing : keeper_->Keep(writer_);
  }
  void Publish() override { writer_.Publish(); }
  bool StageSweep(UnixSeconds now) override { return writer_.StageSweep(now); }
  bool settled() const override { return writer_.settled(); }
  bool TrySettle() override { return writer_.TrySettle(); }

  const UpdateCounts& counts() const { return counts_; }

 private:
  static_assert(UpdateCounts::kOps.size() == std::variant_size_v<token::Update> + 2);

  token::Writer& writer_;
  Keeper* const keeper_;
  UpdateCounts counts_;
};

}  // namespace introspectd::update
