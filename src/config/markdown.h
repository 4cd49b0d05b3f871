// The option table as the README shows it.
//
// Threads: immutable functions.
#pragma once

#include <string>

namespace introspectd::config {

// Every option outside [limits] and [limits.admin], by section.
std::string OptionsMarkdown();

// Both planes' limits, side by side.
std::string LimitsMarkdown();

}  // namespace introspectd::config
