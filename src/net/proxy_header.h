// The PROXY protocol: what a balancer says of the client, in front of the client's own bytes.
//
// Threads: immutable functions.
// Limits:  kProxyHeaderBytesMax.
// Source:  haproxy's proxy-protocol.txt, versions 1 and 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/network.h"

namespace introspectd::net {

// Version 2 may go on to 65,551 bytes; nothing that is known to be sent comes near this.
inline constexpr std::size_t kProxyHeaderBytesMax = 16 + 2048;

struct ProxyHeader {
  enum class Step : std::uint8_t { kNeedMore, kDone, kMalformed };
  Step step = Step::kNeedMore;
  // kDone: how many bytes it takes, and whom it speaks for; nobody: the connection is the sender's
  // own (LOCAL), or whose it is cannot be said here (UNKNOWN, unix sockets).
  std::size_t size = 0;
  std::optional<AddressBytes> source = std::nullopt;
};

// `bytes`: everything that the connection has brought so far. The verdict depends on the bytes
// alone, not on how they were cut into reads; what cannot become a header is malformed at once.
ProxyHeader ReadProxyHeader(std::string_view bytes);

// CRC-32C (RFC 3309), as `size` bytes at a time, beginning with 0.
std::uint32_t Crc32c(std::uint32_t crc, std::string_view bytes);

}  // namespace introspectd::net
