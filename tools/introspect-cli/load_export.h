// Loads an export into one node alone: POST /v1/tokens?to=node.
//
// Threads: one caller; what produces the export runs in a thread of its own.
#pragma once

#include <functional>

#include "answer.h"
#include "console.h"
#include "fetch/client.h"

namespace introspectd::cli {

// Passes the bytes of an export on; Cancelled when `take` returned false.
using ExportSource = std::function<absl::Status(const fetch::Sink& take)>;

// Passes on what GET /v1/tokens of `client`'s node answers.
absl::Status FetchExport(fetch::Client& client, const fetch::Sink& take);

// An export that is not whole is broken off, never ended, so that the node sees it too.
PushOutcome LoadExport(fetch::Client& node, const ExportSource& source, Console& console);

}  // namespace introspectd::cli
