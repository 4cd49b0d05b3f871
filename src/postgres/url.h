// Connection strings, as libpq takes them: URLs, or keywords and values.
//
// Threads: immutable functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace introspectd::postgres {

// Whether it is one, and says how TLS is to be used unless every host is local. Messages never show
// what they were given.
absl::Status CheckUrl(std::string_view url);

// For people: without the password.
std::string WithoutPassword(const std::string& url);

}  // namespace introspectd::postgres
