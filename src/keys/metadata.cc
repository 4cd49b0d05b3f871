#include "keys/metadata.h"

#include <fmt/core.h>

#include "fetch/check_url.h"
#include "fetch/fetcher.h"
#include "json/document.h"

namespace introspectd::keys {

namespace {

constexpr std::string_view kOauth = "/.well-known/oauth-authorization-server";
constexpr std::string_view kOpenId = "/.well-known/openid-configuration";

absl::Status Wrong(const std::string& why) { return absl::InvalidArgumentError(why); }

// The member's text; none when it is missing or no string.
const json::Value* StringIn(const json::Parser& parser, std::string_view name) {
  const json::Member* const member = json::Find(parser.members(), name);
  const bool good = member != nullptr && member->value.type == json::Type::kString;
  return good ? &member->value : nullptr;
}

}  // namespace

absl::StatusOr<std::array<std::string, 2>> MetadataUrlsOf(std::string_view issuer) {
  const absl::Status wrong = fetch::CheckUrl(issuer);
  if (!wrong.ok()) {
    return Wrong(fmt::format("the issuer has no metadata: {}", std::string(wrong.message())));
  }
  if (issuer.find('?') != std::string_view::npos) {
    return Wrong("the issuer has no metadata: the URL has a query");
  }
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  const std::size_t host = issuer.find("://") + 3;
  const std::size_t path = std::min(issuer.find('/', host), issuer.size());
  return std::array{fmt::format("{}{}{}", issuer.substr(0, path), kOauth, issuer.substr(path)),
                    fmt::format("{}{}", issuer, kOpenId)};
}

absl::StatusOr<std::string> JwksUriOf(std::string_view document, std::string_view issuer) {
  json::Parser parser(kMetadataBytesMax, kMetadataDepthMax);
  if (const json::Error error = parser.ParseObject(document); error != json::Error::kNone) {
    return Wrong(fmt::format("the metadata: {}", json::ToString(error)));
  }
  const json::Value* const of = StringIn(parser, "issuer");
  if (of == nullptr || of->string != issuer) return Wrong("the metadata is of another issuer");
  const json::Value* const uri = StringIn(parser, "jwks_uri");
  if (uri == nullptr) return Wrong("the metadata has no jwks_uri");
  const absl::Status wrong = fetch::CheckUrl(uri->string);
  if (!wrong.ok()) {
    return Wrong(fmt::format("the jwks_uri of the metadata: {}", std::string(wrong.message())));
  }
  if (fetch::IsPlain(uri->string) && !fetch::IsPlain(issuer)) {
    return Wrong("the jwks_uri of the metadata is not an https one, and the issuer is");
  }
  return std::string(uri->string);
}

}  // namespace introspectd::keys
