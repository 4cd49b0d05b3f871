// Checks that look at several keys at once, and what one key says about another.
//
// Threads: immutable functions.
#pragma once

#include "absl/status/status.h"
#include "config/places.h"
#include "introspectd/config.h"

namespace introspectd::config {

// Every key of `config` is read and right by itself. Afterwards they agree with each other, and
// clients' inherited values are those that apply.
absl::Status Settle(Config& config, const Places& places);

}  // namespace introspectd::config
