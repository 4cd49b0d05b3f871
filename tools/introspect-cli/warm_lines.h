// Pushes the lines of a file, in batches, several at once.
//
// Threads: one caller.
// Why the outcome does not depend on the order in which batches arrive: an upsert or revocation
// that brings no sequence gets the sequence `start + its line's place in the file`, also when the
// run is continued later. So the server sees one order, whatever was repeated or overtaken.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "console.h"
#include "file_tokens.h"
#include "input.h"
#include "ledger.h"
#include "uplink.h"

namespace introspectd::cli {

struct WarmPlan {
  UplinkOptions uplink;
  std::uint64_t batch_lines = 1'000;
  std::uint64_t skip = 0;           // lines at the front, acknowledged by an earlier run
  std::int64_t sequence_start = 0;  // of the file's first line, in microseconds since 1970
};

// Fills `ledger`, and `tokens` unless it is null. Refused lines are no failure; they are told with
// their place in the file.
absl::Status WarmLines(const WarmPlan& plan, Input& input, Ledger& ledger, FileTokens* tokens,
                       Console& console);

}  // namespace introspectd::cli
