// The effective configuration as a file.
//
// Threads: immutable functions.
#pragma once

#include <string>

#include "introspectd/config.h"

namespace introspectd::config {

// TOML with every key and default. Secrets and hashes are kMask; with these filled in, it loads to
// the same values.
std::string ToToml(const Config& config);

}  // namespace introspectd::config
