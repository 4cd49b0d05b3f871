// Where an issuer says that its keys are.
//
// Threads: immutable functions.
// Limits:  kMetadataBytesMax, kMetadataDepthMax.
// Source:  RFC 8414 2 and 3; OpenID Connect Discovery 1.0 4.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace introspectd::keys {

inline constexpr std::size_t kMetadataBytesMax = std::size_t{256} << 10;
inline constexpr std::size_t kMetadataDepthMax = 16;

// The URLs of its metadata, in the order in which they are tried: RFC 8414's, OpenID's.
absl::StatusOr<std::array<std::string, 2>> MetadataUrlsOf(std::string_view issuer);

// The jwks_uri of a metadata document, which must be that of `issuer`, byte for byte. That of an
// https issuer must be https, too: what a stranger writes must not lead to services of this
// machine.
absl::StatusOr<std::string> JwksUriOf(std::string_view document, std::string_view issuer);

}  // namespace introspectd::keys
