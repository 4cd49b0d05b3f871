// base64 and base64url (RFC 4648 4 and 5), strict: no white space, no unused bits.
//
// Threads: immutable functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace introspectd::text {

// Decodes `in` into `out` (borrowed; at least in.size() / 4 * 3 + 3 bytes). Returns the number of
// bytes, or -1 when `in` is not base64. No allocation.
std::ptrdiff_t DecodeBase64(std::string_view in, char* out);     // with padding, as in Basic
std::ptrdiff_t DecodeBase64Url(std::string_view in, char* out);  // without padding, as in JOSE

std::string EncodeBase64(std::string_view in);     // with padding
std::string EncodeBase64Url(std::string_view in);  // without padding

}  // namespace introspectd::text
