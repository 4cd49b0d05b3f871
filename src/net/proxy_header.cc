#include "net/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "text/ascii.h"

namespace introspectd::net {

namespace {

using Step = ProxyHeader::Step;

constexpr std::size_t kLineBytesMax = 107;  // of version 1, with its CRLF
constexpr std::string_view kLineBegin = "PROXY ";
constexpr std::string_view kUnknown = "UNKNOWN";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedBytes = 16;  // of version 2: signature, command, family, length
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;
constexpr std::uint8_t kCrc32cType = 0x03;

constexpr ProxyHeader kNeedMore{.step = Step::kNeedMore};
constexpr ProxyHeader kMalformed{.step = Step::kMalformed};

// As far as both go.
bool Agree(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  return a.substr(0, size) == b.substr(0, size);
}

bool IsPort(std::string_view text) {
  const bool plain = text == "0" || (!text.empty() && text[0] != '0');
  return plain && text::ParseInteger<std::uint16_t>(text).has_value();
}

template <class Address>
std::optional<AddressBytes> ParseAddress(int family, std::string_view text) {
  Address address;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (inet_pton(family, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return BytesOf(address);
}

std::optional<AddressBytes> ParseAddress(bool v6, std::string_view text) {
  return v6 ? ParseAddress<in6_addr>(AF_INET6, text) : ParseAddress<in_addr>(AF_INET, text);
}

// "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443"
ProxyHeader ReadLine(std::string_view line) {
  const std::size_t size = line.size() + 2;
  line.remove_prefix(kLineBegin.size());
  // Whatever stands behind the word is to be ignored.
  if (line == kUnknown || line.starts_with(std::string(kUnknown) + ' ')) {
    return {.step = Step::kDone, .size = size};
  }
  const std::string_view protocol = text::TakeUntil(line, ' ');
  if (protocol != "TCP4" && protocol != "TCP6") return kMalformed;
  const bool v6 = protocol == "TCP6";
  const auto source = ParseAddress(v6, text::TakeUntil(line, ' '));
  const auto destination = ParseAddress(v6, text::TakeUntil(line, ' '));
  const std::string_view source_port = text::TakeUntil(line, ' ');
  if (!source || !destination || !IsPort(source_port) || !IsPort(line)) return kMalformed;
  return {.step = Step::kDone, .size = size, .source = source};
}

ProxyHeader ReadVersion1(std::string_view bytes) {
  const std::string_view usable = bytes.substr(0, kLineBytesMax);
  const std::size_t end = usable.find_first_of("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < kLineBytesMax - 1 ? kNeedMore : kMalformed;
  }
  if (usable[end] == '\n') return kMalformed;
  if (end + 1 == usable.size()) return bytes.size() < kLineBytesMax ? kNeedMore : kMalformed;
  return usable[end + 1] == '\n' ? ReadLine(usable.substr(0, end)) : kMalformed;
}

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::size_t LengthAt(std::string_view bytes, std::size_t at) {
  return std::size_t{ByteAt(bytes, at)} << 8 | ByteAt(bytes, at + 1);
}

// How many bytes the addresses of such a family take; nothing: not one of a stream.
std::optional<std::size_t> AddressBytesOf(std::uint8_t family) {
  switch (family) {
    case 0x00:
      return 0;
    case 0x11:
      return 12;
    case 0x21:
      return 36;
    case 0x31:
      return 216;
    default:
      return std::nullopt;
  }
}

bool ChecksumIsRight(std::string_view header, std::size_t value_at) {
  std::uint32_t crc = Crc32c(0, header.substr(0, value_at));
  crc = Crc32c(crc, std::string_view("\0\0\0\0", 4));
  crc = Crc32c(crc, header.substr(value_at + 4));
  return crc == (LengthAt(header, value_at) << 16 | LengthAt(header, value_at + 2));
}

// What else is said of the connection is passed over, but it must be whole, and a checksum right.
bool ExtrasAreGood(std::string_view header, std::size_t at) {
  while (at < header.size()) {
    if (header.size() - at < 3) return false;
    const std::uint8_t type = ByteAt(header, at);
    const std::size_t length = LengthAt(header, at + 1);
    at += 3;
    if (header.size() - at < length) return false;
    if (type == kCrc32cType && (length != 4 || !ChecksumIsRight(header, at))) return false;
    at += length;
  }
  return true;
}

ProxyHeader ReadVersion2(std::string_view bytes) {
  if (bytes.size() > 12 && ByteAt(bytes, 12) != kLocal && ByteAt(bytes, 12) != kProxy) {
    return kMalformed;
  }
  if (bytes.size() < kFixedBytes) return kNeedMore;
  const std::size_t size = kFixedBytes + LengthAt(bytes, 14);
  if (size > kProxyHeaderBytesMax) return kMalformed;
  const std::uint8_t family = ByteAt(bytes, 13);
  const bool local = ByteAt(bytes, 12) == kLocal;
  const auto addresses = AddressBytesOf(family);
  if (!local && (!addresses || size < kFixedBytes + *addresses)) return kMalformed;
  if (bytes.size() < size) return kNeedMore;
  ProxyHeader header{.step = Step::kDone, .size = size};
  if (local || family == 0x00) return header;
  if (!ExtrasAreGood(bytes.substr(0, size), kFixedBytes + *addresses)) return kMalformed;
  if (family == 0x11) {
    in_addr source;
    std::memcpy(&source, bytes.data() + kFixedBytes, sizeof source);
    header.source = BytesOf(source);
  } else if (family == 0x21) {
    in6_addr source;
    std::memcpy(&source, bytes.data() + kFixedBytes, sizeof source);
    header.source = BytesOf(source);
  }
  return header;
}

}  // namespace

ProxyHeader ReadProxyHeader(std::string_view bytes) {
  if (Agree(bytes, kLineBegin)) {
    return bytes.size() < kLineBegin.size() ? kNeedMore : ReadVersion1(bytes);
  }
  if (!Agree(bytes, kSignature)) return kMalformed;
  return bytes.size() < kSignature.size() ? kNeedMore : ReadVersion2(bytes);
}

std::uint32_t Crc32c(std::uint32_t crc, std::string_view bytes) {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // its bits in reverse
  crc = ~crc;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1) * kPolynomial;
  }
  return ~crc;
}

}  // namespace introspectd::net
