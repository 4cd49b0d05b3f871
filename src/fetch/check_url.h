// Where a fetcher may go, beyond what fetcher.h says of it.
//
// Threads: immutable functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

struct sockaddr;

namespace introspectd::fetch {

// http://HOST:PORT without user name, password, path, query and fragment.
absl::Status CheckProxy(std::string_view url);

bool IsPlain(std::string_view url);  // after CheckUrl: http

// HOST[:PORT] of what CheckUrl has found good, for messages.
std::string PlaceOf(const std::string& url);

// 127.0.0.0/8 or ::1.
bool IsLoopback(const sockaddr& address);

}  // namespace introspectd::fetch
