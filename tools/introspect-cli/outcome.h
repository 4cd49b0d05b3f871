// Exit codes, and how a failure is told.
//
// Threads: thread-safe functions.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace introspectd::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,    // while running, or done with refused lines
  kUnusable = 2,  // arguments or configuration
};

// "introspect-cli: " and the sentence, on standard error.
void Complain(std::string_view sentence);

// Complains. InvalidArgument is kUnusable, every other error kFailed.
ExitCode Fail(const absl::Status& status);

}  // namespace introspectd::cli
