// The store as a target, with what keeps it.
//
// Threads: the control loop.
#pragma once

#include <utility>

#include "update/target.h"

namespace introspectd::update {

// Makes what was staged in the store durable.
class Keeper {
 public:
  virtual ~Keeper() = default;

  // As Target::Keep.
  virtual Target::Keeping Keep(const token::Writer& writer) = 0;
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
    return writer_.Stage(std::move(update), now);
  }
  // It changes no token.
  void Stage(Sign /*sign*/, std::uint64_t /*sequence*/, UnixSeconds /*now*/) override {}
  Keeping Keep() override {
    return keeper_ == nullptr ? Keeping::kNothing : keeper_->Keep(writer_);
  }
  void Publish() override { writer_.Publish(); }
  bool StageSweep(UnixSeconds now) override { return writer_.StageSweep(now); }
  bool settled() const override { return writer_.settled(); }
  bool TrySettle() override { return writer_.TrySettle(); }

 private:
  token::Writer& writer_;
  Keeper* const keeper_;
};

}  // namespace introspectd::update
