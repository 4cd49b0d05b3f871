// Whatever a server that has an issuer's keys says beside them: where they are leads to no other
// place than is allowed, and how long they may be kept is a number that can be counted with.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "fetch/cache_control.h"
#include "fetch/check_url.h"
#include "fetch/fetcher.h"
#include "keys/metadata.h"
#include "text/ascii.h"

namespace introspectd::keys {
namespace {

constexpr std::string_view kHttps = "https://server.example.com/";
constexpr std::string_view kLoopback = "http://127.0.0.1:8080";

// In any case: RFC 3986 3.1.
bool HasScheme(std::string_view uri, std::string_view scheme) {
  return text::EqualsIgnoreCase(uri.substr(0, scheme.size()), scheme);
}

void CheckDocument(std::string_view document, std::string_view issuer) {
  const auto uri = JwksUriOf(document, issuer);
  if (!uri.ok()) return CHECK(!uri.status().message().empty());
  CHECK(fetch::CheckUrl(*uri).ok());
  CHECK(HasScheme(*uri, "https://") || (HasScheme(*uri, "http://") && issuer == kLoopback));
  CHECK(document.find("jwks_uri") != document.npos || document.find('\\') != document.npos);
}

// Lines: fields of Cache-Control, then Age.
void CheckAge(std::string_view lines) {
  std::vector<std::string> fields;
  while (!lines.empty()) fields.emplace_back(text::TakeUntil(lines, '\n'));
  const std::string age = fields.empty() ? "" : fields.back();
  if (!fields.empty()) fields.pop_back();
  const auto kept = fetch::MaxAgeOf(fields, age);
  if (!kept) return;
  CHECK(*kept >= 0 && *kept <= std::int64_t{1} << 31);
  // One more field can only make it shorter.
  fields.emplace_back("max-age=60, public");
  const auto shorter = fetch::MaxAgeOf(fields, age);
  CHECK(shorter && *shorter <= *kept && *shorter <= 60);
  fields.emplace_back("no-store");
  CHECK(fetch::MaxAgeOf(fields, age) == 0);
}

}  // namespace
}  // namespace introspectd::keys

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  introspectd::keys::CheckDocument(bytes, introspectd::keys::kHttps);
  introspectd::keys::CheckDocument(bytes, introspectd::keys::kLoopback);
  introspectd::keys::CheckAge(bytes);
  return 0;
}
