#include "fetch/check_url.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "fetch/curl_handles.h"
#include "fetch/fetcher.h"
#include "text/ascii.h"

namespace introspectd::fetch {

namespace {

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::string_view kPlain = "http://";

bool IsUrlByte(char c) { return c > 0x20 && c < 0x7f && c != '\\'; }

// What stands between "://" and the path, "" when it is not there: libcurl would also take one
// slash or three. It takes the last '@' in it for the end of a user name, others the first, so that
// there may be none at all.
std::string_view AuthorityOf(std::string_view url) {
  constexpr std::string_view kSlashes = "://";
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || !url.substr(colon).starts_with(kSlashes)) return {};
  url.remove_prefix(colon + kSlashes.size());
  return url.substr(0, url.find_first_of("/?#"));
}

bool IsLoopbackV4(const in_addr& address) { return ntohl(address.s_addr) >> 24 == 127; }

bool IsLoopbackName(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return IsLoopbackV4(v4);
  in6_addr v6{};
  if (host.starts_with('[') && host.ends_with(']') &&
      inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&v6);
  }
  return text::EqualsIgnoreCase(host, "localhost");
}

absl::Status Wrong(const std::string& why) { return absl::InvalidArgumentError(why); }

// What every URL must be; fills `parts`.
absl::Status Parse(std::string_view url, Url& parts) {
  if (url.size() > kUrlBytesMax) {
    return Wrong(fmt::format("the URL is longer than {} bytes", kUrlBytesMax));
  }
  if (!std::all_of(url.begin(), url.end(), IsUrlByte)) {
    return Wrong("the URL has a space, a backslash or a byte that is not printable ASCII");
  }
  if (url.find('#') != std::string_view::npos) return Wrong("the URL has a fragment");
  if (AuthorityOf(url).find('@') != std::string_view::npos) {
    return Wrong("the URL has a user name or a password");
  }
  if (AuthorityOf(url).empty()) return Wrong("not a URL with a host");
  parts.reset(curl_url());
  CHECK(parts != nullptr);
  if (curl_url_set(parts.get(), CURLUPART_URL, std::string(url).c_str(),
                   CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
      PartOf(parts, CURLUPART_HOST).empty() || PartOf(parts, CURLUPART_PORT) == "0") {
    return Wrong("not a URL with a host");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUrl(std::string_view url) {
  Url parts;
  if (absl::Status wrong = Parse(url, parts); !wrong.ok()) return wrong;
  const std::string scheme = PartOf(parts, CURLUPART_SCHEME);
  if (scheme == "https") return absl::OkStatus();
  if (scheme != "http") return Wrong("the URL is not an https one");
  if (IsLoopbackName(PartOf(parts, CURLUPART_HOST))) return absl::OkStatus();
  return Wrong("plain http is for 127.0.0.0/8, [::1] and localhost only; use https");
}

absl::Status CheckPublicUrl(std::string_view url) {
  Url parts;
  if (absl::Status wrong = Parse(url, parts); !wrong.ok()) return wrong;
  const std::string scheme = PartOf(parts, CURLUPART_SCHEME);
  if (scheme == "https" || scheme == "http") return absl::OkStatus();
  return Wrong("the URL is neither an https nor an http one");
}

absl::Status CheckProxy(std::string_view url) {
  Url parts;
  if (absl::Status wrong = Parse(url, parts); !wrong.ok()) {
    return Wrong(fmt::format("the proxy: {}", std::string(wrong.message())));
  }
  if (PartOf(parts, CURLUPART_SCHEME) == "http" && !PartOf(parts, CURLUPART_PORT).empty() &&
      PartOf(parts, CURLUPART_PATH) == "/" && PartOf(parts, CURLUPART_QUERY).empty()) {
    return absl::OkStatus();
  }
  return Wrong("the proxy is not http://HOST:PORT");
}

bool IsPlain(std::string_view url) {
  return url.size() > kPlain.size() && text::EqualsIgnoreCase(url.substr(0, kPlain.size()), kPlain);
}

std::string PlaceOf(const std::string& url) { return std::string(AuthorityOf(url)); }

bool IsLoopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return IsLoopbackV4(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  }
  return address.sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

}  // namespace introspectd::fetch
