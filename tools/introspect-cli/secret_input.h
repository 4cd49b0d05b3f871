// Secrets and tokens as people hand them over: as they are, "@FILE", or "-" for standard input.
//
// Threads: the main thread. Nothing here ever writes a secret.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace introspectd::cli {

// `what` is how errors call it ("the client secret"). One line end at its end is no part of it.
// Typed on a terminal it is asked for and not shown. InvalidArgument when it is empty or cannot be
// read.
absl::StatusOr<std::string> ReadSecret(std::string_view given, std::string_view what);

}  // namespace introspectd::cli
