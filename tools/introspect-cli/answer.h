// What a node answers, read back.
//
// Threads: immutable functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "fetch/client.h"
#include "outcome.h"

namespace introspectd::cli {

struct RefusedLine {
  std::uint64_t line = 0;  // of what was pushed, from 1
  std::string reason;
};

// The answer to POST /v1/tokens.
struct PushReport {
  std::uint64_t lines = 0;
  std::uint64_t applied = 0;
  std::uint64_t expired = 0;
  std::uint64_t rejected = 0;
  std::int64_t sequence = 0;
  std::vector<RefusedLine> refused;  // the first ones only
};

absl::StatusOr<PushReport> ParsePushReport(std::string_view json);

// OK for 200. Unavailable for what is worth repeating (429, 502, 503, 504), else
// FailedPrecondition, with a sentence made of the server, the status and the reason that the body
// gives.
absl::Status Judge(const fetch::Client& client, const fetch::Response& response);

// One push and what came of it.
struct PushOutcome {
  absl::Status status;  // OK also when lines were refused
  std::optional<std::chrono::seconds> retry_after;
  PushReport report;
};

inline constexpr std::string_view kTokensTarget = "/v1/tokens";

PushOutcome Push(fetch::Client& client, std::string_view lines);
PushOutcome Push(fetch::Client& client, std::string_view target, const fetch::Source& lines);

// Says how many lines were applied, and which were refused and why.
ExitCode TellPush(const PushOutcome& outcome);

}  // namespace introspectd::cli
