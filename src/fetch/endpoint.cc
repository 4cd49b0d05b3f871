#include "fetch/endpoint.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "base/check.h"

namespace introspectd::fetch {

namespace {

constexpr std::string_view kUnix = "unix:";

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

// "" when the URL has no such part.
std::string Part(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

absl::Status NotAnEndpoint() {
  return absl::InvalidArgumentError(
      "not the URL of a server: it must be http://HOST[:PORT][/PREFIX] or unix:/PATH, without user "
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
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK ||
      Part(url, CURLUPART_SCHEME) != "http") {
    return NotAnEndpoint();
  }
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    if (!Part(url, part).empty()) return NotAnEndpoint();
  }
  const std::string port = Part(url, CURLUPART_PORT);
  Endpoint endpoint{"http://" + Part(url, CURLUPART_HOST), ""};
  if (!port.empty()) endpoint.base += ":" + port;
  endpoint.base += Part(url, CURLUPART_PATH);
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  return endpoint;
}

std::string Endpoint::ToString() const {
  return socket_path.empty() ? base : std::string(kUnix) + socket_path;
}

}  // namespace introspectd::fetch
