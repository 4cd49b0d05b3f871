#include "fetch/endpoint.h"

#include <string_view>

#include "base/check.h"
#include "fetch/curl_handles.h"

namespace introspectd::fetch {

namespace {

constexpr std::string_view kUnix = "unix:";

absl::Status NotAnEndpoint() {
  return absl::InvalidArgumentError(
      "not the URL of a server: it must be http[s]://HOST[:PORT][/PREFIX] or unix:/PATH, without "
      "user "
      "name, password, query and fragment");
}

}  // namespace

absl::StatusOr<Endpoint> Endpoint::Parse(const std::string& text) {
  if (text.starts_with(kUnix)) {
    Endpoint endpoint{"http://localhost", text.substr(kUnix.size())};
    if (!endpoint.socket_path.starts_with('/')) return NotAnEndpoint();
    return endpoint;
  }
  const Url url(curl_url());
  CHECK(url != nullptr);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return NotAnEndpoint();
  const std::string scheme = PartOf(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return NotAnEndpoint();
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    if (!PartOf(url, part).empty()) return NotAnEndpoint();
  }
  const std::string port = PartOf(url, CURLUPART_PORT);
  Endpoint endpoint{scheme + "://" + PartOf(url, CURLUPART_HOST), ""};
  if (!port.empty()) endpoint.base += ":" + port;
  endpoint.base += PartOf(url, CURLUPART_PATH);
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  return endpoint;
}

std::string Endpoint::ToString() const {
  return socket_path.empty() ? base : std::string(kUnix) + socket_path;
}

}  // namespace introspectd::fetch
