#include "net/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "fmt/core.h"
#include "text/ascii.h"

namespace introspectd::net {

namespace {

constexpr int kMappedBits = 96;  // in front of an IPv4 address

absl::Status Refuse(std::string_view text) {
  return absl::InvalidArgumentError(fmt::format(
      "\"{}\" is no network; allowed: an IPv4 or IPv6 address, or one with a prefix, such as "
      "10.0.0.0/8, with no bit set behind it",
      text));
}

// Whether the first `bits` bits are equal.
bool SamePrefix(const AddressBytes& a, const AddressBytes& b, int bits) {
  const auto bytes = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(a.data(), b.data(), bytes) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

bool IsZeroBehind(const AddressBytes& address, int bits) {
  for (int bit = bits; bit < 128; ++bit) {
    if ((address[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

}  // namespace

AddressBytes BytesOf(const in_addr& address) {
  AddressBytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &address, sizeof address);
  return bytes;
}

AddressBytes BytesOf(const in6_addr& address) {
  AddressBytes bytes;
  std::memcpy(bytes.data(), &address, sizeof address);
  return bytes;
}

std::optional<AddressBytes> BytesOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return BytesOf(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  }
  if (address.ss_family == AF_INET6) {
    return BytesOf(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return std::nullopt;
}

std::uint64_t NumberOf(const AddressBytes& address) {
  constexpr AddressBytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool v4 = SamePrefix(address, kMapped, kMappedBits);
  std::uint64_t number = 0;
  if (v4) {
    std::memcpy(&number, address.data() + kMappedBits / 8, 4);
  } else {
    std::memcpy(&number, address.data(), sizeof number);
  }
  return std::max<std::uint64_t>(number, 1);  // ::1 has nothing but zeros in front
}

absl::StatusOr<Network> Network::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  in_addr v4;
  in6_addr v6;
  AddressBytes address;
  int bits_max = 128;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    address = BytesOf(v4);
    bits_max = 32;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    address = BytesOf(v6);
  } else {
    return Refuse(text);
  }
  int bits = bits_max;
  if (slash != std::string_view::npos) {
    const auto given = text::ParseInteger<std::uint8_t>(text.substr(slash + 1));
    if (!given || *given > bits_max) return Refuse(text);
    bits = *given;
  }
  if (bits_max == 32) bits += kMappedBits;
  if (!IsZeroBehind(address, bits)) return Refuse(text);
  return Network(address, bits);
}

bool Network::Contains(const AddressBytes& address) const {
  return SamePrefix(address_, address, bits_);
}

}  // namespace introspectd::net
