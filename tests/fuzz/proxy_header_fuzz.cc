// Whatever a balancer says in front of the client's bytes: the verdict comes at the one byte that
// settles it, and stays; nothing behind the header has a part in it; and whom it speaks for is who
// is named there.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/proxy_header.h"

namespace introspectd::net {
namespace {

using Step = ProxyHeader::Step;
using Source = std::optional<AddressBytes>;

bool AreSame(const ProxyHeader& a, const ProxyHeader& b) {
  return a.step == b.step && a.size == b.size && a.source == b.source;
}

AddressBytes Mapped(std::string_view v4) {
  AddressBytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::copy(v4.begin(), v4.end(), bytes.begin() + 12);
  return bytes;
}

// Of a whole line.
Source SourceInLine(const std::string& line) {
  std::istringstream words(line);
  std::string proxy;
  std::string protocol;
  std::string source;
  words >> proxy >> protocol >> source;
  std::array<char, 16> bytes{};
  if (protocol == "TCP4") {
    CHECK(inet_pton(AF_INET, source.c_str(), bytes.data()) == 1);
    return Mapped({bytes.data(), 4});
  }
  if (protocol != "TCP6") return std::nullopt;
  CHECK(inet_pton(AF_INET6, source.c_str(), bytes.data()) == 1);
  AddressBytes address;
  std::copy(bytes.begin(), bytes.end(), address.begin());
  return address;
}

// Of a whole header of version 2.
Source SourceInBlock(std::string_view header) {
  const bool local = header[12] == 0x20;
  if (local || header.size() < 28) return std::nullopt;
  if (header[13] == 0x11) return Mapped(header.substr(16, 4));
  if (header[13] != 0x21) return std::nullopt;
  AddressBytes address;
  std::copy_n(header.begin() + 16, 16, address.begin());
  return address;
}

void CheckHeader(std::string_view bytes) {
  const ProxyHeader whole = ReadProxyHeader(bytes);
  ProxyHeader last;
  for (std::size_t size = 0; size <= std::min(bytes.size(), kProxyHeaderBytesMax + 64); ++size) {
    const std::string piece(bytes.substr(0, size));  // so that reading beyond it is seen
    const ProxyHeader header = ReadProxyHeader(piece);
    if (last.step != Step::kNeedMore) {
      CHECK(AreSame(header, last));
    } else if (header.step == Step::kDone) {
      CHECK(header.size == size);
    } else {
      CHECK(!header.source && (header.step == Step::kMalformed || size < kProxyHeaderBytesMax));
    }
    last = header;
  }
  CHECK(AreSame(whole, last));
  if (whole.step != Step::kDone) return;
  CHECK(whole.size <= kProxyHeaderBytesMax);
  const std::string header(bytes.substr(0, whole.size));
  CHECK(AreSame(ReadProxyHeader(header + "GET / HTTP/1.1\r\n"), whole));
  CHECK(whole.source == (header[0] == 'P' ? SourceInLine(header) : SourceInBlock(header)));
}

}  // namespace
}  // namespace introspectd::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::net::CheckHeader({reinterpret_cast<const char*>(data), size});
  return 0;
}
