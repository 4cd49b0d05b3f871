#include "postgres/url.h"

#include <libpq-fe.h>

#include <memory>

#include "fmt/format.h"
#include "text/ascii.h"
#include "text/form.h"

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

// The password, that of the client's key, and whatever else libpq would not show while it is typed.
bool IsSecret(const PQconninfoOption& option) {
  return option.dispchar != nullptr && option.dispchar[0] == '*';
}

// As a value in a URL. libpq takes a plus for a plus.
std::string Escaped(std::string_view value) {
  constexpr std::string_view kPlain = "/,:";
  std::string escaped;
  for (const char& c : value) {
    if (kPlain.find(c) != kPlain.npos) {
      escaped += c;
    } else {
      escaped += c == ' ' ? "%20" : text::EncodeForm({&c, 1});
    }
  }
  return escaped;
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

std::string WithoutPasswords(const std::string& url, std::string_view mask) {
  const Options options = Parse(url);
  if (options == nullptr) return url;
  std::string shown = "postgresql:///";
  bool masked = false;
  char before = '?';
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const bool secret = IsSecret(*option);
    masked |= secret && option->val[0] != '\0';
    shown += fmt::format("{}{}={}", before, option->keyword,
                         secret ? std::string(mask) : Escaped(option->val));
    before = '&';
  }
  return masked ? shown : url;
}

}  // namespace introspectd::postgres
