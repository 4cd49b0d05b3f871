#include "ledger.h"

namespace introspectd::cli {

void Ledger::Acknowledge(const Batch& batch, const PushReport& report) {
  totals_.lines += batch.lines;
  totals_.applied += report.applied;
  totals_.expired += report.expired;
  totals_.rejected += report.rejected;
  ahead_.emplace(batch.first_line, batch.lines);
  while (!ahead_.empty() && ahead_.begin()->first == in_order_ + 1) {
    in_order_ += ahead_.begin()->second;
    ahead_.erase(ahead_.begin());
  }
}

}  // namespace introspectd::cli
