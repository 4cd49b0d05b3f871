// The end of `warm --replace`: revokes what a replica holds and the file does not.
//
// Threads: one caller.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "console.h"
#include "file_tokens.h"
#include "uplink.h"

namespace introspectd::cli {

struct ReplacePlan {
  UplinkOptions uplink;
  std::uint64_t batch_lines = 1'000;
  std::string issuer;            // whose tokens; "" = of those that name none
  std::int64_t before_sequence;  // what was said since then stays
};

// Returns how many tokens it revoked. Goes through a whole export, or fails.
absl::StatusOr<std::uint64_t> RevokeOthers(const ReplacePlan& plan, const FileTokens& tokens,
                                           Console& console);

}  // namespace introspectd::cli
