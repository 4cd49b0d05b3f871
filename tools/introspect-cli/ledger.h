// Which lines of a file have been acknowledged, and what became of them.
//
// Threads: one at a time.
// Limits:  remembers one range per batch that was acknowledged ahead of an earlier one.
#pragma once

#include <cstdint>
#include <map>

#include "answer.h"
#include "uplink.h"

namespace introspectd::cli {

class Ledger {
 public:
  struct Totals {
    std::uint64_t lines = 0;
    std::uint64_t applied = 0;
    std::uint64_t expired = 0;
    std::uint64_t rejected = 0;
  };

  // The first `skipped` lines were acknowledged before.
  explicit Ledger(std::uint64_t skipped) : in_order_(skipped) {}

  void Acknowledge(const Batch& batch, const PushReport& report);

  // All lines up to this one are acknowledged.
  std::uint64_t in_order() const { return in_order_; }
  const Totals& totals() const { return totals_; }

 private:
  std::uint64_t in_order_;
  std::map<std::uint64_t, std::uint64_t> ahead_;  // first line, number of lines
  Totals totals_;
};

}  // namespace introspectd::cli
