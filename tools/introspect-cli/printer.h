// Shows a JSON object to people.
//
// Threads: any.
#pragma once

#include <string_view>

#include "outcome.h"

namespace introspectd::cli {

// One member a line, what is inside it further in; `raw`: as it came.
ExitCode PrintObject(std::string_view json, bool raw);

}  // namespace introspectd::cli
