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

// For people: `mask` in place of each password. What had none is as it was; anything else is a URL
// that says the same.
std::string WithoutPasswords(const std::string& url, std::string_view mask);

}  // namespace introspectd::postgres
