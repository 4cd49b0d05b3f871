// A network: an address and how many of its bits count.
//
// Threads: values.
// Source:  RFC 4632 3.1, RFC 4291 2.3.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace introspectd::net {

// IPv4 addresses are written as IPv6 maps them (RFC 4291 2.5.5.2), so that all compare alike.
using AddressBytes = std::array<std::uint8_t, 16>;
AddressBytes BytesOf(const in_addr& address);
AddressBytes BytesOf(const in6_addr& address);
// Nothing when it is neither IPv4 nor IPv6.
std::optional<AddressBytes> BytesOf(const sockaddr_storage& address);

// Whom limits count as one: an IPv4 address, or a network of 64 bits of IPv6, which a host may
// have to itself. Never 0.
std::uint64_t NumberOf(const AddressBytes& address);

class Network {
 public:
  // "10.0.0.0/8", "fd00::/8", or an address alone. The bits behind the prefix must be 0.
  static absl::StatusOr<Network> Parse(std::string_view text);

  bool Contains(const AddressBytes& address) const;

 private:
  Network(const AddressBytes& address, int bits) : address_(address), bits_(bits) {}

  AddressBytes address_;
  int bits_;  // of the mapped form
};

}  // namespace introspectd::net
