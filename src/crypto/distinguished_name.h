// Distinguished names, written in one way, so that names that say the same are the same text.
//
// Threads: thread-safe functions. Allocate; nothing for the request path.
// Source:  RFC 4514; RFC 8705 2.1.2 (how clients are configured).
//
// The one way: the last RDN of the certificate first, "," between RDNs; "+" between the parts of
// one, sorted; a type by its short name in OpenSSL, or its number; strings in UTF-8, whatever the
// certificate has, with the escapes that RFC 4514 2.4 asks for and no others but those of control
// characters; any other value as "#" and hex. Letters of values keep their case, and spaces their
// number: such names are compared byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct X509_name_st;  // OpenSSL's X509_NAME

namespace introspectd::crypto {

// A name as people and tools write it: RFC 4514, with white space around separators, and names of
// types in any case. Errors say what is wrong and what is allowed.
absl::StatusOr<std::string> CanonicalName(std::string_view rfc4514);

// Nothing: a value cannot be read, or has a NUL in it.
std::optional<std::string> CanonicalName(const X509_name_st& name);

}  // namespace introspectd::crypto
