#include "postgres/url.h"

#include <libpq-fe.h>

#include <memory>

#include "fmt/format.h"
#include "text/ascii.h"

namespace introspectd::postgres {

namespace {

using Options = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;

Options Parse(const std::string& url) {
  char* error = nullptr;  // it may show a part of the string
  Options options(PQconninfoParse(url.c_str(), &error), PQconninfoFree);
  PQfreemem(error);
  return options;
}

std::string_view Value(const Options& options, std::string_view keyword) {
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword && option->val != nullptr) return option->val;
  }
  return "";
}

bool IsLocal(std::string_view host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
         host.starts_with("127.") || host == "::1";
}

bool AreLocal(std::string_view hosts) {
  while (!hosts.empty()) {
    if (!IsLocal(text::TakeUntil(hosts, ','))) return false;
  }
  return true;
}

}  // namespace

absl::Status CheckUrl(std::string_view url) {
  const Options options = Parse(std::string(url));
  if (options == nullptr) {
    return absl::InvalidArgumentError(
        "is not a connection string; allowed: postgresql://user@host/database?sslmode=verify-full, "
        "or keywords and values as libpq takes them");
  }
  const bool local = AreLocal(Value(options, "host")) && AreLocal(Value(options, "hostaddr"));
  if (local || !Value(options, "sslmode").empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "names a host that is not local and no sslmode; allowed: sslmode=verify-full, or any other "
      "that is written out");
}

std::string WithoutPassword(const std::string& url) {
  const Options options = Parse(url);
  if (options == nullptr || Value(options, "password").empty()) return url;
  std::string text;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", keyword,
                        keyword == "password" ? "***" : option->val);
  }
  return text;
}

}  // namespace introspectd::postgres
