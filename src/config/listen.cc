#include "config/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "fmt/core.h"
#include "text/ascii.h"

namespace introspectd::config {

namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kFdPrefix = "fd:";
constexpr std::string_view kModePrefix = "?mode=";
constexpr std::size_t kFdNameBytesMax = 255;
constexpr std::size_t kUnixPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

absl::Status Refuse(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format(
      "\"{}\": {}; allowed: host:port, [v6]:port, unix:/path?mode=0660, fd:NAME", text, why));
}

// The canonical spelling of a literal address; nothing when it is none.
template <class Address>
std::optional<std::string> Canonical(int family, const std::string& host) {
  Address address;
  if (inet_pton(family, host.c_str(), &address) != 1) return std::nullopt;
  std::string spelling(INET6_ADDRSTRLEN, '\0');
  inet_ntop(family, &address, spelling.data(), static_cast<socklen_t>(spelling.size()));
  spelling.resize(spelling.find('\0'));
  return spelling;
}

std::optional<std::uint32_t> ParseMode(std::string_view digits) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (error != std::errc{} || end != digits.data() + digits.size() || mode > 0777) {
    return std::nullopt;
  }
  return mode;
}

absl::StatusOr<ListenAddress> ParseUnix(std::string_view text) {
  const std::string_view rest = text.substr(kUnixPrefix.size());
  const std::string_view path = rest.substr(0, rest.find('?'));
  const std::string_view query = rest.substr(path.size());
  ListenAddress address;
  address.kind = ListenAddress::Kind::kUnix;
  address.path = path;
  address.text = text;
  if (!path.starts_with('/')) return Refuse(text, "the path of the socket must be absolute");
  if (path.size() > kUnixPathBytesMax) {
    return Refuse(text,
                  fmt::format("the path of a socket has at most {} bytes", kUnixPathBytesMax));
  }
  if (query.empty()) return address;
  const auto mode =
      query.starts_with(kModePrefix) ? ParseMode(query.substr(kModePrefix.size())) : std::nullopt;
  if (!mode) return Refuse(text, "after \"?\" comes mode= with octal permission bits up to 0777");
  address.mode = *mode;
  return address;
}

// What systemd takes for a name (systemd.socket(5), FileDescriptorName=).
absl::StatusOr<ListenAddress> ParseFd(std::string_view text) {
  const std::string_view name = text.substr(kFdPrefix.size());
  const auto allowed = [](char c) { return c > ' ' && c < '\x7f' && c != ':'; };
  if (name.empty() || name.size() > kFdNameBytesMax || !std::ranges::all_of(name, allowed)) {
    return Refuse(text, fmt::format("the name of a socket that is passed on has 1 to {} visible "
                                    "ASCII characters, and no colon",
                                    kFdNameBytesMax));
  }
  ListenAddress address;
  address.kind = ListenAddress::Kind::kFd;
  address.name = name;
  address.text = text;
  return address;
}

absl::StatusOr<ListenAddress> ParseTcp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Refuse(text, "the port is missing");
  const auto port = text::ParseInteger<std::uint16_t>(text.substr(colon + 1));
  if (!port) return Refuse(text, "the port must be a number from 0 to 65535");
  std::string_view host = text.substr(0, colon);
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  if (v6) host = host.substr(1, host.size() - 2);
  const auto canonical = v6 ? Canonical<in6_addr>(AF_INET6, std::string(host))
                            : Canonical<in_addr>(AF_INET, std::string(host));
  if (!canonical) {
    return Refuse(text, "the host must be an IPv4 address, or an IPv6 address in brackets");
  }
  ListenAddress address;
  address.host = *canonical;
  address.port = *port;
  address.text = text;
  return address;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  if (text.starts_with(kFdPrefix)) return ParseFd(text);
  return text.starts_with(kUnixPrefix) ? ParseUnix(text) : ParseTcp(text);
}

bool IsLocal(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::kUnix) return true;
  return address.host.starts_with("127.") || address.host == "::1" ||
         address.host.starts_with("::ffff:127.");
}

}  // namespace introspectd::config
