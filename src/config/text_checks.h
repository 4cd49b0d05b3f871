// Checks of single strings, for rows of the option table. Each says what is wrong and what is
// allowed. The strings have no control characters (but for the layout of CheckJwkSet's) and are
// not empty.
//
// Threads: immutable functions.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace introspectd::config {

absl::Status CheckListenAddress(std::string_view text);
absl::Status CheckNetwork(std::string_view network);  // address/bits
absl::Status CheckRequestPath(std::string_view path);

absl::Status CheckAlgorithm(std::string_view name);  // of a JWS
absl::Status CheckTokenType(std::string_view type);  // `typ` of an access token
absl::Status CheckJwkSet(std::string_view json);
absl::Status CheckDistinguishedName(std::string_view name);  // RFC 4514
absl::Status CheckIpAddress(std::string_view address);
absl::Status CheckThumbprint(std::string_view sha256);  // of a certificate
absl::Status CheckProxy(std::string_view url);

// Their messages never show what they were given.
absl::Status CheckSecret(std::string_view secret);
absl::Status CheckSecretHash(std::string_view hash);

}  // namespace introspectd::config
